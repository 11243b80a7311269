/* SPDX-License-Identifier: Apache-2.0 */
/* A batch that goes in several parts: collections in one Composite call, and calls one after the other. */
#include "tests/unit/sender_fixture.h"

static const struct sender_case cases[] = {
    {.name = "several collections in one call",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
                         "," BAD("STRING_TOO_LONG",
                                 "x") "]},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK "]}]}",
                 .body_has = "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":[{\"method\":"
                             "\"PATCH\",\"url\":\"/"
                             "services/data/v59.0/composite/sobjects/Contact/"
                             "External_Id__c\",\"referenceId\":\"c0\",\"httpHeaders\":{\"Sforce-Auto-Assign\":"
                             "\"FALSE\"},\"body\":{"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_REFUSED, OUTCOME_APPLIED},
     .code = "STRING_TOO_LONG"},
    {.name = "a part refused whole is taken apart",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":400,\"body\":" WHOLE(
                     "JSON_PARSER_ERROR", "x") "},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK
                                               "]}]}"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_SUSPECT, OUTCOME_SUSPECT, OUTCOME_SUSPECT, OUTCOME_APPLIED},
     .code = "JSON_PARSER_ERROR"},
    {.name = "a part with too few results is unknown, the other settles",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
                         "," BAD("X", "y") "]},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[]}]}"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_REFUSED, OUTCOME_UNKNOWN},
     .code = "X"},
    {.name = "a part that is missing is unknown",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
                         "," OK "]}]}"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_UNKNOWN},
     .code = "UNUSABLE_ANSWER"},
    {.name = "a part that broke inside Salesforce is unknown",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":500,\"body\":" WHOLE(
                     "UNKNOWN_EXCEPTION", "x") "},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK
                                               "]}]}"}},
     .kind = ANSWER_RESULTS,
     .outcomes = {OUTCOME_UNKNOWN, OUTCOME_UNKNOWN, OUTCOME_UNKNOWN, OUTCOME_APPLIED},
     .code = "UNKNOWN_EXCEPTION"},
    {.name = "no part can be used: all is unknown",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK
                         "]},{\"referenceId\":\"c1\",\"httpStatusCode\":500,\"body\":null}]}"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "more parts than were asked for: all is unknown",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"referenceId\":\"c0\",\"httpStatusCode\":200,\"body\":[" OK "," OK
                         "," OK "]},{\"referenceId\":\"c1\",\"httpStatusCode\":200,\"body\":[" OK "]},{}]}"}},
     .kind = ANSWER_UNKNOWN,
     .code = "UNUSABLE_ANSWER"},
    {.name = "too many parts for Salesforce",
     .n = 4,
     .script = {TOKEN,
                {.request = "POST /services/data/v59.0/composite",
                 .status = 200,
                 .body = "{\"compositeResponse\":[{\"body\":" WHOLE(
                     "LIMIT_EXCEEDED", "x") ",\"httpStatusCode\":400,\"referenceId\":null}]}"}},
     .kind = ANSWER_REFUSED,
     .code = "LIMIT_EXCEEDED"},
};

static void what_looks_like_a_reference_avoids_composite(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {UPSERT, .status = 200, .body = "[" OK "," OK "," OK "]"},
        {UPSERT, .status = 200, .body = "[" BAD("STRING_TOO_LONG", "x") "," OK "]", .body_has = "@{ref.id}"},
        {0}};
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 5);
    (void)state;

    sample_set_name(b, 4, "\"@{ref.id}\"");
    org_send(&org, b);
    struct answer a = org_answer(&org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(a.outcomes[i].kind, i == 3 ? OUTCOME_REFUSED : OUTCOME_APPLIED);
    answer_release(&a);
    org_stop(&org);
}

static void a_later_part_that_fails_spares_the_rest(void **state)
{
    static const struct exchange script[] = {
        TOKEN, {UPSERT, .status = 200, .body = "[" OK "," OK "," OK "]"}, {UPSERT, .status = 503, .body = ""}, {0}};
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 8);
    (void)state;

    sample_set_name(b, 0, "\"@{\"");
    org_send(&org, b);
    /* the second call would be composite: nothing in it looks like a reference */
    sample_set_name(b, 5, "\"@{\"");
    struct answer a = org_answer(&org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(a.outcomes[i].kind, i < 3 ? OUTCOME_APPLIED : OUTCOME_INNOCENT);
    answer_release(&a);
    org_stop(&org);
}

/* What was inserted by the first call must not be inserted again because the second got no answer. */
static void a_later_part_without_an_answer_spares_the_first(void **state)
{
    static const struct exchange script[] = {
        TOKEN,
        {.request = "POST /services/data/v59.0/composite/sobjects", .status = 200, .body = "[" OK "," OK "," OK "]"},
        {.request = "POST /services/data/v59.0/composite/sobjects", .reach = HTTP_SENT},
        {0}};
    static const enum outcome_kind kinds[] = {OUTCOME_APPLIED, OUTCOME_APPLIED, OUTCOME_APPLIED,  OUTCOME_UNKNOWN,
                                              OUTCOME_UNKNOWN, OUTCOME_UNKNOWN, OUTCOME_INNOCENT, OUTCOME_INNOCENT};
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_INSERT, N(kinds));
    (void)state;

    sample_set_name(b, 7, "\"@{\"");
    org_send(&org, b);
    struct answer a = org_answer(&org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < N(kinds); i++)
        assert_int_equal(a.outcomes[i].kind, kinds[i]);
    answer_release(&a);
    org_stop(&org);
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
    struct org org = org_start(script);
    struct batch *b = sample_batch(1, OP_UPSERT, 5);
    (void)state;

    sample_set_name(b, 0, "\"@{\"");
    org_send(&org, b);
    struct answer a = org_answer(&org);
    assert_int_equal(a.kind, ANSWER_RESULTS);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(a.outcomes[i].kind, i < 3 ? OUTCOME_APPLIED : OUTCOME_INNOCENT);
    answer_release(&a);
    org_stop(&org);
}

int main(void)
{
    static const struct CMUnitTest conversations[] = {
        cmocka_unit_test(what_looks_like_a_reference_avoids_composite),
        cmocka_unit_test(a_later_part_that_fails_spares_the_rest),
        cmocka_unit_test(a_later_part_without_an_answer_spares_the_first),
        cmocka_unit_test(a_login_that_fails_between_two_parts_spares_the_rest),
    };

    return sender_cases_run("sender_composite", cases, N(cases), conversations, N(conversations));
}
