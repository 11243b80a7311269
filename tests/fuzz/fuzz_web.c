/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a client says to the worker's own port: the real server with the real paths, over a socket.
 *
 * The first byte says after how many bytes the client pauses: then all the rest comes as another piece, while the server already answers
 * the first. Whatever comes, a probe is answered as before. */
#include "common/memory.h"
#include "worker/web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FOR_EVER = -1, A_MOMENT_MS = 5 };

static struct web *web;

static void stop(void)
{
    web_stop(web);
}

static void start(void)
{
    struct error e = {0};
    struct web_snapshot s = {.metrics = xstrdup("sfsink_up 1\n"),
                             .readiness = xstrdup("{\"ready\":true,\"reasons\":[]}"),
                             .status = xstrdup("{\"version\":\"1\",\"routes\":[]}"),
                             .ready = true};
    web = web_start("127.0.0.1:0", &e);
    if (!web)
        bug("%s", e.text);
    web_publish(web, &s);
    atexit(stop);
}

/* Each from another address of the loopback network: ports that wait for stragglers are never used up. */
static int dial(void)
{
    static uint32_t number;
    struct sockaddr_in from = {.sin_family = AF_INET},
                       to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web_port(web))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number++ % 100000);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        bug("no connection");
    return fd;
}

/* What is answered, until there is room for no more, the connection ends or the time is over. libFuzzer's alarm interrupts a poll. */
static size_t hear(int fd, char *answer, size_t room, int patience_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t len = 0;

    while (len < room) {
        int ready = poll(&p, 1, patience_ms);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            break;
        ssize_t got = ready == 1 ? recv(fd, answer + len, room - len, MSG_DONTWAIT) : -1;
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    return len;
}

/* Says it, in two pieces; the first bytes of what is answered. */
static size_t talk(const char *bytes, size_t len, size_t first, char *answer, size_t room, int patience_ms)
{
    int fd = dial();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t piece = first < len ? first : len;

    if (send(fd, bytes, piece, MSG_NOSIGNAL) == (ssize_t)piece && piece < len) {
        poll(&p, 1, 0);
        send(fd, bytes + piece, len - piece, MSG_NOSIGNAL);
    }
    size_t got = hear(fd, answer, room, patience_ms);
    close(fd);
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char probe[] = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static unsigned turn;
    char answer[12];

    if (!web)
        start();
    if (!size)
        return 0;
    size_t got = talk((const char *)data + 1, size - 1, data[0], answer, sizeof answer, A_MOMENT_MS);
    if (memcmp(answer, "HTTP/1.", got < 7 ? got : 7) != 0)
        bug("an answer that is not HTTP");
    /* However busy the machine is, this is waited for; a server that hangs is libFuzzer's to find, by its own patience. */
    if (turn++ % 16 == 0 && (talk(probe, sizeof probe - 1, SIZE_MAX, answer, sizeof answer, FOR_EVER) < sizeof answer ||
                             memcmp(answer, "HTTP/1.1 200", 12) != 0))
        bug("a probe is refused, or its connection ends without an answer");
    return 0;
}
