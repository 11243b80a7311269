/* SPDX-License-Identifier: Apache-2.0 */
/* What the org has against routes and records: the describes are fetched from the simulator, so the visit and its login are tried, too. */
#include "common/buffer.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "tests/unit/config_text.h"
#include "tests/unit/live_control.h"
#include "worker/change/change.h"
#include "worker/salesforce/mapping_check.h"
#include "worker/salesforce/record_check.h"
#include "worker/salesforce/visit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static struct simulator *sim;

static int start(void **state)
{
    struct error e = {0};
    (void)state;
    sim = simulator_start(&(struct simulator_options){.listen = "127.0.0.1:0"}, &e);
    return sim ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    simulator_stop(sim);
    return 0;
}

/* Routes are written with ' for ". */
static struct config *config_with(const char *routes)
{
    char *text = xasprintf("salesforce: { auth: { flow = 'client_credentials'; login_url = '%s'; client_id = 'a';\n"
                           "client_secret = 's'; }; };\nroutes = ( %s );\n",
                           simulator_url(sim), routes);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    struct config *c = config_of_text(text);
    free(text);
    return c;
}

static struct describes *describes_for(const struct config *c)
{
    struct error e = {0};
    struct visit *v = visit_new(c);
    struct describes *d = describes_fetch(v, c, &e);

    if (!d)
        fail_msg("%s", e.text);
    visit_free(v);
    return d;
}

/* ---- routes ---- */

#define CUSTOM(settings, fields)                                                                                       \
    "{ topic = 't'; object = 'Custom Object'; custom_object = 'My_Object__c'; external_id = "                          \
    "'External_Id__c'; " settings "\nfields = ( { to = 'External_Id__c'; from = 'id'; }, " fields " ); }"
#define FIELDS(fields) CUSTOM("", fields)

static const struct route_case {
    const char *name;
    const char *object, *arranged; /* what is put into the org before; NULL: nothing */
    const char *routes;
    const char *findings; /* without file and line */
} cases[] = {
    {"nothing is wrong", NULL, NULL,
     FIELDS("{ to = 'Text__c'; from = 'a'; }, { to = 'Number__c'; from = 'n'; as = 'number'; }, { to = 'Flag__c'; "
            "value = true; },"
            "{ to = 'Contact__r.External_Id__c'; from = 'c'; }"),
     ""},
    {"an object that is not there", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'My_Objekt__c'; external_id = 'E__c'; fields = ( { to = "
     "'E__c'; from = 'id'; } ); }",
     "routes[0].custom_object: the org has no object My_Objekt__c, or the user may not see it; did you mean "
     "My_Object__c?\n"},
    {"nor anything like it", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'Zebra__c'; external_id = 'E__c'; fields = ( { to = "
     "'E__c'; from = 'id'; } ); }",
     "routes[0].custom_object: the org has no object Zebra__c, or the user may not see it; `sfsink describe` lists "
     "them\n"},
    {"another case", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'MY_object__c'; external_id = 'External_Id__c'; fields "
     "= ( { to = 'External_Id__c'; from = 'id'; } ); }",
     "routes[0].custom_object: 'MY_object__c' given, but the org spells it 'My_Object__c': upper and lower case "
     "count\n"},
    {"an object that is read-only", "objects/My_Object__c", "{\"read_only\":true}",
     CUSTOM("on_delete = 'delete'; tombstones = 'skip';", "{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].custom_object: the user may not create My_Object__c: give it to the user in a permission set, or use "
     "mode = 'update'\n"
     "routes[0].custom_object: the user may not edit My_Object__c: give it to the user in a permission set, or use "
     "mode = 'insert'\n"
     "routes[0].on_delete: the user may not delete My_Object__c: give it to the user in a permission set, or use "
     "on_delete = 'ignore'\n"},
    {"fields that are not there", NULL, NULL,
     FIELDS("{ to = 'Txt__c'; from = 'a'; }, { to = 'Nothing_Like_It__c'; from = 'b'; }"),
     "routes[0].fields[1].to: My_Object__c has no field Txt__c, or the user may not see it (field-level security); did "
     "you mean Text__c?\n"
     "routes[0].fields[2].to: My_Object__c has no field Nothing_Like_It__c, or the user may not see it (field-level "
     "security); `sfsink describe My_Object__c` lists them\n"},
    {"an external id that is none", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'My_Object__c'; external_id = 'Text__c'; fields = ( { "
     "to = 'Text__c'; from = 'id'; } ); }",
     "routes[0].external_id: My_Object__c.Text__c is no external id: set 'External ID' (and 'Unique') on the field in "
     "Salesforce, or name another; `sfsink describe My_Object__c` shows which are\n"},
    {"an external id that is not there", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'My_Object__c'; external_id = 'Txt__c'; fields = ( { to "
     "= 'Txt__c'; from = 'id'; } ); }",
     "routes[0].external_id: My_Object__c has no field Txt__c, or the user may not see it (field-level security); did "
     "you mean Text__c?\n"
     "routes[0].fields[0].to: My_Object__c has no field Txt__c, or the user may not see it (field-level security); did "
     "you mean Text__c?\n"},
    {"what cannot be written", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'Invoice__c'; external_id = 'External_Id__c'; fields = "
     "( { to = 'External_Id__c'; from = 'id'; },\n"
     "{ to = 'Overdue__c'; value = true; }, { to = 'Name'; from = 'n'; }, { to = 'CreatedDate'; from = 'c'; } ); }",
     "routes[0].fields[1].to: Invoice__c.Overdue__c cannot be written: it is a formula; do not map it\n"
     "routes[0].fields[2].to: Invoice__c.Name cannot be written: Salesforce numbers it; do not map it\n"
     "routes[0].fields[3].to: Invoice__c.CreatedDate cannot be written: read-only for this user; give it to the user "
     "in a permission set (edit access), or do not map it\n"},
    {"on create only", "objects/My_Object__c/fields/Text__c", "{\"updateable\":false}",
     FIELDS("{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].fields[1].to: My_Object__c.Text__c can be written on create only, and mode = 'upsert' updates records, "
     "too\n"},
    {"in updates only", "objects/My_Object__c/fields/Text__c", "{\"createable\":false}",
     FIELDS("{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].fields[1].to: My_Object__c.Text__c can be written in updates only, and mode = 'upsert' creates "
     "records, too\n"},
    {"which an update does not mind", "objects/My_Object__c/fields/Text__c", "{\"createable\":false}",
     "{ topic = 't'; mode = 'update'; object = 'Custom Object'; custom_object = 'My_Object__c'; external_id = "
     "'External_Id__c'; fields = ( { to = 'External_Id__c'; from = 'id'; }, { to = 'Text__c'; from = 'a'; } ); }",
     ""},
    {"required on create", "objects/My_Object__c/fields/Date__c", "{\"nillable\":false}",
     FIELDS("{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].fields: My_Object__c.Date__c (date) is required on create, and no field maps it: add { to = 'Date__c'; "
     "… }\n"},
    {"a required parent is mapped", "objects/My_Object__c/fields/Contact__c", "{\"nillable\":false}",
     FIELDS("{ to = 'Contact__r.External_Id__c'; from = 'a'; }"), ""},
    {"types that do not fit", NULL, NULL,
     FIELDS("{ to = 'Number__c'; from = 'a'; as = 'date'; unit = 'days'; }, { to = 'Date__c'; from = 'b'; as = "
            "'boolean'; }, { to = 'Flag__c'; from = 'c'; as = 'multipicklist'; }"),
     "routes[0].fields[1].as: 'date' does not fit My_Object__c.Number__c, which is a double of 16 digits before the "
     "point\n"
     "routes[0].fields[2].as: 'boolean' does not fit My_Object__c.Date__c, which is a date\n"
     "routes[0].fields[3].as: 'multipicklist' does not fit My_Object__c.Flag__c, which is a boolean\n"},
    {"a version that is too short", NULL, NULL,
     CUSTOM("version: { field = 'Number__c'; from = 'v'; };", "{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].version.field: My_Object__c.Number__c is a double of 16 digits before the point, and versions have up "
     "to 18: make it a "
     "Number(18, 0)\n"},
    {"a version that is no number", NULL, NULL,
     CUSTOM("version: { field = 'Date__c'; from = 'v'; };", "{ to = 'Text__c'; from = 'a'; }"),
     "routes[0].version.field: 'integer' does not fit My_Object__c.Date__c, which is a date\n"},
    {"constants and defaults", NULL, NULL,
     "{ topic = 't'; object = 'Custom Object'; custom_object = 'Invoice__c'; external_id = 'External_Id__c'; fields = "
     "( { to = 'External_Id__c'; from = 'id'; },\n"
     "{ to = 'Status__c'; value = 'Lost'; }, { to = 'Amount__c'; from = 'a'; default = 'much'; } ); }",
     "routes[0].fields[1].value: Invoice__c.Status__c: *\n"
     "routes[0].fields[2].default: Invoice__c.Amount__c: *\n"},
    {"parents", NULL, NULL,
     FIELDS("{ to = 'Contact.External_Id__c'; from = 'a'; }, { to = 'Contact__r.Title'; from = 'b'; }"),
     "routes[0].fields[1].to: My_Object__c has no relationship Contact; did you mean Contact__r.External_Id__c?\n"
     "routes[0].fields[2].to: Contact.Title is no external id, so it names no parent\n"},
    {"parents that are not there", NULL, NULL,
     FIELDS("{ to = 'Nobody__r.External_Id__c'; from = 'a'; }, { to = 'Contact__r.Externl_Id__c'; from = 'b'; }"),
     "routes[0].fields[1].to: My_Object__c has no relationship Nobody__r, or the user may not see it (field-level "
     "security); `sfsink describe My_Object__c` shows them\n"
     "routes[0].fields[2].to: Contact has no field Externl_Id__c, or the user may not see it (field-level security); "
     "did you mean External_Id__c?\n"},
    {"a parent of several objects", "objects/My_Object__c/fields/Who__c",
     "{\"type\":\"reference\",\"refers_to\":\"Contact;Lead\",\"relation\":\"Who__r\"}",
     FIELDS("{ to = 'Who__r.External_Id__c'; from = 'a'; }"),
     "routes[0].fields[1].to: Who__r may refer to several objects (Contact, Lead, …), which an external id cannot tell "
     "apart: map its Id to Who__c\n"},
    {"a parent that is hidden", "objects/Contact", "{\"removed\":true}",
     FIELDS("{ to = 'Contact__r.External_Id__c'; from = 'a'; }"),
     "routes[0].fields[1].to: Contact__r refers to Contact, which the user may not see\n"},
};

/* Line by line; a * at the end of a wanted line stands for any rest. */
static bool fits(const char *got, const char *wanted)
{
    while (*wanted) {
        size_t len = strcspn(wanted, "\n"), has = strcspn(got, "\n");
        bool open = len > 0 && wanted[len - 1] == '*';
        if (open ? has < len - 1 || memcmp(got, wanted, len - 1) != 0 : has != len || memcmp(got, wanted, len) != 0)
            return false;
        wanted += len + (wanted[len] == '\n');
        got += has + (got[has] == '\n');
    }
    return !*got;
}

static void a_route(void **state)
{
    const struct route_case *c = *state;
    struct mistakes found = {0};
    struct buffer lines = BUFFER_INIT(1 << 16);

    if (c->object)
        live_control(sim, "PUT", c->object, c->arranged);
    struct config *config = config_with(c->routes);
    struct describes *d = describes_for(config);
    mapping_check(config, d, &found);
    for (size_t i = 0; i < found.n; i++) {
        assert_true(found.list[i].line > 0);
        buffer_printf(&lines, "%s: %s\n", found.list[i].path, found.list[i].text);
    }
    for (size_t i = 0; i < lines.len; i++)
        if (lines.bytes[i] == '"')
            lines.bytes[i] = '\'';
    if (!fits(lines.bytes ? lines.bytes : "", c->findings))
        fail_msg("%s\nand not\n%s", lines.bytes ? lines.bytes : "", c->findings);
    buffer_release(&lines);
    mistakes_release(&found);
    describes_free(d);
    config_free(config);
    if (c->object)
        live_control(sim, "POST", "reset", "{}");
}

/* ---- records ---- */

static const struct {
    const char *value; /* of an event of the format row */
    const char *codes; /* of the refusals with their fields; "": it fits */
} records[] = {
    {"{\"id\":1,\"status\":\"Sent\",\"amount\":5.5,\"account\":\"x\"}", ""},
    {"{\"id\":1,\"status\":\"Lost\",\"amount\":1e30,\"account\":\"x\"}",
     "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST Status__c, NUMBER_OUTSIDE_VALID_RANGE Amount__c"},
    {"{\"id\":1,\"account\":null}", ""},
    {"{\"id\":1,\"account\":\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "89012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "123456789012345678901234567890123456789012345678901234567890123456789\"}",
     "STRING_TOO_LONG Account__r.External_Id__c"},
    {"{\"id\":1,\"amount\":true}", "JSON_PARSER_ERROR Amount__c"},
};

static void records_against_the_describe(void **state)
{
    struct config *config = config_with(
        "{ topic = 't'; format = 'row'; object = 'Custom Object'; custom_object = 'Invoice__c';\n"
        "external_id = 'External_Id__c'; fields = ( { to = 'External_Id__c'; from = 'id'; as = 'string'; },\n"
        "{ to = 'Status__c'; from = 'status'; }, { to = 'Amount__c'; from = 'amount'; },\n"
        "{ to = 'Account__r.External_Id__c'; from = 'account'; } ); }");
    struct describes *d = describes_for(config);
    struct mapper *mapper = mapper_new();
    (void)state;

    for (size_t i = 0; i < N(records); i++) {
        struct buffer codes = BUFFER_INIT(4096);
        struct message *m = message_new(0, "t", 0, 0, -1, TEXT_NONE, text_of(records[i].value), NULL, 0);
        struct meaning meaning = mapper_map(mapper, config->routes[0], m);
        assert_int_equal(meaning.kind, MEANING_RECORD);
        struct failure *f = record_check(d, meaning.record);
        for (size_t r = 0; f && r < f->nrefusals; r++)
            buffer_printf(&codes, "%s%s %s", r ? ", " : "", f->refusals[r].code, f->refusals[r].fields);
        assert_string_equal(codes.bytes ? codes.bytes : "", records[i].codes);
        failure_free(f);
        buffer_release(&codes);
        free(meaning.record);
        free(m);
    }
    mapper_free(mapper);
    describes_free(d);
    config_free(config);
}

/* ---- the visit ---- */

static void what_is_refused_says_what_to_do(void **state)
{
    static const struct {
        const char *fault;
        enum status status;
    } faults[] = {
        {"{\"path\":\"*/"
         "limits\",\"status\":403,\"body\":[{\"errorCode\":\"API_DISABLED_FOR_ORG\",\"message\":\"no\"}]}",
         STATUS_NOT_ALLOWED},
        {"{\"path\":\"*/limits\",\"status\":404,\"body\":[{\"errorCode\":\"NOT_FOUND\",\"message\":\"no\"}]}",
         STATUS_NOT_ALLOWED},
    };
    struct config *config = config_with(FIELDS("{ to = 'Text__c'; from = 'a'; }"));
    struct visit *v = visit_new(config);
    (void)state;

    for (size_t i = 0; i < N(faults); i++) {
        struct error e = {0};
        struct http_response r;
        live_control(sim, "POST", "faults", faults[i].fault);
        assert_true(visit_get(v, "/services/data/v59.0/limits", &r, &e));
        assert_false(visit_refused("/limits", &r, &e));
        assert_int_equal(e.status, faults[i].status);
        assert_true(e.text[0] != '\0');
        http_response_release(&r);
    }
    /* a session that has died is renewed, and nobody notices */
    struct error e = {0};
    struct http_response r;
    live_control(sim, "POST", "tokens/expire", "{}");
    assert_true(visit_get(v, "/services/data/v59.0/limits", &r, &e));
    assert_int_equal(r.status, 200);
    http_response_release(&r);
    visit_free(v);
    config_free(config);
    live_control(sim, "POST", "reset", "{}");
}

static void an_org_that_is_not_there_is_said(void **state)
{
    struct config *config = config_with(FIELDS("{ to = 'Text__c'; from = 'a'; }"));
    struct error e = {0};
    (void)state;

    live_control(sim, "PUT", "apps/a", "{\"secret\":\"another\"}");
    struct visit *v = visit_new(config);
    assert_null(describes_fetch(v, config, &e));
    assert_int_equal(e.status, STATUS_NOT_ALLOWED);
    visit_free(v);
    config_free(config);
    live_control(sim, "POST", "reset", "{}");
}

int main(void)
{
    struct CMUnitTest tests[N(cases) + 3];
    size_t n = 0;

    for (; n < N(cases); n++)
        tests[n] = (struct CMUnitTest){cases[n].name, a_route, NULL, NULL, (void *)(uintptr_t)&cases[n]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(records_against_the_describe);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_refused_says_what_to_do);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(an_org_that_is_not_there_is_said);
    return _cmocka_run_group_tests("mapping_check", tests, n, start, stop);
}
