/* SPDX-License-Identifier: Apache-2.0 */
/* The real client against a real socket: our own server, and one of bare bytes that breaks off where it is told to. */
#include "common/clock.h"
#include "common/http_client.h"
#include "common/http_packing.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/memory.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

enum { TIMEOUT_MS = 10000, LARGE = 300000 };

static struct http_server *server;

/* Says what it got: method, body's length, whether the body came packed, a header. */
static void echo(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    const char *encoding = http_exchange_header(x, "content-encoding"), *test = http_exchange_header(x, "x-test");
    char *body = xasprintf("%s %zu %s %s", x->method, x->body.len, encoding ? encoding : "plain", test ? test : "-");
    (void)context;

    http_reply_take(reply, 200, "application/json", body, strlen(body));
    http_reply_header(reply, "Retry-After", "12");
    http_reply_header(reply, "SFORCE-LIMIT-INFO", "api-usage=1/2");
    http_reply_header(reply, "Last-Modified", "Tue, 10 Aug 2015 00:00:00 GMT");
    reply->chunked = true;
}

static void large(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    char *body = xmalloc(LARGE);
    (void)context, (void)x;

    memset(body, 'x', LARGE);
    http_reply_take(reply, 200, "text/plain", body, LARGE);
    reply->compress = true;
}

static void redirect(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context, (void)x;
    http_reply_text(reply, 302, "text/plain", "");
    http_reply_header(reply, "Location", "/echo");
}

static void cut(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context, (void)x;
    http_reply_text(reply, 200, "text/plain", "only half of this arrives");
    reply->fault = HTTP_FAULT_CUT;
}

static void slow(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context, (void)x;
    http_reply_text(reply, 200, "text/plain", "late");
    reply->delay_ms = 5000;
}

static const struct http_path paths[] = {
    {"POST", "/echo", echo},  {"PATCH", "/echo", echo},   {"GET", "/echo", echo}, {"DELETE", "/echo", echo},
    {"GET", "/large", large}, {"GET", "/away", redirect}, {"GET", "/cut", cut},   {"GET", "/slow", slow},
};

static int start_server(void **state)
{
    struct error e = {0};
    (void)state;

    server = http_server_start(
        &(struct http_server_options){
            .listen = "127.0.0.1:0", .paths = paths, .npaths = N(paths), .max_body_bytes = 1 << 20},
        &e);
    return server ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    http_server_stop(server);
    return 0;
}

/* Sends one request and waits for its end. */
static struct http_response fetch_from(struct http_client *c, const char *base, const char *method, const char *path,
                                       struct text body, int64_t timeout_ms, size_t max)
{
    struct http_response r = {0};
    char *url = xasprintf("%s%s", base, path);
    uint64_t id = http_client_submit(c, &(struct http_request){.method = method,
                                                               .url = url,
                                                               .headers = {"X-Test: yes"},
                                                               .body = body,
                                                               .timeout_ms = timeout_ms,
                                                               .max_response = max});
    int64_t until = clock_ms() + TIMEOUT_MS;

    free(url);
    while (!http_client_completed(c, &r)) {
        if (clock_ms() > until)
            fail_msg("no end of %s %s", method, path);
        http_client_wait(c, NULL, 0, 100);
    }
    assert_int_equal(r.id, id);
    return r;
}

static struct http_response fetch(const struct http_client_options *o, const char *method, const char *path,
                                  struct text body, int64_t timeout_ms, size_t max)
{
    struct http_client *c = http_client_new(o);
    char *base = xasprintf("http://%s", http_server_address(server));
    struct http_response r = fetch_from(c, base, method, path, body, timeout_ms, max);

    free(base);
    http_client_free(c);
    return r;
}

static const struct http_client_options plain = {0}, packing = {.compress = true};

static void methods_and_headers(void **state)
{
    static const char *const methods[] = {"POST", "PATCH", "GET", "DELETE"};
    (void)state;

    for (size_t i = 0; i < N(methods); i++) {
        bool has_body = i < 2;
        struct http_response r =
            fetch(&plain, methods[i], "/echo", has_body ? text_of("{}") : TEXT_NONE, TIMEOUT_MS, 0);
        char *wanted = xasprintf("%s %d plain yes", methods[i], has_body ? 2 : 0);
        assert_int_equal(r.reach, HTTP_ANSWERED);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, wanted);
        assert_int_equal(r.body_len, strlen(wanted));
        assert_string_equal(r.retry_after, "12");
        assert_string_equal(r.limit_info, "api-usage=1/2");
        assert_string_equal(r.content_type, "application/json");
        assert_string_equal(r.last_modified, "Tue, 10 Aug 2015 00:00:00 GMT");
        assert_true(r.date[0] != '\0');
        free(wanted);
        http_response_release(&r);
    }
}

static void large_bodies_go_packed_both_ways(void **state)
{
    char *body = xmalloc(LARGE);
    (void)state;

    memset(body, 'a', LARGE);
    struct http_response r = fetch(&packing, "POST", "/echo", text_make(body, LARGE), TIMEOUT_MS, 0);
    assert_string_equal(r.body, "POST 300000 gzip yes");
    http_response_release(&r);
    r = fetch(&plain, "POST", "/echo", text_make(body, LARGE), TIMEOUT_MS, 0);
    assert_string_equal(r.body, "POST 300000 plain yes");
    http_response_release(&r);
    r = fetch(&packing, "GET", "/large", TEXT_NONE, TIMEOUT_MS, 0);
    assert_int_equal(r.body_len, LARGE);
    http_response_release(&r);
    free(body);
}

static void an_answer_has_a_ceiling(void **state)
{
    struct http_response r = fetch(&packing, "GET", "/large", TEXT_NONE, TIMEOUT_MS, LARGE - 1);
    (void)state;

    assert_int_equal(r.reach, HTTP_SENT);
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(r.why, "longer than"));
    http_response_release(&r);
}

static void no_redirect_is_followed(void **state)
{
    struct http_response r = fetch(&plain, "GET", "/away", TEXT_NONE, TIMEOUT_MS, 0);
    (void)state;

    assert_int_equal(r.status, 302);
    http_response_release(&r);
}

static void half_an_answer_is_none(void **state)
{
    struct http_response r = fetch(&plain, "GET", "/cut", TEXT_NONE, TIMEOUT_MS, 0);
    (void)state;

    assert_int_equal(r.reach, HTTP_SENT);
    assert_int_equal(r.status, 0);
    assert_string_equal(r.body, "");
    http_response_release(&r);
}

static void a_time_out_was_sent(void **state)
{
    struct http_response r = fetch(&plain, "GET", "/slow", TEXT_NONE, 200, 0);
    (void)state;

    assert_int_equal(r.reach, HTTP_SENT);
    assert_true(r.why[0] != '\0');
    http_response_release(&r);
}

static const struct unreachable {
    const char *name, *base;
} unreachable[] = {
    {"nobody listens", "http://127.0.0.1:1"},
    {"no such name", "http://no-such-host.invalid"},
    {"no address", "http://"},
    {"a file is no server", "file:///etc"},
    {"no TLS there", NULL},
};

static void never_sent(void **state)
{
    const struct unreachable *row = *state;
    struct http_client *c = http_client_new(&plain);
    char *base = row->base ? xstrdup(row->base) : xasprintf("https://%s", http_server_address(server));
    struct http_response r = fetch_from(c, base, "POST", "/echo", text_of("{}"), TIMEOUT_MS, 0);

    assert_int_equal(r.reach, HTTP_NOT_SENT);
    assert_int_equal(r.status, 0);
    http_response_release(&r);
    free(base);
    http_client_free(c);
}

static void cancelled_ones_bring_no_response(void **state)
{
    struct http_client *c = http_client_new(&plain);
    char *url = xasprintf("http://%s/slow", http_server_address(server));
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 300};
    struct http_response r;
    (void)state;

    uint64_t first = http_client_submit(c, &request), second = http_client_submit(c, &request);
    assert_int_not_equal(first, second);
    assert_false(http_client_completed(c, &r));
    http_client_cancel(c, first);
    http_client_cancel(c, first);
    http_client_cancel(c, 12345);
    for (int64_t until = clock_ms() + TIMEOUT_MS; !http_client_completed(c, &r) && clock_ms() < until;)
        http_client_wait(c, NULL, 0, 100);
    assert_int_equal(r.id, second);
    http_response_release(&r);
    assert_false(http_client_completed(c, &r));
    http_client_submit(c, &request);
    http_client_free(c);
    free(url);
}

static void a_descriptor_wakes_the_wait(void **state)
{
    struct http_client *c = http_client_new(&plain);
    int fd = eventfd(1, EFD_NONBLOCK);
    int64_t began = clock_ms();
    (void)state;

    http_client_wait(c, &fd, 1, 900);
    assert_true(clock_ms() - began < 500);
    close(fd);
    http_client_free(c);
}

/* ---- a server that reads a request on a kept connection and hangs up ---- */

static _Atomic int posts_seen;

static bool read_request(int fd)
{
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes - 1, 0);

    if (n <= 0)
        return false;
    bytes[n] = '\0';
    if (strstr(bytes, "POST"))
        posts_seen++;
    if (!strstr(bytes, "{}")) /* the body may come apart from the head */
        n = recv(fd, bytes, sizeof bytes, 0);
    return n > 0;
}

static void *hang_up(void *context)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
    int listening = *(int *)context, fd;
    struct pollfd p = {.fd = listening, .events = POLLIN};

    for (int i = 0; i < 3 && poll(&p, 1, 1000) > 0; i++) {
        fd = accept4(listening, NULL, NULL, 0);
        if (read_request(fd) && send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL) > 0)
            read_request(fd); /* the second request: carried out, never answered */
        close(fd);
    }
    return NULL;
}

static void a_write_is_never_repeated_by_itself(void **state)
{
    struct listener l;
    struct error e = {0};
    pthread_t thread;
    struct http_client *c = http_client_new(&plain);
    (void)state;

    assert_true(listener_open(&l, "127.0.0.1:0", &e));
    assert_int_equal(pthread_create(&thread, NULL, hang_up, &l.fd), 0);
    char *base = xasprintf("http://%s", l.address);
    struct http_response r = fetch_from(c, base, "POST", "/", text_of("{}"), TIMEOUT_MS, 0);
    assert_int_equal(r.status, 200);
    http_response_release(&r);
    r = fetch_from(c, base, "POST", "/", text_of("{}"), TIMEOUT_MS, 0);
    assert_int_equal(r.reach, HTTP_SENT);
    http_response_release(&r);
    http_client_free(c);
    pthread_join(thread, NULL);
    assert_int_equal(posts_seen, 2);
    close(l.fd);
    free(base);
}

int main(void)
{
    struct CMUnitTest tests[N(unreachable) + 16];
    size_t n = 0;

    tests[n++] = (struct CMUnitTest)cmocka_unit_test(methods_and_headers);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(large_bodies_go_packed_both_ways);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(an_answer_has_a_ceiling);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_redirect_is_followed);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(half_an_answer_is_none);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_time_out_was_sent);
    for (size_t i = 0; i < N(unreachable); i++)
        tests[n++] =
            (struct CMUnitTest){unreachable[i].name, never_sent, NULL, NULL, (void *)(uintptr_t)&unreachable[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(cancelled_ones_bring_no_response);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_descriptor_wakes_the_wait);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_write_is_never_repeated_by_itself);
    return _cmocka_run_group_tests("http_client", tests, n, start_server, stop_server);
}
