/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"
#include "config/config.h"
#include "config/from_path.h"
#include "config/route.h"
#include "config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- from ---- */

static const struct {
    const char *text;
    enum source source;
    const char *steps[4]; /* those there are, then NULL */
} paths[] = {
    {"a", SOURCE_ROW, {"a"}},
    {"a.b.c", SOURCE_ROW, {"a", "b", "c"}},
    {"[\"a.b\"]", SOURCE_ROW, {"a.b"}},
    {"a[\"b.c\"].d", SOURCE_ROW, {"a", "b.c", "d"}},
    {"a.[\"b\"]", SOURCE_ROW, {"a", "b"}},
    {"[\"a\"][\"b\"]", SOURCE_ROW, {"a", "b"}},
    {"[\"say \\\"x\\\\\"]", SOURCE_ROW, {"say \"x\\"}},
    {"[\"\"]", SOURCE_ROW, {""}},
    {"[\"@key\"]", SOURCE_ROW, {"@key"}},
    {"a b-c", SOURCE_ROW, {"a b-c"}},
    {"@key", SOURCE_KEY, {NULL}},
    {"@key.id", SOURCE_KEY, {"id"}},
    {"@key[\"a.b\"]", SOURCE_KEY, {"a.b"}},
    {"@topic", SOURCE_TOPIC, {NULL}},
    {"@partition", SOURCE_PARTITION, {NULL}},
    {"@offset", SOURCE_OFFSET, {NULL}},
    {"@timestamp", SOURCE_TIMESTAMP, {NULL}},
    {"@op", SOURCE_OP, {NULL}},
    {"@before.a.b", SOURCE_BEFORE, {"a", "b"}},
    {"@source.lsn", SOURCE_SOURCE, {"lsn"}},
    {"@header.a.b-c", SOURCE_HEADER, {"a.b-c"}},
    {"@header[\"a\"]", SOURCE_HEADER, {"a"}},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error e = {0};
        enum source source;
        struct path path;
        size_t n = 0;
        if (!from_path_parse(paths[i].text, &source, &path, &e))
            fail_msg("%s: %s", paths[i].text, e.text);
        assert_int_equal(source, paths[i].source);
        while (n < 4 && paths[i].steps[n])
            n++;
        assert_int_equal(path.nsteps, n);
        for (size_t step = 0; step < n; step++)
            assert_string_equal(path.steps[step], paths[i].steps[step]);
        from_path_release(&path);
    }
}

/* ---- slots ---- */

static void test_slots(void **state)
{
    (void)state;
    struct config *c =
        config_of_text("routes = ( { topic = \"t\"; object = \"Contact\"; external_id = \"external_id__c\"; group_by = "
                       "\"AccountId\";\n"
                       "  where = \".a\"; version: { field = \"V__c\"; from = \"@source.lsn\"; };\n"
                       "  fields = ( { to = \"LastName\"; from = \"n\"; required = true; on_null = \"skip\"; },\n"
                       "    { to = \"External_Id__c\"; from = \"id\"; as = \"string\"; },\n"
                       "    { to = \"Account.Ext__c\"; jq = \".a\"; },\n"
                       "    { to = \"Parent__r.Ext__c\"; from = \"p\"; default = 5; },\n"
                       "    { to = \"Birthdate\"; from = \"d\"; as = \"date\"; unit = \"days\"; },\n"
                       "    { to = \"LeadSource\"; value = \"say \\\"x\\\"\"; } ); } );\n");
    const struct route *r = c->routes[0];

    assert_int_equal(c->nroutes, 1);
    assert_string_equal(r->name, "t");
    assert_string_equal(r->object, "Contact");
    assert_non_null(r->where);
    assert_int_equal(r->line, 1);
    assert_int_equal(r->nfields, 7);
    assert_int_equal(r->key_field, 1);
    assert_int_equal(r->id_field, -1);
    assert_int_equal(r->group_field, 2);
    assert_int_equal(r->version_field, 6);
    assert_true(route_needs_lookup(r));

    assert_string_equal(r->fields[0].name, "LastName");
    assert_string_equal(r->fields[0].null_name, "LastName");
    assert_null(r->fields[0].parent_key);
    assert_true(r->fields[0].required);
    assert_int_equal(r->fields[0].on_null, ON_NULL_SKIP);
    assert_int_equal(r->fields[0].line, 3);
    assert_int_equal(r->fields[1].as, AS_STRING);
    assert_string_equal(r->fields[2].name, "Account");
    assert_string_equal(r->fields[2].null_name, "AccountId");
    assert_string_equal(r->fields[2].parent_key, "Ext__c");
    assert_int_equal(r->fields[2].source, SOURCE_JQ);
    assert_non_null(r->fields[2].jq);
    assert_string_equal(r->fields[3].name, "Parent__r");
    assert_string_equal(r->fields[3].null_name, "Parent__c");
    assert_string_equal(r->fields[3].default_json, "5");
    assert_int_equal(r->fields[4].as, AS_DATE);
    assert_int_equal(r->fields[4].unit, UNIT_DAYS);
    assert_int_equal(r->fields[5].source, SOURCE_VALUE);
    assert_string_equal(r->fields[5].value_json, "\"say \\\"x\\\"\"");
    assert_string_equal(r->fields[6].to, "V__c");
    assert_int_equal(r->fields[6].source, SOURCE_SOURCE);
    config_free(c);
}

/* ---- which route, which numbers ---- */

#define FIELDS                                                                                                         \
    "fields = ( { to = \"E__c\"; from = \"id\"; }, { to = \"LastName\"; from = \"n\"; }, { to = \"Name\"; from = "     \
    "\"n\"; } );"
#define ROUTE(topic, rest) "{ topic = \"" topic "\"; " rest " " FIELDS " }"

static void test_route_of(void **state)
{
    (void)state;
    struct config *c = config_of_text(
        "routes = ( " ROUTE("^w\\\\..*\\\\.a", "object = \"Contact\"; external_id = \"E__c\";") ", " ROUTE(
            "^w\\\\.", "object = \"Contact\"; external_id = \"E__c\";") ", " ROUTE("w.x.a",
                                                                                   "object = \"Contact\"; external_id "
                                                                                   "= \"E__c\";") " );");
    static const struct {
        const char *topic;
        int route;
    } cases[] = {
        {"w.x.a", 2}, {"w.y.a", 0}, {"w.x.b", 1}, {"w", -1}, {"x.w.x.a", -1}, {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct route *found = config_route_of(c, cases[i].topic);
        assert_int_equal(found ? (int)found->index : -1, cases[i].route);
    }
    config_free(c);
}

static void test_numbers(void **state)
{
    (void)state;
    struct config *c =
        config_of_text("routes = ( " ROUTE("a", "object = \"Contact\"; external_id = \"E__c\";") ", " ROUTE(
            "b",
            "object = \"Account\"; external_id = \"E__c\";") ", " ROUTE("c",
                                                                        "object = \"Contact\"; external_id = \"e__C\"; "
                                                                        "mode = \"update\";") ", " ROUTE("d",
                                                                                                         "object = "
                                                                                                         "\"Contact\"; "
                                                                                                         "external_id "
                                                                                                         "= \"E__c\"; "
                                                                                                         "auto_assign "
                                                                                                         "= true;") ", "
                                                                                                                    "{ "
                                                                                                                    "to"
                                                                                                                    "pi"
                                                                                                                    "c "
                                                                                                                    "= "
                                                                                                                    "\""
                                                                                                                    "e"
                                                                                                                    "\""
                                                                                                                    "; "
                                                                                                                    "ob"
                                                                                                                    "je"
                                                                                                                    "ct"
                                                                                                                    " ="
                                                                                                                    " "
                                                                                                                    "\""
                                                                                                                    "Co"
                                                                                                                    "nt"
                                                                                                                    "ac"
                                                                                                                    "t"
                                                                                                                    "\""
                                                                                                                    "; "
                                                                                                                    "mo"
                                                                                                                    "de"
                                                                                                                    " ="
                                                                                                                    " "
                                                                                                                    "\""
                                                                                                                    "up"
                                                                                                                    "da"
                                                                                                                    "te"
                                                                                                                    "\""
                                                                                                                    "; "
                                                                                                                    "fi"
                                                                                                                    "el"
                                                                                                                    "ds"
                                                                                                                    " ="
                                                                                                                    " ("
                                                                                                                    " {"
                                                                                                                    " t"
                                                                                                                    "o "
                                                                                                                    "= "
                                                                                                                    "\""
                                                                                                                    "Id"
                                                                                                                    "\""
                                                                                                                    "; "
                                                                                                                    "fr"
                                                                                                                    "om"
                                                                                                                    " ="
                                                                                                                    " "
                                                                                                                    "\""
                                                                                                                    "id"
                                                                                                                    "\""
                                                                                                                    "; "
                                                                                                                    "} "
                                                                                                                    ");"
                                                                                                                    " }"
                                                                                                                    " )"
                                                                                                                    ";");
    static const struct {
        unsigned space, target;
    } expected[] = {{0, 0}, {1, 1}, {0, 0}, {0, 2}, {2, 3}};
    for (size_t i = 0; i < c->nroutes; i++) {
        assert_int_equal(c->routes[i]->key_space, expected[i].space);
        assert_int_equal(c->routes[i]->target, expected[i].target);
    }
    assert_int_equal(c->routes[4]->id_field, 0);
    assert_false(route_needs_lookup(c->routes[4]));
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths), cmocka_unit_test(test_slots),
                                       cmocka_unit_test(test_route_of), cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
