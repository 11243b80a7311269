/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/web.h"

#include "common/clock.h"
#include "common/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct web *web;

static int start(void **state)
{
    struct error e = {0};
    (void)state;
    web = web_start("127.0.0.1:0", &e);
    return web ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    web_stop(web);
    return 0;
}

/* The status of GET path, and its body in `body`. */
static int get(const char *path, char *body, size_t size)
{
    struct http_client *http = http_client_new(&(struct http_client_options){0});
    struct http_response response;
    char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", web_port(web), path);
    http_client_submit(http,
                       &(struct http_request){.method = "GET", .url = url, .body = TEXT_NONE, .timeout_ms = 5000});
    while (!http_client_completed(http, &response))
        http_client_wait(http, NULL, 0, 5000);
    int status = response.status;
    snprintf(body, size, "%s", response.body);
    http_response_release(&response);
    http_client_free(http);
    return status;
}

static void publish(bool ready, const char *metrics)
{
    struct web_snapshot s = {.metrics = strdup(metrics),
                             .readiness = strdup(ready ? "{\"ready\":true}" : "{\"ready\":false}"),
                             .status = strdup("{\"worker\":\"w-1\"}"),
                             .ready = ready};
    web_publish(web, &s);
    assert_null(s.metrics); /* taken */
}

static void before_the_first_snapshot_it_is_starting(void **state)
{
    char body[65536];
    (void)state;
    assert_int_equal(get("/healthz", body, sizeof body), 200);
    assert_int_equal(get("/readyz", body, sizeof body), 503);
    assert_string_equal(body, "{\"ready\":false,\"reasons\":[\"the worker is starting\"]}");
    assert_int_equal(get("/metrics", body, sizeof body), 503);
    assert_int_equal(get("/status", body, sizeof body), 503);
    assert_int_equal(get("/", body, sizeof body), 200);
    assert_non_null(strstr(body, "starting"));
}

static void the_last_snapshot_is_shown(void **state)
{
    static const struct {
        const char *path, *body;
    } cases[] = {
        {"/metrics", "b 2\n"},
        {"/readyz", "{\"ready\":true}"},
        {"/status", "{\"worker\":\"w-1\"}"},
        {"/healthz", "ok\n"},
        {"/version", "{\"version\":\"" SFSINK_VERSION "\"}"},
    };
    char body[65536];
    (void)state;
    publish(false, "a 1\n");
    assert_int_equal(get("/readyz", body, sizeof body), 503);
    publish(true, "b 2\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(get(cases[i].path, body, sizeof body), 200);
        assert_string_equal(body, cases[i].body);
    }
    assert_int_equal(get("/", body, sizeof body), 200);
    assert_non_null(strstr(body, "w-1"));
    assert_int_equal(get("/page.js", body, sizeof body), 200);
    assert_int_equal(get("/page.css", body, sizeof body), 200);
    assert_int_equal(get("/other", body, sizeof body), 404);
}

static void a_loop_that_stands_still_is_noticed(void **state)
{
    static const struct {
        int64_t ago_ms;
        int status;
    } cases[] = {{0, 200}, {20000, 200}, {31000, 503}, {0, 200}};
    char body[256];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        web_beat(web, clock_ms() - cases[i].ago_ms);
        assert_int_equal(get("/healthz", body, sizeof body), cases[i].status);
    }
}

static void a_port_that_is_taken_is_an_error(void **state)
{
    struct error e = {0};
    char listen[64];
    (void)state;
    snprintf(listen, sizeof listen, "127.0.0.1:%d", web_port(web));
    assert_null(web_start(listen, &e));
    assert_int_equal(e.status, STATUS_UNAVAILABLE);
    assert_non_null(strstr(e.text, "http.listen"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_the_first_snapshot_it_is_starting, start, stop),
        cmocka_unit_test_setup_teardown(the_last_snapshot_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(a_loop_that_stands_still_is_noticed, start, stop),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_an_error, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
