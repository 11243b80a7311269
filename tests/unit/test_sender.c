/* SPDX-License-Identifier: Apache-2.0 */
/* Whole batches through a scripted Salesforce: what goes out, and what the engine is told. */
#include "tests/unit/fake_http.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define TOKEN                                                                                                          \
    {                                                                                                                  \
        .request = "POST /services/oauth2/token", .status = 200, .body = SAMPLE_TOKEN,                                 \
        .body_has = "grant_type=client_credentials"                                                                    \
    }
#define UPSERT .request = "PATCH /services/data/v59.0/composite/sobjects/Contact/External_Id__c"
#define QUERY .request = "GET /services/data/v59.0/query?q=*"
#define DESCRIBE .request = "GET /services/data/v59.0/sobjects/Contact/describe"
#define OK "{\"id\":\"003000000000001AAA\",\"success\":true,\"errors\":[],\"created\":true}"
#define BAD(code, message)                                                                                             \
    "{\"success\":false,\"errors\":[{\"statusCode\":\"" code "\",\"message\":\"" message "\",\"fields\":[]}]}"
#define WHOLE(code, message) "[{\"errorCode\":\"" code "\",\"message\":\"" message "\"}]"
#define FIELD(name, writable)                                                                                          \
    "{\"name\":\"" name "\",\"createable\":" writable ",\"updateable\":" writable ",\"externalId\":true}"
#define OBJECT(fields)                                                                                                 \
    "{\"name\":\"Contact\",\"createable\":true,\"updateable\":true,\"deletable\":true,\"fields\":[" fields "]}"

struct world {
    struct fake_http *net;
    struct sender *sender;
    struct batch *batches[20];
    size_t nbatches;
    int64_t now;
};

static struct world start(const struct exchange *script)
{
    struct world w = {.net = fake_http_new(script), .now = 1000};

    w.sender = sender_new(sample_config(), fake_http_client(w.net));
    return w;
}

static struct batch *send(struct world *w, struct batch *b)
{
    w->batches[w->nbatches++] = b;
    sender_send(w->sender, w->now, b);
    return b;
}

/* In as many turns as the conversation takes. */
static struct answer answer_of(struct world *w)
{
    struct answer a = {0};

    for (int turn = 0; turn < 12; turn++)
        if (sender_next_answer(w->sender, ++w->now, &a))
            return a;
    fail_msg("no answer");
    return a;
}

static void stop(struct world *w)
{
    assert_int_equal(fake_http_unexpected(w->net), 0);
    assert_int_equal(fake_http_left(w->net), 0);
    sender_free(w->sender);
    assert_int_equal(fake_http_open(w->net), 0);
    fake_http_free(w->net);
    for (size_t i = 0; i < w->nbatches; i++)
        sample_batch_free(w->batches[i]);
}

/* One batch, one answer. */
struct row {
    const char *name;
    enum operation op;
    size_t n;
    struct exchange script[8];
    enum answer_kind kind;
    enum outcome_kind outcomes[4];
    const char *code; /* of the answer's failure, or of the first outcome that has one */
    int64_t wait_ms;
    int suspect;
    bool resent;
};

static const struct row rows[] = {
    {"all applied",
     OP_UPSERT,
     2,
     {TOKEN,
      {UPSERT, .status = 200, .body = "[" OK "," OK "]", .header = "Authorization: Bearer t1",
       .body_has = "{\"allOrNone\":false,\"records\":[{\"attributes\":{\"type\":\"Contact\"},\"External_Id__c\":\"k0\","
                   "\"LastName\":\"name 0\"},"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"assignment rules are off and our name is told",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 200, .body = "[" OK "]", .header = "Sforce-Auto-Assign: FALSE",
       .no_header = "Sforce-Duplicate"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"one lock, one refused, one stale",
     OP_UPSERT,
     3,
     {TOKEN,
      {UPSERT, .status = 200,
       .body = "[" BAD("UNABLE_TO_LOCK_ROW", "x") "," BAD("STRING_TOO_LONG", "y") "," BAD(
           "FIELD_CUSTOM_VALIDATION_EXCEPTION", "SFSINK_STALE_VERSION: z") "]"}},
     ANSWER_RESULTS,
     {OUTCOME_RETRY, OUTCOME_REFUSED, OUTCOME_SUPERSEDED},
     "UNABLE_TO_LOCK_ROW",
     -1,
     -1,
     false},
    {"one result too few",
     OP_UPSERT,
     2,
     {TOKEN, {UPSERT, .status = 200, .body = "[" OK "]"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"one result too many",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 200, .body = "[" OK "," OK "]"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"HTML with 200",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 200, .body = "<html>login</html>"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"cut short",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 200, .body = "[{\"id\":"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"no success in a result",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 200, .body = "[{\"id\":\"003\"}]"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"sent and no answer",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .reach = HTTP_SENT}},
     ANSWER_UNKNOWN,
     {0},
     "NO_ANSWER",
     -1,
     -1,
     false},
    {"not sent",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .reach = HTTP_NOT_SENT}},
     ANSWER_FAILED,
     {0},
     "CONNECTION_FAILED",
     -1,
     -1,
     false},
    {"bad certificate",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .reach = HTTP_NOT_SENT, .certificate = true}},
     ANSWER_FAILED,
     {0},
     "CERTIFICATE_INVALID",
     -1,
     -1,
     false},
    {"503 waits as asked",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 503, .body = "<html>", .retry_after = "7"}},
     ANSWER_FAILED,
     {0},
     "HTTP_503",
     7000,
     -1,
     false},
    {"502 may have been carried out",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 502, .body = "<html>"}},
     ANSWER_UNKNOWN,
     {0},
     "HTTP_502",
     -1,
     -1,
     false},
    {"500 may have been carried out",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 500, .body = WHOLE("UNKNOWN_EXCEPTION", "id 1-2")}},
     ANSWER_UNKNOWN,
     {0},
     "UNKNOWN_EXCEPTION",
     -1,
     -1,
     false},
    {"503 as a single object",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 503, .body = "{\"errorCode\":\"SERVER_UNAVAILABLE\",\"message\":\"m\"}"}},
     ANSWER_FAILED,
     {0},
     "SERVER_UNAVAILABLE",
     -1,
     -1,
     false},
    {"daily limit",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 403, .body = WHOLE("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}},
     ANSWER_WAIT,
     {0},
     "REQUEST_LIMIT_EXCEEDED",
     30000,
     -1,
     false},
    {"concurrent limit",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 403,
       .body = WHOLE("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")}},
     ANSWER_FAILED,
     {0},
     "REQUEST_LIMIT_EXCEEDED",
     -1,
     -1,
     false},
    {"a parser's position points at a record",
     OP_UPSERT,
     3,
     {TOKEN, {UPSERT, .status = 400, .body = WHOLE("JSON_PARSER_ERROR", "x at [line:1, column:130]")}},
     ANSWER_REFUSED,
     {0},
     "JSON_PARSER_ERROR",
     -1,
     1,
     false},
    {"storage full in a record",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 200, .body = "[" BAD("STORAGE_LIMIT_EXCEEDED", "x") "]"}},
     ANSWER_RESULTS,
     {OUTCOME_HALT},
     "STORAGE_LIMIT_EXCEEDED",
     -1,
     -1,
     false},
    {"an expired session is renewed once",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
      TOKEN,
      {UPSERT, .status = 200, .body = "[" OK "]"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"a new token is refused, too",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
      TOKEN,
      {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
      TOKEN},
     ANSWER_WAIT,
     {0},
     "INVALID_SESSION_ID",
     -1,
     -1,
     false},
    {"a 401 that no refresh cures",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 401,
       .body = WHOLE("INVALID_SESSION_ID", "This session is not valid for use with the REST API")}},
     ANSWER_WAIT,
     {0},
     "INVALID_SESSION_ID",
     -1,
     -1,
     false},
    {"no permission is no expired session",
     OP_UPSERT,
     1,
     {TOKEN, {UPSERT, .status = 403, .body = WHOLE("API_DISABLED_FOR_ORG", "x")}},
     ANSWER_WAIT,
     {0},
     "API_DISABLED_FOR_ORG",
     -1,
     -1,
     false},
    {"a wrong secret",
     OP_UPSERT,
     1,
     {{.request = "POST /services/oauth2/token",
       .status = 400,
       .body = "{\"error\":\"invalid_client\",\"error_description\":\"invalid client credentials\"}"}},
     ANSWER_WAIT,
     {0},
     "NOT_LOGGED_IN",
     0,
     -1,
     false},
    {"a field that the describe does not know halts the route",
     OP_UPSERT,
     2,
     {TOKEN,
      {UPSERT, .status = 200,
       .body = "[" OK "," BAD("INVALID_FIELD", "No such column 'LastName' on sobject of type Contact") "]"},
      {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true"))}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_HALT},
     "FIELD_NOT_WRITABLE",
     -1,
     -1,
     false},
    {"a read-only field halts the route",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 200,
       .body = "[" BAD("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: LastName") "]"},
      {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "false"))}},
     ANSWER_RESULTS,
     {OUTCOME_HALT},
     "FIELD_NOT_WRITABLE",
     -1,
     -1,
     false},
    {"the describe knows the field: the record is refused",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 200, .body = "[" BAD("INVALID_FIELD", "No such column 'X' on sobject of type Account") "]"},
      {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "true"))}},
     ANSWER_RESULTS,
     {OUTCOME_REFUSED},
     "INVALID_FIELD",
     -1,
     -1,
     false},
    {"records have results of their own: the object is there, though its describe is not",
     OP_UPSERT,
     2,
     {TOKEN,
      {UPSERT, .status = 200,
       .body = "[" OK "," BAD("INVALID_FIELD", "No such column 'X' on sobject of type Account") "]"},
      {DESCRIBE, .status = 404, .body = WHOLE("NOT_FOUND", "x")}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_REFUSED},
     "INVALID_FIELD",
     -1,
     -1,
     false},
    {"no describe to be had: nothing is refused",
     OP_UPSERT,
     1,
     {TOKEN,
      {UPSERT, .status = 200, .body = "[" BAD("INVALID_TYPE", "sObject type 'Contact' is not supported.") "]"},
      {DESCRIBE, .status = 503}},
     ANSWER_RESULTS,
     {OUTCOME_INNOCENT},
     "INVALID_TYPE",
     -1,
     -1,
     false},
    {"the object is gone: the whole request",
     OP_UPSERT,
     2,
     {TOKEN,
      {UPSERT, .status = 404, .body = WHOLE("NOT_FOUND", "The requested resource does not exist")},
      {DESCRIBE, .status = 404, .body = WHOLE("NOT_FOUND", "x")}},
     ANSWER_HALT,
     {0},
     "OBJECT_NOT_WRITABLE",
     -1,
     -1,
     false},
    {"the object is there: the whole request is taken apart",
     OP_UPSERT,
     2,
     {TOKEN,
      {UPSERT, .status = 404, .body = WHOLE("NOT_FOUND", "x")},
      {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "true"))}},
     ANSWER_REFUSED,
     {0},
     "NOT_FOUND",
     -1,
     -1,
     false},
    {"insert",
     OP_INSERT,
     1,
     {TOKEN, {.request = "POST /services/data/v59.0/composite/sobjects", .status = 200, .body = "[" OK "]"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"a resent insert that was carried out",
     OP_INSERT,
     1,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite/sobjects",
       .status = 200,
       .body = "[" BAD("DUPLICATE_VALUE",
                       "duplicate value found: External_Id__c duplicates value on record with id: 003") "]"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     true},
    {"the same for an insert sent once",
     OP_INSERT,
     1,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite/sobjects",
       .status = 200,
       .body = "[" BAD("DUPLICATE_VALUE",
                       "duplicate value found: External_Id__c duplicates value on record with id: 003") "]"}},
     ANSWER_RESULTS,
     {OUTCOME_REFUSED},
     "DUPLICATE_VALUE",
     -1,
     -1,
     false},
    {"update by Ids that are looked up",
     OP_UPDATE,
     3,
     {TOKEN,
      {.request =
           "GET "
           "/services/data/v59.0/"
           "query?q=SELECT+Id,External_Id__c+FROM+Contact+WHERE+External_Id__c+IN+%28%27k0%27,%27k1%27,%27k2%27%29",
       .status = 200,
       .body = "{\"totalSize\":2,\"done\":true,\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k2\"},{"
               "\"Id\":\"003000000000000AAA\",\"External_Id__c\":\"k0\"},{\"Id\":\"003000000000009AAA\",\"External_Id__"
               "c\":\"K1\"}]}"},
      {.request = "PATCH /services/data/v59.0/composite/sobjects",
       .status = 200,
       .body = "[" OK "," BAD("STRING_TOO_LONG", "x") "]",
       .body_has = "\"id\":\"003000000000000AAA\",\"External_Id__c\":\"k0\",\"LastName\":\"name "
                   "0\"},{\"attributes\":{\"type\":\"Contact\"},\"id\":\"003000000000002AAA\""}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_REFUSED, OUTCOME_REFUSED},
     "RECORD_NOT_FOUND",
     -1,
     -1,
     false},
    {"update of what several have",
     OP_UPDATE,
     1,
     {TOKEN,
      {QUERY, .status = 200,
       .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k0\"},{\"Id\":"
               "\"003000000000000AAA\",\"External_Id__c\":\"k0\"}]}"}},
     ANSWER_RESULTS,
     {OUTCOME_REFUSED},
     "DUPLICATE_EXTERNAL_ID",
     -1,
     -1,
     false},
    {"two pages",
     OP_DELETE,
     2,
     {TOKEN,
      {QUERY, .status = 200,
       .body = "{\"done\":false,\"nextRecordsUrl\":\"/services/data/v59.0/query/"
               "01g-2000\",\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k1\"}]}"},
      {.request = "GET /services/data/v59.0/query/01g-2000",
       .status = 200,
       .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k0\"}]}"},
      {.request =
           "DELETE /services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA,003000000000002AAA",
       .status = 200,
       .body = "[" OK "," OK "]"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"deleting what is gone is done",
     OP_DELETE,
     2,
     {TOKEN,
      {QUERY, .status = 200,
       .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k0\"}]}"},
      {.request = "DELETE *", .status = 200, .body = "[" BAD("ENTITY_IS_DELETED", "entity is deleted") "]"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"a key field of numbers",
     OP_DELETE,
     2,
     {TOKEN,
      {QUERY, .status = 400,
       .body = WHOLE(
           "INVALID_FIELD",
           "value of filter criterion for field 'N__c' must be of type double and should not be enclosed in quotes")}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_APPLIED},
     NULL,
     -1,
     -1,
     false},
    {"a query that fails was not carried out",
     OP_UPDATE,
     1,
     {TOKEN, {QUERY, .status = 500, .body = ""}},
     ANSWER_FAILED,
     {0},
     "HTTP_500",
     -1,
     -1,
     false},
    {"several collections in one call",
     OP_UPSERT,
     4,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite",
       .status = 200,
       .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
               "," BAD("STRING_TOO_LONG", "x") "]},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK "]}]}",
       .body_has =
           "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":[{\"method\":\"PATCH\",\"url\":\"/"
           "services/data/v59.0/composite/sobjects/Contact/"
           "External_Id__c\",\"referenceId\":\"c0\",\"httpHeaders\":{\"Sforce-Auto-Assign\":\"FALSE\"},\"body\":{"}},
     ANSWER_RESULTS,
     {OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_REFUSED, OUTCOME_APPLIED},
     "STRING_TOO_LONG",
     -1,
     -1,
     false},
    {"a part refused whole is taken apart",
     OP_UPSERT,
     4,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite",
       .status = 200,
       .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":400,\"body\":" WHOLE(
           "JSON_PARSER_ERROR", "x") "},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK "]}]}"}},
     ANSWER_RESULTS,
     {OUTCOME_SUSPECT, OUTCOME_SUSPECT, OUTCOME_SUSPECT, OUTCOME_APPLIED},
     "JSON_PARSER_ERROR",
     -1,
     -1,
     false},
    {"a part with too few results makes all unknown",
     OP_UPSERT,
     4,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite",
       .status = 200,
       .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
               "," BAD("X", "y") "]},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[]}]}"}},
     ANSWER_UNKNOWN,
     {0},
     "UNUSABLE_ANSWER",
     -1,
     -1,
     false},
    {"too many parts for Salesforce",
     OP_UPSERT,
     4,
     {TOKEN,
      {.request = "POST /services/data/v59.0/composite",
       .status = 200,
       .body = "{\"compositeResponse\":[{\"body\":" WHOLE("LIMIT_EXCEEDED",
                                                          "x") ",\"httpStatusCode\":400,\"referenceId\":null}]}"}},
     ANSWER_REFUSED,
     {0},
     "LIMIT_EXCEEDED",
     -1,
     -1,
     false},
};

static const struct refusal *first_refusal(const struct answer *a)
{
    if (a->failure)
        return &a->failure->refusals[0];
    for (size_t i = 0; i < a->noutcomes; i++)
        if (a->outcomes[i].failure)
            return &a->outcomes[i].failure->refusals[0];
    return NULL;
}

static void one_batch(void **state)
{
    const struct row *row = *state;
    struct world w = start(row->script);
    struct batch *b = send(&w, sample_batch(7, row->op, row->n));
    sample_write(b, 0)->unanswered = row->resent;
    struct answer a = answer_of(&w);

    assert_int_equal(a.batch, 7);
    const struct refusal *refusal = first_refusal(&a);
    if (row->code ? !refusal || strcmp(refusal->code, row->code) != 0 : refusal != NULL)
        fail_msg("%s: %s", refusal ? refusal->code : "no failure", refusal ? refusal->message : "");
    assert_int_equal(a.kind, row->kind);
    if (a.kind == ANSWER_RESULTS) {
        assert_int_equal(a.noutcomes, row->n);
        for (size_t i = 0; i < row->n; i++)
            assert_int_equal(a.outcomes[i].kind, row->outcomes[i]);
    }
    if (row->wait_ms)
        assert_int_equal(a.wait_ms, row->wait_ms);
    assert_int_equal(a.suspect, row->suspect);
    answer_release(&a);
    stop(&w);
}

/* ---- conversations ---- */

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

    struct world w = start(script);
    for (uint64_t i = 1; i <= BATCHES; i++)
        send(&w, sample_batch(i, OP_UPSERT, 1));
    for (int i = 0; i < BATCHES; i++) {
        struct answer a = answer_of(&w);
        assert_int_equal(a.kind, ANSWER_RESULTS);
        answer_release(&a);
    }
    assert_int_equal(fake_http_asked(w.net, "POST /services/oauth2/token"), 2);
    assert_int_equal(sender_counts(w.sender)->refreshes_ok, 2);
    stop(&w);
}

static void an_aborted_batch_gets_no_answer(void **state)
{
    static const struct exchange script[] = {
        TOKEN, {UPSERT, .status = 200, .body = "[" OK "]"}, {UPSERT, .status = 200, .body = "[" OK "]"}, {0}};
    struct world w = start(script);
    struct answer a;
    (void)state;

    sender_prepare(w.sender, w.now);
    assert_false(sender_next_answer(w.sender, w.now, &a));
    fake_http_hold(w.net, true);
    struct batch *gone = sample_batch(1, OP_UPSERT, 1);
    sender_send(w.sender, w.now, gone);
    send(&w, sample_batch(2, OP_UPSERT, 1));
    sample_batch_free(gone); /* the engine has let go of it when it says so */
    sender_abort(w.sender, 1);
    sender_abort(w.sender, 99);
    fake_http_hold(w.net, false);
    a = answer_of(&w);
    assert_int_equal(a.batch, 2);
    answer_release(&a);
    assert_false(sender_next_answer(w.sender, w.now, &a));
    assert_true(sender_due(w.sender) == INT64_MAX);
    stop(&w);
}

static void what_looks_like_a_reference_avoids_composite(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {UPSERT, .status = 200, .body = "[" OK "," OK "," OK "]"},
        {UPSERT, .status = 200, .body = "[" BAD("STRING_TOO_LONG", "x") "," OK "]", .body_has = "@{ref.id}"},
        {0}};
    struct world w = start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 5);
    (void)state;

    sample_set_name(b, 4, "\"@{ref.id}\"");
    send(&w, b);
    struct answer a = answer_of(&w);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(a.outcomes[i].kind, i == 3 ? OUTCOME_REFUSED : OUTCOME_APPLIED);
    answer_release(&a);
    stop(&w);
}

static void a_later_part_that_fails_spares_the_rest(void **state)
{
    static const struct exchange script[] = {
        TOKEN, {UPSERT, .status = 200, .body = "[" OK "," OK "," OK "]"}, {UPSERT, .status = 503, .body = ""}, {0}};
    struct world w = start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 8);
    (void)state;

    sample_set_name(b, 0, "\"@{\"");
    send(&w, b);
    /* the second call would be composite: nothing in it looks like a reference */
    sample_set_name(b, 5, "\"@{\"");
    struct answer a = answer_of(&w);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(a.outcomes[i].kind, i < 3 ? OUTCOME_APPLIED : OUTCOME_INNOCENT);
    answer_release(&a);
    stop(&w);
}

/* What was inserted before the login failed must not be inserted again with the rest. */
static void a_login_that_fails_between_two_parts_spares_the_rest(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {UPSERT, .status = 200, .body = "[" OK "," OK "," OK "]"},
        {UPSERT, .status = 401, .body = WHOLE("INVALID_SESSION_ID", "Session expired or invalid")},
        {.request = "POST /services/oauth2/token", .status = 400, .body = "{\"error\":\"invalid_client\"}"},
        {0}};
    struct world w = start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 5);
    (void)state;

    sample_set_name(b, 0, "\"@{\"");
    send(&w, b);
    struct answer a = answer_of(&w);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(a.outcomes[i].kind, i < 3 ? OUTCOME_APPLIED : OUTCOME_INNOCENT);
    answer_release(&a);
    stop(&w);
}

#define FOUND(id)                                                                                                      \
    {                                                                                                                  \
        QUERY, .status = 200, .body = "{\"done\":true,\"records\":[{\"Id\":\"" id "\",\"External_Id__c\":\"k0\"}]}"    \
    }
#define UPDATE .request = "PATCH /services/data/v59.0/composite/sobjects"

static void a_remembered_id_that_is_gone_is_looked_up_again(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        FOUND("003000000000001AAA"),
        {UPDATE, .status = 200, .body = "[" OK "]"},
        {UPDATE, .status = 200, .body = "[" BAD("ENTITY_IS_DELETED", "entity is deleted") "]"},
        FOUND("003000000000002AAA"),
        {UPDATE, .status = 200, .body = "[" OK "]", .body_has = "003000000000002AAA"},
        {0}};
    static const enum outcome_kind kinds[] = {OUTCOME_APPLIED, OUTCOME_INNOCENT, OUTCOME_APPLIED};
    struct world w = start(script);
    (void)state;

    for (size_t i = 0; i < N(kinds); i++) {
        send(&w, sample_batch(i + 1, OP_UPDATE, 1));
        struct answer a = answer_of(&w);
        assert_int_equal(a.kind, ANSWER_RESULTS);
        assert_int_equal(a.outcomes[0].kind, kinds[i]);
        answer_release(&a);
    }
    stop(&w);
}

static void numbers_are_asked_for_without_quotes(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {QUERY, .status = 400,
         .body = WHOLE("INVALID_FIELD", "must be of type double and should not be enclosed in quotes")},
        {.request = "GET "
                    "/services/data/v59.0/"
                    "query?q=SELECT+Id,External_Id__c+FROM+Contact+WHERE+External_Id__c+IN+%2842,-7.50%29",
         .status = 200,
         .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000001AAA\",\"External_Id__c\":42.0},{\"Id\":"
                 "\"003000000000002AAA\",\"External_Id__c\":-7.5}]}"},
        {.request =
             "DELETE /services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA,003000000000002AAA",
         .status = 200,
         .body = "[" OK "," OK "]"},
        {0}};
    struct world w = start(script);
    struct batch *b = sample_batch(1, OP_DELETE, 3);
    (void)state;

    sample_set_key(b, 0, "42");
    sample_set_key(b, 1, "-7.50");
    sample_set_key(b, 2, "1) OR (Id != null");
    send(&w, b);
    struct answer a = answer_of(&w);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(a.outcomes[i].kind, OUTCOME_APPLIED);
    answer_release(&a);
    stop(&w);
}

static void an_id_of_wrong_form_never_leaves(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {.request = "DELETE /services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA",
         .status = 200,
         .body = "[" OK "]"},
        {0}};
    struct world w = start(script);
    struct batch *b = sample_batch(1, OP_DELETE, 2);
    (void)state;

    sample_route()->id_field = 0;
    sample_set_key(b, 0, "003,004&x=1");
    sample_set_key(b, 1, "003000000000001AAA");
    send(&w, b);
    struct answer a = answer_of(&w);
    assert_int_equal(a.outcomes[0].kind, OUTCOME_REFUSED);
    assert_string_equal(a.outcomes[0].failure->refusals[0].code, "MALFORMED_ID");
    assert_int_equal(a.outcomes[1].kind, OUTCOME_APPLIED);
    answer_release(&a);
    stop(&w);
}

/* "Account.Ext__c": hidden in Account, which only Account's describe shows. */
static void a_parents_key_that_is_missing_halts(void **state)
{
    static const char contact[] =
        OBJECT(FIELD("External_Id__c", "true") ",{\"name\":\"AccountId\",\"createable\":true,\"updateable\":true,"
                                               "\"relationshipName\":\"Account\",\"referenceTo\":[\"Account\"]}");
    static const struct exchange script[] = {
        TOKEN,
        {UPSERT, .status = 200,
         .body = "[" BAD("INVALID_FIELD", "No such column 'Ext__c' on sobject of type Account") "]"},
        {DESCRIBE, .status = 200, .body = contact},
        {.request = "GET /services/data/v59.0/sobjects/Account/describe",
         .status = 200,
         .body = "{\"name\":\"Account\",\"fields\":[]}"},
        {UPSERT, .status = 200,
         .body = "[" BAD("INVALID_FIELD", "No such column 'Ext__c' on sobject of type Account") "]"},
        {DESCRIBE, .status = 200, .body = contact},
        {.request = "GET /services/data/v59.0/sobjects/Account/describe",
         .status = 200,
         .body = "{\"name\":\"Account\",\"fields\":[" FIELD("Ext__c", "true") "]}"},
        {0}};
    static const enum outcome_kind kinds[] = {OUTCOME_HALT, OUTCOME_REFUSED};
    static char to[] = "Account.Ext__c", name[] = "Account", key[] = "Ext__c";
    struct world w = start(script);
    (void)state;

    sample_route()->fields[1].to = to;
    sample_route()->fields[1].name = name;
    sample_route()->fields[1].parent_key = key;
    for (size_t i = 0; i < N(kinds); i++) {
        send(&w, sample_batch(i + 1, OP_UPSERT, 1));
        struct answer a = answer_of(&w);
        assert_int_equal(a.outcomes[0].kind, kinds[i]);
        answer_release(&a);
        w.now += 60000;
    }
    stop(&w);
}

static void a_halted_route_asks_with_if_modified_since(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {UPSERT, .status = 200,
         .body = "[" BAD("INVALID_FIELD", "No such column 'LastName' on sobject of type Contact") "]"},
        {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true")), .no_header = "If-Modified-Since",
         .last_modified = "Mon, 09 Aug 2015 00:00:00 GMT"},
        {UPSERT, .status = 200,
         .body = "[" BAD("INVALID_FIELD", "No such column 'LastName' on sobject of type Contact") "]"},
        {DESCRIBE, .status = 304, .header = "If-Modified-Since: Mon, 09 Aug 2015 00:00:00 GMT"},
        {0}};
    struct world w = start(script);
    (void)state;

    for (uint64_t i = 1; i <= 2; i++) {
        send(&w, sample_batch(i, OP_UPSERT, 1));
        struct answer a = answer_of(&w);
        assert_int_equal(a.outcomes[0].kind, OUTCOME_HALT);
        answer_release(&a);
        w.now += 60000;
    }
    stop(&w);
}

static void readiness_and_counts(void **state)
{
    static const struct exchange script[] = {TOKEN,
                                             {UPSERT, .status = 200, .body = "[" OK "]",
                                              .limit_info = "api-usage=18/5000; per-app-api-usage=17/250(appName=x)"},
                                             {0}};
    struct world w = start(script);
    char why[200];
    (void)state;

    assert_false(sender_authenticated(w.sender, why, sizeof why));
    assert_true(why[0] != '\0');
    assert_false(sender_no_login(w.sender));
    send(&w, sample_batch(1, OP_UPSERT, 1));
    struct answer a = answer_of(&w);
    answer_release(&a);
    assert_true(sender_authenticated(w.sender, why, sizeof why));
    const struct sender_counts *c = sender_counts(w.sender);
    assert_int_equal(c->api_used, 18);
    assert_int_equal(c->api_limit, 5000);
    assert_int_equal(c->ncalls, 2);
    assert_string_equal(c->calls[1].resource, "collections");
    assert_int_equal(c->duration_count, 2);
    stop(&w);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 16];
    size_t n = 0;

    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, one_batch, NULL, NULL, (void *)&rows[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(one_refresh_for_sixteen);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(an_aborted_batch_gets_no_answer);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_looks_like_a_reference_avoids_composite);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_later_part_that_fails_spares_the_rest);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_login_that_fails_between_two_parts_spares_the_rest);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_remembered_id_that_is_gone_is_looked_up_again);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(numbers_are_asked_for_without_quotes);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(an_id_of_wrong_form_never_leaves);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_parents_key_that_is_missing_halts);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_halted_route_asks_with_if_modified_since);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(readiness_and_counts);
    return _cmocka_run_group_tests("sender", tests, n, NULL, NULL);
}
