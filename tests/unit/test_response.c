/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as they were recorded, and as they should not be. (What becomes of whole batches: test_sender*.c.) */
#include "tests/unit/sample_org.h"
#include "worker/salesforce/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static struct batch *batch;
static struct line line[2];
static struct lines lines;
static struct request request;

static int set_up(void **state)
{
    (void)state;
    sample_config();
    batch = sample_batch(1, OP_UPSERT, 2);
    for (size_t i = 0; i < N(line); i++)
        line[i] = (struct line){.write = sample_write(batch, i), .index = i};
    lines = (struct lines){line, N(line), OP_UPSERT, sample_route()};
    request_make(&request, &lines, "v59.0", 200);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    request_release(&request);
    sample_batch_free(batch);
    return 0;
}

static struct verdict read_text(int status, const char *text, struct result *results)
{
    return response_read(&request, &lines, status, text_of(text), results);
}

/* ---- results ---- */

#define GOOD "{\"id\":\"003\",\"success\":true,\"errors\":[],\"created\":false}"

static const struct row {
    const char *name, *body;
    enum error_class class; /* of the verdict */
    enum outcome_kind second;
    size_t nrefusals;
    const char *code, *fields; /* of the second */
} rows[] = {
    {"pretty, with keys that nobody knows",
     "[ {\n \"id\" : \"003\", \"x\": {}, \"success\" : true, \"errors\" : [ ] }, {\"success\":true,\"warnings\":[1]} ]",
     CLASS_DONE, OUTCOME_APPLIED, 0, NULL, NULL},
    {"created on a failed upsert, no id",
     "[" GOOD ",{\"success\":false,\"created\":true,\"errors\":[{\"statusCode\":\"MALFORMED_ID\",\"message\":\"m\","
     "\"fields\":[\"OwnerId\"]}]}]",
     CLASS_DONE, OUTCOME_REFUSED, 1, "MALFORMED_ID", "OwnerId"},
    {"several errors, the decisive one first",
     "[" GOOD
     ",{\"success\":false,\"errors\":[{\"statusCode\":\"UNABLE_TO_LOCK_ROW\",\"message\":\"m\",\"fields\":null},{"
     "\"statusCode\":\"STRING_TOO_LONG\",\"message\":\"n\",\"fields\":[\"A\",\"B\"],\"extendedErrorDetails\":[]}]}]",
     CLASS_DONE, OUTCOME_REFUSED, 2, "STRING_TOO_LONG", "A,B"},
    {"no fields", "[" GOOD ",{\"success\":false,\"errors\":[{\"statusCode\":\"X\",\"message\":\"m\"}]}]", CLASS_DONE,
     OUTCOME_REFUSED, 1, "X", ""},
    {"a NUL in a message",
     "[" GOOD ",{\"success\":false,\"errors\":[{\"statusCode\":\"X\",\"message\":\"a\\u0000b\"}]}]", CLASS_DONE,
     OUTCOME_REFUSED, 1, "X", ""},
    {"failed without errors", "[" GOOD ",{\"success\":false,\"errors\":[]}]", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"an error without a code", "[" GOOD ",{\"success\":false,\"errors\":[{\"message\":\"m\"}]}]", CLASS_UNKNOWN, 0, 0,
     NULL, NULL},
    {"success as a text", "[" GOOD ",{\"success\":\"true\"}]", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"null for a result", "[" GOOD ",null]", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"an object", "{}", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"a text", "\"ok\"", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"nothing", "", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"too many", "[" GOOD "," GOOD "," GOOD "]", CLASS_UNKNOWN, 0, 0, NULL, NULL},
    {"more behind the end", "[" GOOD "," GOOD "] x", CLASS_UNKNOWN, 0, 0, NULL, NULL},
};

static void results(void **state)
{
    const struct row *row = *state;
    struct result got[2] = {0};
    struct verdict v = read_text(200, row->body, got);

    assert_int_equal(v.class, row->class);
    assert_int_equal(v.failure != NULL, row->class != CLASS_DONE);
    if (row->class == CLASS_DONE) {
        assert_int_equal(got[0].outcome.kind, OUTCOME_APPLIED);
        assert_int_equal(got[1].outcome.kind, row->second);
        assert_int_equal(got[1].outcome.failure ? got[1].outcome.failure->nrefusals : 0, row->nrefusals);
        assert_false(got[1].outcome.created);
    } else {
        assert_null(got[0].outcome.failure);
    }
    if (row->code) {
        assert_string_equal(got[1].outcome.failure->refusals[0].code, row->code);
        assert_string_equal(got[1].outcome.failure->refusals[0].fields, row->fields);
        assert_int_equal(got[1].outcome.failure->http_status, 200);
    }
    failure_free(v.failure);
    response_results_release(got, 2);
}

static void a_flow_that_fails_is_tried_three_times(void **state)
{
    static const enum outcome_kind kinds[] = {OUTCOME_RETRY, OUTCOME_RETRY, OUTCOME_REFUSED};
    (void)state;

    for (unsigned attempts = 0; attempts < N(kinds); attempts++) {
        struct result got[2] = {0};
        sample_write(batch, 1)->attempts = attempts;
        struct verdict v = read_text(200,
                                     "[" GOOD ",{\"success\":false,\"errors\":[{\"statusCode\":"
                                     "\"CANNOT_EXECUTE_FLOW_TRIGGER\",\"message\":\"m\"}]}]",
                                     got);
        assert_int_equal(v.class, CLASS_DONE);
        assert_int_equal(got[1].outcome.kind, kinds[attempts]);
        response_results_release(got, 2);
    }
}

/* ---- whole errors ---- */

static const struct whole {
    const char *name;
    int status;
    const char *body, *code;
    enum error_class class;
} wholes[] = {
    {"array", 400, "[{\"message\":\"m\",\"errorCode\":\"EXCEEDED_ID_LIMIT\"}]", "EXCEEDED_ID_LIMIT", CLASS_REFUSE},
    {"object", 503, "{\"message\":\"m\",\"errorCode\":\"SERVER_UNAVAILABLE\"}", "SERVER_UNAVAILABLE", CLASS_RETRY},
    {"HTML", 502, "<html>\n<b>Bad\tGateway", "HTTP_502", CLASS_UNKNOWN},
    {"nothing", 503, "", "HTTP_503", CLASS_RETRY},
    {"array of texts", 300, "[\"/services/data/v59.0/sobjects/Contact/003\"]", "HTTP_300", CLASS_RETRY},
    {"created", 201, "{}", "HTTP_201", CLASS_UNKNOWN},
};

static void whole(void **state)
{
    const struct whole *row = *state;
    struct result got[2] = {0};
    struct verdict v = read_text(row->status, row->body, got);

    assert_int_equal(v.class, row->class);
    assert_string_equal(v.failure->refusals[0].code, row->code);
    assert_int_equal(v.failure->http_status, row->status);
    assert_null(strpbrk(v.failure->refusals[0].message, "\n\t"));
    failure_free(v.failure);
}

/* ---- headers ---- */

static void limit_info(void **state)
{
    static const struct {
        const char *header;
        int64_t used, limit; /* limit 0: none */
    } headers[] = {{"api-usage=18/5000", 18, 5000},
                   {"api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)", 25, 5000},
                   {"per-app-api-usage=17/250(appName=x); api-usage=1/2", 1, 2},
                   {"per-app-api-usage=17/250", 0, 0},
                   {"", 0, 0},
                   {"api-usage=x/1", 0, 0},
                   {"api-usage=1", 0, 0},
                   {"api-usage=1/0", 0, 0},
                   {"api-usage=1/99999999999999999999", 0, 0}};
    (void)state;

    for (size_t i = 0; i < N(headers); i++) {
        int64_t used = -1, limit = -1;
        assert_int_equal(response_limit_info(headers[i].header, &used, &limit), headers[i].limit != 0);
        assert_int_equal(used, headers[i].limit ? headers[i].used : -1);
        assert_int_equal(limit, headers[i].limit ? headers[i].limit : -1);
    }
}

static void retry_after(void **state)
{
    static const struct {
        const char *header, *date;
        int64_t wait_ms;
    } headers[] = {{"7", "", 7000},
                   {"0", "", 0},
                   {"100000", "", 900000},
                   {"99999999999999999999", "", 900000},
                   {"", "", -1},
                   {"-5", "", -1},
                   {"soon", "", -1},
                   {"Tue, 10 Aug 2015 00:00:30 GMT", "Tue, 10 Aug 2015 00:00:00 GMT", 30000},
                   {"Tue, 10 Aug 2015 00:00:00 GMT", "Tue, 10 Aug 2015 00:00:30 GMT", 0},
                   {"Tue, 10 Aug 2025 00:00:00 GMT", "Tue, 10 Aug 2015 00:00:30 GMT", 900000},
                   {"Tue, 10 Aug 2015 00:00:30 GMT", "", -1}};
    (void)state;

    for (size_t i = 0; i < N(headers); i++)
        assert_int_equal(response_retry_after(headers[i].header, headers[i].date), headers[i].wait_ms);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + N(wholes) + 3];
    size_t n = 0;

    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, results, set_up, tear_down, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < N(wholes); i++)
        tests[n++] = (struct CMUnitTest){wholes[i].name, whole, set_up, tear_down, (void *)(uintptr_t)&wholes[i]};
    tests[n++] =
        (struct CMUnitTest)cmocka_unit_test_setup_teardown(a_flow_that_fails_is_tried_three_times, set_up, tear_down);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(limit_info);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(retry_after);
    return _cmocka_run_group_tests("response", tests, n, NULL, NULL);
}
