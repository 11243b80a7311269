/* SPDX-License-Identifier: Apache-2.0 */
/* A refusal that names a field or an object: the describe decides whether the record or the route is at fault. */
#include "tests/unit/sender_fixture.h"

#define FIELD(name, writable)                                                                                          \
    "{\"name\":\"" name "\",\"createable\":" writable ",\"updateable\":" writable ",\"externalId\":true}"
#define OBJECT(fields)                                                                                                 \
    "{\"name\":\"Contact\",\"createable\":true,\"updateable\":true,\"deletable\":true,\"fields\":[" fields "]}"
#define DESCRIBE .request = "GET /services/data/v59.0/sobjects/Contact/describe"

static const struct sender_case cases[] = {
    {.name = "a field that the describe does not know halts the route",
     .n = 2,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" OK "," BAD("INVALID_FIELD", "No such column 'LastName' on sobject of type Contact") "]"},
                {DESCRIBE, .status = 200, .body = OBJECT(FIELD("External_Id__c", "true"))}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_HALT},
     .code = "FIELD_NOT_WRITABLE"},
    {.name = "a read-only field halts the route",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" BAD("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: LastName") "]"},
                {DESCRIBE, .status = 200,
                 .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "false"))}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_HALT},
     .code = "FIELD_NOT_WRITABLE"},
    {.name = "the describe knows the field: the record is refused",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" BAD("INVALID_FIELD", "No such column 'X' on sobject of type Account") "]"},
                {DESCRIBE, .status = 200,
                 .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "true"))}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_REFUSED},
     .code = "INVALID_FIELD"},
    {.name = "records have results of their own: the object is there, though its describe is not",
     .n = 2,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" OK "," BAD("INVALID_FIELD", "No such column 'X' on sobject of type Account") "]"},
                {DESCRIBE, .status = 404, .body = WHOLE("NOT_FOUND", "x")}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_REFUSED},
     .code = "INVALID_FIELD"},
    {.name = "no describe to be had: nothing is refused",
     .n = 1,
     .script = {TOKEN,
                {UPSERT, .status = 200,
                 .body = "[" BAD("INVALID_TYPE", "sObject type 'Contact' is not supported.") "]"},
                {DESCRIBE, .status = 503}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_INNOCENT},
     .code = "INVALID_TYPE"},
    {.name = "the object is gone: the whole request",
     .n = 2,
     .script = {TOKEN,
                {UPSERT, .status = 404, .body = WHOLE("NOT_FOUND", "The requested resource does not exist")},
                {DESCRIBE, .status = 404, .body = WHOLE("NOT_FOUND", "x")}},
     .kind = ANSWER_HALT,
     .code = "OBJECT_NOT_WRITABLE"},
    {.name = "the object is there: the whole request is taken apart",
     .n = 2,
     .script = {TOKEN,
                {UPSERT, .status = 404, .body = WHOLE("NOT_FOUND", "x")},
                {DESCRIBE, .status = 200,
                 .body = OBJECT(FIELD("External_Id__c", "true") "," FIELD("LastName", "true"))}},
     .kind = ANSWER_REFUSED,
     .code = "NOT_FOUND"},
};

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
    struct org org = org_start(script);
    (void)state;

    sample_route()->fields[1].to = to;
    sample_route()->fields[1].name = name;
    sample_route()->fields[1].parent_key = key;
    for (size_t i = 0; i < N(kinds); i++) {
        org_send(&org, sample_batch(i + 1, OP_UPSERT, 1));
        struct answer a = org_answer(&org);
        assert_int_equal(a.outcomes[0].kind, kinds[i]);
        answer_release(&a);
        org.now += 60000;
    }
    org_stop(&org);
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
    struct org org = org_start(script);
    (void)state;

    for (uint64_t i = 1; i <= 2; i++) {
        org_send(&org, sample_batch(i, OP_UPSERT, 1));
        struct answer a = org_answer(&org);
        assert_int_equal(a.outcomes[0].kind, OUTCOME_HALT);
        answer_release(&a);
        org.now += 60000;
    }
    org_stop(&org);
}

int main(void)
{
    static const struct CMUnitTest conversations[] = {
        cmocka_unit_test(a_parents_key_that_is_missing_halts),
        cmocka_unit_test(a_halted_route_asks_with_if_modified_since),
    };

    return sender_cases_run("sender_describe", cases, N(cases), conversations, N(conversations));
}
