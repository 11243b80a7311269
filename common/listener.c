/* SPDX-License-Identifier: Apache-2.0 */
#include "common/listener.h"

#include "common/memory.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_MAX = 65535 };

/* "HOST:PORT" or "[HOST]:PORT" in two pieces of a copy; false if it is neither. */
static bool split_listen(char *copy, char **host, char **port)
{
    char *colon = strrchr(copy, ':');

    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtol(colon + 1, NULL, 10) > PORT_MAX)
        return false;
    *colon = '\0';
    *port = colon + 1;
    *host = copy;
    size_t n = strlen(copy);
    if (copy[0] == '[' && n > 2 && copy[n - 1] == ']') {
        copy[n - 1] = '\0';
        *host = copy + 1;
    } else if (strchr(copy, ':')) {
        return false;
    }
    return **host != '\0';
}

static int bound_socket(const struct addrinfo *a)
{
    int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool name_address(struct listener *l)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    char host[64], port[16];

    if (getsockname(l->fd, (struct sockaddr *)&bound, &len) ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return false;
    l->port = (int)strtol(port, NULL, 10);
    snprintf(l->address, sizeof l->address, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return true;
}

bool listener_open(struct listener *out, const char *address, struct error *e)
{
    char *copy = xstrdup(address), *host, *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    bool ok = false;
    int rc;

    if (!split_listen(copy, &host, &port)) {
        error_set(e, STATUS_USAGE, "listen address %s: not HOST:PORT or [HOST]:PORT", address);
        error_hint(e, "Give for example 127.0.0.1:8585; port 0 takes any free one.");
    } else if ((rc = getaddrinfo(host, port, &hints, &found))) {
        error_set(e, STATUS_UNAVAILABLE, "listen address %s: %s", address, gai_strerror(rc));
        error_hint(e, "Give an address of this machine, for example 127.0.0.1.");
    } else if ((out->fd = bound_socket(found)) < 0) {
        int why = errno;
        error_set(e, STATUS_UNAVAILABLE, "cannot listen on %s: %s", address, strerror(why));
        error_hint(e, "%s",
                   why == EADDRINUSE ? "Stop what uses the port, or choose another; port 0 takes any free one."
                                     : "Give an address of this machine and a port that this user may bind.");
    } else {
        ok = name_address(out);
        if (!ok) {
            close(out->fd);
            error_set(e, STATUS_UNAVAILABLE, "cannot listen on %s: its address cannot be read", address);
        }
    }
    if (found)
        freeaddrinfo(found);
    free(copy);
    return ok;
}
