/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/http_client.h"
#include "common/memory.h"
#include "worker/web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct web *web;
    struct http_client *http;
    struct http_response last;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct error e = {0};
    f->web = web_start("127.0.0.1:0", &e);
    f->http = http_client_new(&(struct http_client_options){0});
    *state = f;
    return f->web ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_response_release(&f->last);
    http_client_free(f->http);
    web_stop(f->web);
    free(f);
    return 0;
}

/* The body, until the next call. */
static const char *get(struct fixture *f, const char *path, int status)
{
    char *url = xasprintf("http://127.0.0.1:%d%s", web_port(f->web), path);
    http_response_release(&f->last);
    http_client_submit(f->http, &(struct http_request){.method = "GET", .url = url, .timeout_ms = 10000});
    while (!http_client_completed(f->http, &f->last))
        http_client_wait(f->http, NULL, 0, 100);
    free(url);
    assert_int_equal(f->last.status, status);
    return f->last.body;
}

static void publish(struct fixture *f, bool ready)
{
    struct web_snapshot s = {.metrics = xstrdup("sfsink_build_info 1\n"),
                             .readiness = xstrdup(ready ? "{\"ready\":true}" : "{\"ready\":false}"),
                             .status = xstrdup("{\"worker\":\"w\"}"),
                             .ready = ready};
    web_publish(f->web, &s);
    assert_null(s.metrics); /* taken */
}

static void before_the_first_snapshot(void **state)
{
    struct fixture *f = *state;
    assert_non_null(strstr(get(f, "/readyz", 503), "\"ready\":false"));
    get(f, "/metrics", 503);
    get(f, "/healthz", 200);
}

static void what_is_published_is_shown(void **state)
{
    struct fixture *f = *state;
    publish(f, true);
    assert_string_equal(get(f, "/metrics", 200), "sfsink_build_info 1\n");
    assert_string_equal(get(f, "/readyz", 200), "{\"ready\":true}");
    assert_string_equal(get(f, "/status", 200), "{\"worker\":\"w\"}");
    publish(f, false);
    assert_string_equal(get(f, "/readyz", 503), "{\"ready\":false}");
}

static void a_loop_that_stands_still_is_not_healthy(void **state)
{
    struct fixture *f = *state;
    publish(f, true);
    web_beat(f->web, clock_ms() - 31000);
    get(f, "/healthz", 503);
    get(f, "/metrics", 200); /* still there to look at */
    web_beat(f->web, clock_ms() - 29000);
    get(f, "/healthz", 200);
}

static void unknown_paths(void **state)
{
    struct fixture *f = *state;
    get(f, "/nothing", 404);
    get(f, "/metrics/more", 404);
}

static void a_port_that_is_taken(void **state)
{
    struct fixture *f = *state;
    struct error e = {0};
    char *listen = xasprintf("127.0.0.1:%d", web_port(f->web));
    assert_null(web_start(listen, &e));
    assert_int_equal(e.status, STATUS_UNAVAILABLE);
    assert_non_null(strstr(e.text, "http.listen"));
    free(listen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_the_first_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_published_is_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loop_that_stands_still_is_not_healthy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
