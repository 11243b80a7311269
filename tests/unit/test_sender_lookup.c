/* SPDX-License-Identifier: Apache-2.0 */
/* Updates and deletes whose Ids are looked up by the external id. */
#include "tests/unit/sender_fixture.h"
#include "worker/salesforce/record_ids.h"

#define QUERY .request = "GET /services/data/v59.0/query?q=*"
#define UPDATE .request = "PATCH /services/data/v59.0/composite/sobjects"
#define FOUND(id)                                                                                                      \
    {                                                                                                                  \
        QUERY, .status = 200, .body = "{\"done\":true,\"records\":[{\"Id\":\"" id "\",\"External_Id__c\":\"k0\"}]}"    \
    }

#define DESCRIBE(field)                                                                                                \
    {                                                                                                                  \
        .request = "GET /services/data/v59.0/sobjects/Contact/describe", .status = 200,                                \
        .body = "{\"name\":\"Contact\",\"fields\":[{\"name\":\"External_Id__c\",\"type\":" field "}]}"                 \
    }
#define IN_OTHER_CASE                                                                                                  \
    {                                                                                                                  \
        QUERY, .status = 200,                                                                                          \
               .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000000AAA\",\"External_Id__c\":\"K0\"},"        \
                       "{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k1\"}]}"                                   \
    }
#define BOTH_UPDATED                                                                                                   \
    {                                                                                                                  \
        UPDATE, .status = 200, .body = "[" OK "," OK "]", .body_has = "003000000000000AAA"                             \
    }

static const struct sender_case cases[] = {
    {.name = "update by Ids that are looked up",
     .op = OP_UPDATE,
     .n = 3,
     .script =
         {TOKEN,
          {.request =
               "GET "
               "/services/data/v59.0/"
               "query?q=SELECT+Id,External_Id__c+FROM+Contact+WHERE+External_Id__c+IN+%28%27k0%27,%27k1%27,%27k2%27%29",
           .status = 200,
           .body =
               "{\"totalSize\":2,\"done\":true,\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k2\"},{"
               "\"Id\":\"003000000000000AAA\",\"External_Id__c\":\"k0\"}]}"},
          {.request = "PATCH /services/data/v59.0/composite/sobjects",
           .status = 200,
           .body = "[" OK "," BAD("STRING_TOO_LONG", "x") "]",
           .body_has = "\"id\":\"003000000000000AAA\",\"External_Id__c\":\"k0\",\"LastName\":\"name "
                       "0\"},{\"attributes\":{\"type\":\"Contact\"},\"id\":\"003000000000002AAA\""}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_REFUSED, OUTCOME_REFUSED},
     .code = "RECORD_NOT_FOUND"},
    {.name = "in another case it is the record where the field is unique so",
     .op = OP_UPDATE,
     .n = 2,
     .script = {TOKEN, IN_OTHER_CASE, DESCRIBE("\"string\",\"unique\":true,\"caseSensitive\":false"), BOTH_UPDATED},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "an e-mail address has no case",
     .op = OP_UPDATE,
     .n = 2,
     .script = {TOKEN, IN_OTHER_CASE, DESCRIBE("\"email\",\"unique\":false"), BOTH_UPDATED},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "in another case it is another record where case counts",
     .op = OP_UPDATE,
     .n = 2,
     .script = {TOKEN,
                IN_OTHER_CASE,
                DESCRIBE("\"string\",\"unique\":true,\"caseSensitive\":true"),
                {UPDATE, .status = 200, .body = "[" OK "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_REFUSED, OUTCOME_APPLIED},
     .code = "RECORD_NOT_FOUND"},
    {.name = "and where the field is not unique",
     .op = OP_DELETE,
     .n = 2,
     .script = {TOKEN,
                IN_OTHER_CASE,
                DESCRIBE("\"string\",\"unique\":false,\"caseSensitive\":false"),
                {.request = "DELETE /services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA",
                 .status = 200,
                 .body = "[" OK "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "without a describe nobody decides",
     .op = OP_DELETE,
     .n = 2,
     .script = {TOKEN,
                IN_OTHER_CASE,
                {.request = "GET /services/data/v59.0/sobjects/Contact/describe", .status = 503, .body = ""}},
     .kind = ANSWER_FAILED,
     .code = "HTTP_503"},
    {.name = "a describe without the field decides nothing",
     .op = OP_DELETE,
     .n = 2,
     .script = {TOKEN,
                IN_OTHER_CASE,
                {.request = "GET /services/data/v59.0/sobjects/Contact/describe",
                 .status = 200,
                 .body = "{\"name\":\"Contact\",\"fields\":[]}"}},
     .kind = ANSWER_FAILED,
     .code = "UNUSABLE_ANSWER"},
    {.name = "update of what several have",
     .op = OP_UPDATE,
     .n = 1,
     .script = {TOKEN,
                {QUERY, .status = 200,
                 .body =
                     "{\"done\":true,\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k0\"},{\"Id\":"
                     "\"003000000000000AAA\",\"External_Id__c\":\"k0\"}]}"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_REFUSED},
     .code = "DUPLICATE_EXTERNAL_ID"},
    {.name = "two pages",
     .op = OP_DELETE,
     .n = 2,
     .script =
         {TOKEN,
          {QUERY, .status = 200,
           .body = "{\"done\":false,\"nextRecordsUrl\":\"/services/data/v59.0/query/"
                   "01g-2000\",\"records\":[{\"Id\":\"003000000000002AAA\",\"External_Id__c\":\"k1\"}]}"},
          {.request = "GET /services/data/v59.0/query/01g-2000",
           .status = 200,
           .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k0\"}]}"},
          {.request =
               "DELETE "
               "/services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA,003000000000002AAA",
           .status = 200,
           .body = "[" OK "," OK "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "deleting what is gone is done",
     .op = OP_DELETE,
     .n = 2,
     .script = {TOKEN,
                {QUERY, .status = 200,
                 .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k0\"}]}"},
                {.request = "DELETE *", .status = 200, .body = "[" BAD("ENTITY_IS_DELETED", "entity is deleted") "]"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "a key field of numbers",
     .op = OP_DELETE,
     .n = 2,
     .script = {TOKEN,
                {QUERY, .status = 400,
                 .body = WHOLE("INVALID_FIELD", "value of filter criterion for field 'N__c' must be of type double and "
                                                "should not be enclosed in quotes")}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED}},
    {.name = "a query that fails was not carried out",
     .op = OP_UPDATE,
     .n = 1,
     .script = {TOKEN, {QUERY, .status = 500, .body = ""}},
     .kind = ANSWER_FAILED,
     .code = "HTTP_500"},
};

static void one_update(struct org *org, uint64_t batch, enum outcome_kind kind)
{
    org_send(org, sample_batch(batch, OP_UPDATE, 1));
    struct answer a = org_answer(org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    assert_int_equal(a.outcomes[0].kind, kind);
    answer_release(&a);
}

/* However Salesforce says that it is gone. */
static void a_remembered_id_that_is_gone_is_looked_up_again(void **state)
{
    static const char *const answers[] = {"[" BAD("ENTITY_IS_DELETED", "entity is deleted") "]",
                                          "[" BAD("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") "]",
                                          "[" BAD("NOT_FOUND", "The requested resource does not exist") "]"};
    (void)state;

    for (size_t i = 0; i < N(answers); i++) {
        const struct exchange script[] = {TOKEN,
                                          FOUND("003000000000001AAA"),
                                          {UPDATE, .status = 200, .body = "[" OK "]"},
                                          {UPDATE, .status = 200, .body = answers[i]},
                                          FOUND("003000000000002AAA"),
                                          {UPDATE, .status = 200, .body = "[" OK "]", .body_has = "003000000000002AAA"},
                                          {0}};
        struct org org = org_start(script);
        one_update(&org, 1, OUTCOME_APPLIED);
        one_update(&org, 2, OUTCOME_INNOCENT);
        one_update(&org, 3, OUTCOME_APPLIED);
        org_stop(&org);
    }
}

/* One that was looked up just now is not asked for again for ever. */
static void a_fresh_id_that_is_gone_is_refused(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        FOUND("003000000000001AAA"),
        {UPDATE, .status = 200, .body = "[" BAD("NOT_FOUND", "The requested resource does not exist") "]"},
        {0}};
    struct org org = org_start(script);
    (void)state;

    one_update(&org, 1, OUTCOME_REFUSED);
    org_stop(&org);
}

/* The value may have been given to another record meanwhile. */
static void a_remembered_id_is_looked_up_again_after_a_while(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        FOUND("003000000000001AAA"),
        {UPDATE, .status = 200, .body = "[" OK "]", .body_has = "003000000000001AAA"},
        {UPDATE, .status = 200, .body = "[" OK "]", .body_has = "003000000000001AAA"},
        FOUND("003000000000002AAA"),
        {UPDATE, .status = 200, .body = "[" OK "]", .body_has = "003000000000002AAA"},
        {0}};
    struct org org = org_start(script);
    (void)state;

    one_update(&org, 1, OUTCOME_APPLIED);
    org.now += RECORD_IDS_MS - 1000;
    one_update(&org, 2, OUTCOME_APPLIED);
    org.now += 2000;
    one_update(&org, 3, OUTCOME_APPLIED);
    org_stop(&org);
}

static void whether_case_counts_is_asked_once(void **state)
{
    static const struct exchange script[] = {TOKEN,
                                             IN_OTHER_CASE,
                                             DESCRIBE("\"string\",\"unique\":true"),
                                             BOTH_UPDATED,
                                             {QUERY, .status = 200,
                                              .body = "{\"done\":true,\"records\":[{\"Id\":\"003000000000009AAA\","
                                                      "\"External_Id__c\":\"OTHER\"}]}"},
                                             {UPDATE, .status = 200, .body = "[" OK "]"},
                                             {0}};
    struct org org = org_start(script);
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct batch *b = sample_batch(i + 1, OP_UPDATE, 2 - i);
        if (i)
            sample_set_key(b, 0, "other");
        org_send(&org, b);
        struct answer a = org_answer(&org);
        assert_int_equal(a.kind, ANSWER_RESULTS);
        assert_int_equal(a.outcomes[0].kind, OUTCOME_APPLIED);
        answer_release(&a);
    }
    org_stop(&org);
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
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_DELETE, 3);
    (void)state;

    sample_set_key(b, 0, "42");
    sample_set_key(b, 1, "-7.50");
    sample_set_key(b, 2, "1) OR (Id != null");
    org_send(&org, b);
    struct answer a = org_answer(&org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(a.outcomes[i].kind, OUTCOME_APPLIED);
    answer_release(&a);
    org_stop(&org);
}

static void an_id_of_wrong_form_never_leaves(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {.request = "DELETE /services/data/v59.0/composite/sobjects?allOrNone=false&ids=003000000000001AAA",
         .status = 200,
         .body = "[" OK "]"},
        {0}};
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_DELETE, 2);
    (void)state;

    sample_route()->id_field = 0;
    sample_set_key(b, 0, "003,004&x=1");
    sample_set_key(b, 1, "003000000000001AAA");
    org_send(&org, b);
    struct answer a = org_answer(&org);
    assert_int_equal(a.outcomes[0].kind, OUTCOME_REFUSED);
    assert_string_equal(a.outcomes[0].failure->refusals[0].code, "MALFORMED_ID");
    assert_int_equal(a.outcomes[1].kind, OUTCOME_APPLIED);
    answer_release(&a);
    org_stop(&org);
}

int main(void)
{
    static const struct CMUnitTest conversations[] = {
        cmocka_unit_test(a_remembered_id_that_is_gone_is_looked_up_again),
        cmocka_unit_test(a_fresh_id_that_is_gone_is_refused),
        cmocka_unit_test(a_remembered_id_is_looked_up_again_after_a_while),
        cmocka_unit_test(whether_case_counts_is_asked_once),
        cmocka_unit_test(numbers_are_asked_for_without_quotes),
        cmocka_unit_test(an_id_of_wrong_form_never_leaves),
    };

    return sender_cases_run("sender_lookup", cases, N(cases), conversations, N(conversations));
}
