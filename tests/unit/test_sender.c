/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back for one batch, and what the engine is told of it. */
#include "tests/unit/sender_fixture.h"

static const struct sender_case cases[] = {
    {.name = "all applied",
     .n = 2,
     .script =
         {TOKEN,
          {UPSERT, .status = 200, .body = "[" OK "," OK "]", .header = "Authorization: Bearer t1",
           .body_has =
               "{\"allOrNone\":false,\"records\":[{\"attributes\":{\"type\":\"Contact\"},\"External_Id__c\":\"k0\","
               "\"LastName\":\"name 0\"},"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "assignment rules are off and our name is told",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 200, .body = "[" OK "]", .header = "Sforce-Auto-Assign: FALSE",
                 .no_header = "Sforce-Duplicate"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED}},
    {.name = "one lock, one refused, one stale",
     .n = 3,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" BAD("UNABLE_TO_LOCK_ROW", "x") "," BAD("STRING_TOO_LONG", "y") "," BAD(
                     "FIELD_CUSTOM_VALIDATION_EXCEPTION", "SFSINK_STALE_VERSION: z") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_RETRY, OUTCOME_REFUSED, OUTCOME_SUPERSEDED},
     .code = "UNABLE_TO_LOCK_ROW"},
    {.name = "one result too few",
     .n = 2,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "[" OK "]"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "one result too many",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "[" OK "," OK "]"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "HTML with 200",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "<html>login</html>"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "cut short",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "[{\"id\":"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "no success in a result",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "[{\"id\":\"003\"}]"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "sent and no answer",
     .n = 1,
     .script = {TOKEN, {UPSERT, .reach = HTTP_SENT}},
     .kind = ANSWER_UNKNOWN,
     .code = "NO_ANSWER"},
    {.name = "not sent",
     .n = 1,
     .script = {TOKEN, {UPSERT, .reach = HTTP_NOT_SENT}},
     .kind = ANSWER_FAILED,
     .code = "CONNECTION_FAILED"},
    {.name = "bad certificate",
     .n = 1,
     .script = {TOKEN, {UPSERT, .reach = HTTP_NOT_SENT, .certificate = true}},
     .kind = ANSWER_FAILED,
     .code = "CERTIFICATE_INVALID"},
    {.name = "503 waits as asked",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 503, .body = "<html>", .retry_after = "7"}},
     .kind = ANSWER_FAILED,
     .code = "HTTP_503",
     .wait_ms = 7000},
    {.name = "502 may have been carried out",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 502, .body = "<html>"}},
     .kind = ANSWER_UNKNOWN,
     .code = "HTTP_502"},
    {.name = "500 may have been carried out",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 500, .body = WHOLE("UNKNOWN_EXCEPTION", "id 1-2")}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNKNOWN_EXCEPTION"},
    {.name = "503 as a single object",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 503, .body = "{\"errorCode\":\"SERVER_UNAVAILABLE\",\"message\":\"m\"}"}},
     .kind = ANSWER_FAILED,
     .code = "SERVER_UNAVAILABLE"},
    {.name = "daily limit",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 403, .body = WHOLE("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}},
     .kind = ANSWER_WAIT,
     .code = "REQUEST_LIMIT_EXCEEDED",
     .wait_ms = 30000},
    {.name = "concurrent limit",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 403,
                 .body =
                     WHOLE("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")}},
     .kind = ANSWER_FAILED,
     .code = "REQUEST_LIMIT_EXCEEDED"},
    {.name = "a parser's position points at a record",
     .n = 3,
     .script = {TOKEN, {UPSERT, .status = 400, .body = WHOLE("JSON_PARSER_ERROR", "x at [line:1, column:130]")}},
     .kind = ANSWER_REFUSED,
     .code = "JSON_PARSER_ERROR",
     .suspect = 2},
    {.name = "storage full in a record",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 200, .body = "[" BAD("STORAGE_LIMIT_EXCEEDED", "x") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_HALT},
     .code = "STORAGE_LIMIT_EXCEEDED"},
    {.name = "insert",
     .op = OP_INSERT,
     .n = 1,
     .script = {TOKEN, {.request = "POST /services/data/v59.0/composite/sobjects", .status = 200, .body = "[" OK "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED}},
    {.name = "a resent insert that was carried out",
     .op = OP_INSERT,
     .n = 1,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite/sobjects",
                 .status = 200,
                 .body = "[" BAD("DUPLICATE_VALUE",
                                 "duplicate value found: External_Id__c duplicates value on record with id: 003") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED},
     .resent = true},
    {.name = "an insert that a killed worker had carried out",
     .op = OP_INSERT,
     .n = 1,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite/sobjects",
                 .status = 200,
                 .body = "[" BAD("DUPLICATE_VALUE",
                                 "duplicate value found: External_Id__c duplicates value on record with id: 003") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED},
     .inherited = true},
    {.name = "the same for an insert sent once",
     .op = OP_INSERT,
     .n = 1,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite/sobjects",
                 .status = 200,
                 .body = "[" BAD("DUPLICATE_VALUE",
                                 "duplicate value found: External_Id__c duplicates value on record with id: 003") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_REFUSED},
     .code = "DUPLICATE_VALUE"},
    {.name = "an expired session is renewed once",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
                TOKEN,
                {UPSERT, .status = 200, .body = "[" OK "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED}},
    {.name = "a new token is refused, too",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
                TOKEN,
                {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
                TOKEN},
     .kind = ANSWER_WAIT,
     .code = "INVALID_SESSION_ID"},
    {.name = "a 401 that no refresh cures",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 401,
                 .body = WHOLE("INVALID_SESSION_ID", "This session is not valid for use with the REST API")}},
     .kind = ANSWER_WAIT,
     .code = "INVALID_SESSION_ID"},
    {.name = "no permission is no expired session",
     .n = 1,
     .script = {TOKEN, {UPSERT, .status = 403, .body = WHOLE("API_DISABLED_FOR_ORG", "x")}},
     .kind = ANSWER_WAIT,
     .code = "API_DISABLED_FOR_ORG"},
    {.name = "a wrong secret",
     .n = 1,
     .script = {{.request = "POST /services/oauth2/token",
                 .status = 400,
                 .body = "{\"error\":\"invalid_client\",\"error_description\":\"invalid client credentials\"}"}},
     .kind = ANSWER_WAIT,
     .code = "NOT_LOGGED_IN",
     .wait_ms = ANY_WAIT},
};

static void one_refresh_for_sixteen(void **state)
{
    enum { BATCHES = 16 };
    struct exchange script[2 + 2 * BATCHES + 1] = {TOKEN};
    size_t n = 1;
    (void)state;

    for (int i = 0; i < BATCHES; i++)
        script[n++] = (struct exchange){UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "x"),
                                        .header = "Authorization: Bearer t1"};
    script[n++] =
        (struct exchange){.request = "POST /services/oauth2/token",
                          .status = 200,
                          .body = "{\"access_token\":\"t2\",\"instance_url\":\"https://acme.my.salesforce.com\"}"};
    for (int i = 0; i < BATCHES; i++)
        script[n++] =
            (struct exchange){UPSERT, .status = 200, .body = "[" OK "]", .header = "Authorization: Bearer t2"};

    struct org org = org_start(script);
    for (uint64_t i = 1; i <= BATCHES; i++)
        org_send(&org, sample_batch(i, OP_UPSERT, 1));
    for (int i = 0; i < BATCHES; i++) {
        struct answer a = org_answer(&org);
        assert_int_equal(a.kind, ANSWER_RESULTS);
        answer_release(&a);
    }
    assert_int_equal(fake_http_asked(org.net, "POST /services/oauth2/token"), 2);
    assert_int_equal(sender_counts(org.sender)->refreshes_ok, 2);
    org_stop(&org);
}

static void an_aborted_batch_gets_no_answer(void **state)
{
    static const struct exchange script[] = {
        TOKEN, {UPSERT, .status = 200, .body = "[" OK "]"}, {UPSERT, .status = 200, .body = "[" OK "]"}, {0}};
    struct org org = org_start(script);
    struct answer a;
    (void)state;

    sender_prepare(org.sender, org.now);
    assert_false(sender_next_answer(org.sender, org.now, &a));
    fake_http_hold(org.net, true);
    struct batch *gone = sample_batch(1, OP_UPSERT, 1);
    sender_send(org.sender, org.now, gone);
    org_send(&org, sample_batch(2, OP_UPSERT, 1));
    sample_batch_free(gone); /* the engine has let go of it when it says so */
    sender_abort(org.sender, 1);
    sender_abort(org.sender, 99);
    fake_http_hold(org.net, false);
    a = org_answer(&org);
    assert_int_equal(a.batch, 2);
    answer_release(&a);
    assert_false(sender_next_answer(org.sender, org.now, &a));
    assert_true(sender_due(org.sender) == INT64_MAX);
    org_stop(&org);
}

static void readiness_and_counts(void **state)
{
    static const struct exchange script[] = {TOKEN,
                                             {UPSERT, .status = 200, .body = "[" OK "]",
                                              .limit_info = "api-usage=18/5000; per-app-api-usage=17/250(appName=x)"},
                                             {0}};
    struct org org = org_start(script);
    char why[200];
    (void)state;

    assert_false(sender_authenticated(org.sender, why, sizeof why));
    assert_true(why[0] != '\0');
    assert_false(sender_no_login(org.sender));
    org_send(&org, sample_batch(1, OP_UPSERT, 1));
    struct answer a = org_answer(&org);
    answer_release(&a);
    assert_true(sender_authenticated(org.sender, why, sizeof why));
    const struct sender_counts *c = sender_counts(org.sender);
    assert_int_equal(c->api_used, 18);
    assert_int_equal(c->api_limit, 5000);
    assert_int_equal(c->ncalls, 2);
    assert_string_equal(c->calls[1].resource, "collections");
    assert_int_equal(c->duration_count, 2);
    org_stop(&org);
}

int main(void)
{
    static const struct CMUnitTest conversations[] = {
        cmocka_unit_test(one_refresh_for_sixteen),
        cmocka_unit_test(an_aborted_batch_gets_no_answer),
        cmocka_unit_test(readiness_and_counts),
    };

    return sender_cases_run("sender", cases, N(cases), conversations, N(conversations));
}
