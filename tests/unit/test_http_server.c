/* SPDX-License-Identifier: Apache-2.0 */
/* A real socket on both ends: bytes out, bytes in. The client below is as plain as can be, so that it hides nothing. */
#include "common/clock.h"
#include "common/form.h"
#include "common/http_packing.h"
#include "common/http_server.h"
#include "common/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

enum { SLOW_MS = 300, SLOW_CLIENTS = 50, HOLDERS = 500 /* even: the last has said half of it */, BODY_MAX = 1000 };

static _Atomic int completed, sent;

static void echo(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    const char *q = http_exchange_query(x, "q"), *h = http_exchange_header(x, "x-test");
    (void)context;
    char *body = xasprintf("%s %s q=%s h=%s body=%.*s", x->method, x->path, q ? q : "-", h ? h : "-", (int)x->body.len,
                           x->body.at);
    http_reply_take(reply, 200, "text/plain", body, strlen(body));
    http_reply_header(reply, "X-Clean", "%s", "a\r\nb");
    reply->chunked = http_exchange_query(x, "chunked") != NULL;
    reply->compress = http_exchange_query(x, "compress") != NULL;
}

static void slow(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context, (void)x;
    http_reply_text(reply, 200, "text/plain", "slow");
    reply->delay_ms = SLOW_MS;
}

/* Asks to be called twice more, and counts in its state. */
static void thrice(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    static char marks[4];
    char *at = x->state;
    (void)context;

    reply->state = at ? at + 1 : marks;
    reply->again = reply->state != marks + 2;
    reply->delay_ms = reply->again ? 10 : 0;
    if (!reply->again)
        http_reply_text(reply, 200, "text/plain", "third");
}

static void broken(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context;
    http_reply_text(reply, 200, "text/plain", "0123456789");
    reply->fault = strcmp(x->path, "/cut") == 0 ? HTTP_FAULT_CUT : HTTP_FAULT_CLOSE;
    reply->chunked = http_exchange_query(x, "chunked") != NULL;
}

static const struct http_path paths[] = {
    {"GET", "/slow", slow},    {NULL, "/thrice", thrice}, {"GET", "/cut", broken},
    {"GET", "/close", broken}, {"PUT", "/put/*", echo},   {NULL, "/echo*", echo},
};

static void on_completed(void *context, void *state, bool ok)
{
    (void)context, (void)state;
    completed++;
    sent += ok;
}

static struct http_server *start(const char *address)
{
    struct error e = {0};
    struct http_server_options o = {.listen = address,
                                    .paths = paths,
                                    .npaths = N(paths),
                                    .completed = on_completed,
                                    .max_connections = 200,
                                    .max_body_bytes = BODY_MAX,
                                    .max_header_bytes = 4000};
    struct http_server *s = http_server_start(&o, &e);
    assert_non_null(s);
    assert_int_equal(e.status, STATUS_OK);
    return s;
}

static int dial(const struct http_server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(s))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* refused early: the answer says why */
        bytes += n;
        len -= (size_t)n;
    }
}

/* All that comes until the server closes. */
static char *hear(int fd)
{
    struct buffer b = BUFFER_INIT(100000);
    char block[4096];
    ssize_t n;
    while ((n = recv(fd, block, sizeof block, 0)) > 0)
        buffer_add(&b, block, (size_t)n);
    close(fd);
    return buffer_steal(&b);
}

static char *ask(const struct http_server *s, const char *request)
{
    int fd = dial(s);
    say(fd, request, strlen(request));
    return hear(fd);
}

#define HEAD " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static const struct row {
    const char *name, *request, *status, *contains;
} rows[] = {
    {"a request is answered", "GET /echo" HEAD "\r\n", "HTTP/1.1 200", "GET /echo q=- h=- body="},
    {"query and headers are found", "GET /echo?q=a%2Bb+c" HEAD "X-TEST: 7\r\n\r\n", "HTTP/1.1 200", "q=a+b c h=7"},
    {"a body arrives", "POST /echo" HEAD "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 200", "body=abc"},
    {"a chunked body arrives", "POST /echo" HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
     "HTTP/1.1 200", "body=abc"},
    {"a reply can be chunked", "GET /echo?chunked" HEAD "\r\n", "HTTP/1.1 200", "Transfer-Encoding: chunked"},
    {"a header value cannot break the line", "GET /echo" HEAD "\r\n", "HTTP/1.1 200", "X-Clean: a  b"},
    {"gzip where the client takes it", "GET /echo?compress" HEAD "Accept-Encoding: br, gzip\r\n\r\n", "HTTP/1.1 200",
     "Content-Encoding: gzip"},
    {"no gzip where it does not", "GET /echo?compress" HEAD "\r\n", "HTTP/1.1 200", "GET /echo"},
    {"a prefix row", "PUT /put/this" HEAD "Content-Length: 0\r\n\r\n", "HTTP/1.1 200", "PUT /put/this"},
    {"an unknown path", "GET /nowhere" HEAD "\r\n", "HTTP/1.1 404", "not found"},
    {"a wrong method", "POST /slow" HEAD "Content-Length: 0\r\n\r\n", "HTTP/1.1 405", "Allow: GET"},
    {"called again until it has an answer", "GET /thrice" HEAD "\r\n", "HTTP/1.1 200", "third"},
    {"a body too large by its length", "POST /echo" HEAD "Content-Length: 1001\r\n\r\n", "HTTP/1.1 413", "too large"},
    {"a body that is no gzip", "POST /echo" HEAD "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
     "HTTP/1.1 400", "Content-Encoding"},
    {"a body cut short", "GET /cut" HEAD "\r\n", "HTTP/1.1 200", "01234"},
    {"a chunked body cut short", "GET /cut?chunked" HEAD "\r\n", "HTTP/1.1 200", "01234"},
    {"closed without an answer", "GET /close" HEAD "\r\n", "", ""},
};

static void one_request(void **state)
{
    const struct row *row = *state;
    struct http_server *s = start("127.0.0.1:0");
    char *answer = ask(s, row->request);

    if (!*row->status)
        assert_string_equal(answer, "");
    assert_int_equal(strncmp(answer, row->status, strlen(row->status)), 0);
    assert_non_null(strstr(answer, row->contains));
    if (strstr(row->name, "cut short")) {
        assert_null(strstr(answer, "56789"));
        assert_null(strstr(answer, "\r\n0\r\n\r\n"));
    }
    free(answer);
    http_server_stop(s);
}

static void a_packed_body_is_unpacked(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    size_t len;
    char *packed = http_pack(text_of("hello"), &len);
    char *head = xasprintf("POST /echo" HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", len);
    int fd = dial(s);
    say(fd, head, strlen(head));
    say(fd, packed, len);
    char *answer = hear(fd);
    assert_non_null(strstr(answer, "body=hello"));
    free(answer);
    free(head);
    free(packed);
    http_server_stop(s);
}

static void what_unpacks_too_large_is_refused(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    char *zeros = xcalloc(1, 100000);
    size_t len;
    char *packed = http_pack(text_make(zeros, 100000), &len);
    assert_true(len < BODY_MAX);
    char *head = xasprintf("POST /echo" HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", len);
    int fd = dial(s);
    say(fd, head, strlen(head));
    say(fd, packed, len);
    char *answer = hear(fd);
    assert_int_equal(strncmp(answer, "HTTP/1.1 413", 12), 0);
    free(answer);
    free(head);
    free(packed);
    free(zeros);
    http_server_stop(s);
}

static const struct long_row {
    const char *name, *format;
    size_t len;
    const char *status;
} long_rows[] = {
    {"a URI within the limit", "GET /echo?q=%s" HEAD "\r\n", 3000, "HTTP/1.1 200"},
    {"a URI beyond the limit", "GET /echo?q=%s" HEAD "\r\n", 4000, "HTTP/1.1 414"},
    {"headers within the limit", "GET /echo" HEAD "X-Test: %s\r\n\r\n", 3000, "HTTP/1.1 200"},
    {"headers beyond the limit", "GET /echo" HEAD "X-Test: %s\r\n\r\n", 4000, "HTTP/1.1 431"},
};

static void long_request(void **state)
{
    const struct long_row *row = *state;
    struct http_server *s = start("127.0.0.1:0");
    char *filler = xcalloc(1, row->len + 1);
    memset(filler, 'a', row->len);
    struct buffer request = BUFFER_INIT(100000);
    const char *hole = strstr(row->format, "%s");
    buffer_add(&request, row->format, (size_t)(hole - row->format));
    buffer_add_string(&request, filler);
    buffer_add_string(&request, hole + 2);
    char *answer = ask(s, request.bytes);
    assert_int_equal(strncmp(answer, row->status, strlen(row->status)), 0);
    free(answer);
    buffer_release(&request);
    free(filler);
    http_server_stop(s);
}

/* Half a request each, and more of them than there are places; the first of them are gone, and one that asks is answered. */
static void many_that_only_hold_their_connection_harm_nobody(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    int fds[HOLDERS];
    for (size_t i = 0; i < HOLDERS; i++) {
        fds[i] = dial(s);
        say(fds[i], "GET /ec", i % 2 ? strlen("GET /ec") : 0);
    }
    for (int again = 0; again < 3; again++) {
        char *answer = ask(s, "GET /echo" HEAD "\r\n");
        assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
        free(answer);
    }
    char *nothing = hear(fds[0]);
    assert_string_equal(nothing, "");
    free(nothing);
    say(fds[HOLDERS - 1], "ho" HEAD "\r\n", strlen("ho" HEAD "\r\n"));
    char *late = hear(fds[HOLDERS - 1]);
    assert_int_equal(strncmp(late, "HTTP/1.1 200", 12), 0);
    free(late);
    for (size_t i = 1; i < HOLDERS - 1; i++)
        close(fds[i]);
    http_server_stop(s);
}

static void fifty_slow_requests_take_the_time_of_one(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    int fds[SLOW_CLIENTS];
    int64_t begun = clock_ms();
    for (size_t i = 0; i < SLOW_CLIENTS; i++) {
        fds[i] = dial(s);
        say(fds[i], "GET /slow" HEAD "\r\n", strlen("GET /slow" HEAD "\r\n"));
    }
    char *quick = ask(s, "GET /echo" HEAD "\r\n");
    int64_t quick_ms = clock_ms() - begun;
    for (size_t i = 0; i < SLOW_CLIENTS; i++) {
        char *answer = hear(fds[i]);
        assert_non_null(strstr(answer, "slow"));
        free(answer);
    }
    int64_t all_ms = clock_ms() - begun;
    assert_non_null(strstr(quick, "GET /echo"));
    assert_true(quick_ms < all_ms);
    assert_true(all_ms >= SLOW_MS);
    assert_true(all_ms < SLOW_CLIENTS * SLOW_MS / 2);
    free(quick);
    http_server_stop(s);
}

static void a_stop_closes_what_waits(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    int fd = dial(s);
    say(fd, "GET /slow" HEAD "\r\n", strlen("GET /slow" HEAD "\r\n"));
    char *quick = ask(s, "GET /echo" HEAD "\r\n"); /* by now the slow one was taken */
    http_server_stop(s);
    char *answer = hear(fd);
    assert_string_equal(answer, "");
    free(answer);
    free(quick);
}

static void keep_alive_and_completion(void **state)
{
    (void)state;
    struct http_server *s = start("localhost:0");
    completed = sent = 0;
    char *answer = ask(s, "GET /thrice HTTP/1.1\r\nHost: x\r\n\r\nGET /thrice" HEAD "\r\n");
    const char *first = strstr(answer, "third");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "third"));
    free(answer);
    http_server_stop(s);
    assert_int_equal(completed, 2);
    assert_int_equal(sent, 2);
}

static void the_second_on_a_port_is_told(void **state)
{
    (void)state;
    struct http_server *s = start("127.0.0.1:0");
    struct error e = {0};
    struct http_server_options o = {.listen = http_server_address(s), .paths = paths, .npaths = N(paths)};
    assert_null(http_server_start(&o, &e));
    assert_int_equal(e.status, STATUS_UNAVAILABLE);
    assert_non_null(strstr(e.text, http_server_address(s)));
    assert_non_null(strstr(e.hint, "choose another"));
    http_server_stop(s);
}

static void addresses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",       "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                                        "::1:80", "[::1]"};
    for (size_t i = 0; i < N(wrong); i++) {
        struct error e = {0};
        struct http_server_options o = {.listen = wrong[i], .paths = paths, .npaths = N(paths)};
        assert_null(http_server_start(&o, &e));
        assert_int_equal(e.status, STATUS_USAGE);
    }
}

static void forms(void **state)
{
    (void)state;
    struct text form = text_of("a=1&b=x%2By+z&c&d=%zz&a=2");
    static const char *const pairs[][2] = {{"a", "1"},   {"b", "x+y z"}, {"c", ""},
                                           {"d", "%zz"}, {"e", NULL},    {"", NULL}};
    for (size_t i = 0; i < N(pairs); i++) {
        char *value = form_value(form, pairs[i][0]);
        if (pairs[i][1])
            assert_string_equal(value, pairs[i][1]);
        else
            assert_null(value);
        free(value);
    }
    assert_null(form_value(TEXT_NONE, "a"));
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + N(long_rows) + 9];
    size_t n = 0;
    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, one_request, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < N(long_rows); i++)
        tests[n++] = (struct CMUnitTest){long_rows[i].name, long_request, NULL, NULL, (void *)(uintptr_t)&long_rows[i]};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_packed_body_is_unpacked),
        cmocka_unit_test(what_unpacks_too_large_is_refused),
        cmocka_unit_test(many_that_only_hold_their_connection_harm_nobody),
        cmocka_unit_test(fifty_slow_requests_take_the_time_of_one),
        cmocka_unit_test(a_stop_closes_what_waits),
        cmocka_unit_test(keep_alive_and_completion),
        cmocka_unit_test(the_second_on_a_port_is_told),
        cmocka_unit_test(addresses),
        cmocka_unit_test(forms),
    };
    memcpy(tests + n, others, sizeof others);
    return _cmocka_run_group_tests("http_server", tests, N(tests), NULL, NULL);
}
