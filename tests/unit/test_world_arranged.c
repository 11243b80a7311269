/* SPDX-License-Identifier: Apache-2.0 */
/* What a test arranges in the simulated org: settings, rules, fields, faults; and its journal. */
#include "worker/simulator/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

/* Texts are written with ' for ". */
static json_t *json_of(const char *text)
{
    char json[1024];
    snprintf(json, sizeof json, "%s", text);
    for (char *at = json; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    if (!value)
        fail_msg("no JSON: %s", json);
    return value;
}

/* ---- settings ---- */

static const struct {
    const char *changes;
    bool taken;
} changes[] = {
    {"{}", true},
    {"{'latency_ms':5,'pretty_print':true,'login_host':'login.test'}", true},
    {"{'latency_ms':7,'nope':1}", false},
    {"{'latency_ms':7,'daily_limit':-1}", false},
    {"{'latency_ms':7,'daily_limit':1.5}", false},
    {"{'latency_ms':7,'pretty_print':1}", false},
    {"{'latency_ms':7,'login_host':null}", false},
    {"[]", false},
};

static void settings_change_all_or_nothing(void **state)
{
    struct settings s;
    (void)state;

    settings_reset(&s);
    for (size_t i = 0; i < N(changes); i++) {
        json_t *json = json_of(changes[i].changes);
        if (!settings_change(&s, json) != changes[i].taken)
            fail_msg("%s", changes[i].changes);
        json_decref(json);
    }
    json_t *shown = settings_show(&s);
    assert_int_equal(json_integer_value(json_object_get(shown, "latency_ms")), 5);
    assert_true(json_is_true(json_object_get(shown, "pretty_print")));
    assert_string_equal(json_string_value(json_object_get(shown, "login_host")), "login.test");
    assert_int_equal(json_integer_value(json_object_get(shown, "daily_limit")), 100000);
    json_decref(shown);
}

static void each_setting_has_a_line_of_help(void **state)
{
    struct settings s;
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    const char *name;
    json_t *value;
    (void)state;

    settings_help(to);
    fclose(to);
    settings_reset(&s);
    json_t *shown = settings_show(&s);
    json_object_foreach(shown, name, value) if (!strstr(text, name)) fail_msg("%s has none", name);
    json_decref(shown);
    free(text);
}

/* ---- validation rules ---- */

static const struct {
    const char *when, *before, *after; /* before "null": a new record */
    bool refused;
} rules[] = {
    {"{'field':'A','op':'<','value':0}", "null", "{'A':-1}", true},
    {"{'field':'A','op':'<','value':0}", "null", "{'A':0}", false},
    {"{'field':'A','op':'<=','value':0}", "null", "{'A':0}", true},
    {"{'field':'A','op':'>','value':1.5}", "null", "{'A':2}", true},
    {"{'field':'A','op':'>=','value':2}", "null", "{'A':1.9}", false},
    {"{'field':'A','op':'=','value':'x'}", "null", "{'A':'x'}", true},
    {"{'field':'A','op':'!=','value':'x'}", "null", "{'A':'y'}", true},
    {"{'field':'A','op':'!=','value':'x'}", "null", "{'A':'x'}", false},
    {"{'field':'A','op':'=','value':true}", "null", "{'A':true}", true},
    {"{'field':'A','op':'>','value':9007199254740992}", "null", "{'A':9007199254740993}", true},
    {"{'field':'A','op':'contains','value':'b'}", "null", "{'A':'abc'}", true},
    {"{'field':'A','op':'contains','value':'b'}", "null", "{'A':5}", false},
    {"{'field':'A','op':'blank'}", "null", "{}", true},
    {"{'field':'A','op':'blank'}", "null", "{'A':null}", true},
    {"{'field':'A','op':'blank'}", "null", "{'A':''}", false},
    {"{'field':'A','op':'changed'}", "null", "{'A':1}", false},
    {"{'field':'A','op':'changed'}", "{'A':1}", "{'A':2}", true},
    {"{'field':'A','op':'changed'}", "{'A':1}", "{'A':1}", false},
    {"{'field':'A','op':'<','prior':true}", "{'A':5}", "{'A':4}", true},
    {"{'field':'A','op':'<','prior':true}", "{'A':5}", "{'A':5}", false},
    {"{'field':'A','op':'<','prior':true}", "null", "{'A':5}", false},
    {"{'field':'A','op':'=','value':null}", "null", "{}", true},
};

static void validation_rules(void **state)
{
    const struct object contact = {.name = "Contact"}, lead = {.name = "Lead"};
    (void)state;

    for (size_t i = 0; i < N(rules); i++) {
        json_t *before = json_of(rules[i].before), *after = json_of(rules[i].after), *errors = json_array();
        struct rules r = {json_array(), NULL};
        json_array_append_new(r.validation, json_pack("{s:s, s:s, s:s, s:o}", "object", "contact", "message", "no",
                                                      "field", "A", "when", json_of(rules[i].when)));
        assert_null(rules_check(r.validation, NULL));
        assert_true(rules_exist(&r));
        rules_validate(&r, &lead, NULL, after, errors);
        assert_int_equal(json_array_size(errors), 0);
        rules_validate(&r, &contact, json_is_null(before) ? NULL : before, after, errors);
        if (json_array_size(errors) != rules[i].refused)
            fail_msg("%s of %s", rules[i].when, rules[i].after);
        rules_release(&r);
        json_decref(before);
        json_decref(after);
        json_decref(errors);
    }
}

static const struct {
    const char *validation, *duplicate;
    bool good;
} shapes[] = {
    {"[]", "[]", true},
    {"[{'object':'Lead','message':'m','when':{'field':'A','op':'blank'}}]", "[]", true},
    {"[{'object':'Lead','message':'m'}]", "[]", false},
    {"[{'message':'m','when':{'field':'A','op':'blank'}}]", "[]", false},
    {"{}", "[]", false},
    {"[]", "[{'object':'Lead','name':'n','field':'Email'}]", true},
    {"[]", "[{'object':'Lead','field':'Email'}]", false},
    {"[]", "5", false},
};

static void rules_have_a_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(shapes); i++) {
        json_t *validation = json_of(shapes[i].validation), *duplicate = json_of(shapes[i].duplicate);
        if (!rules_check(validation, duplicate) != shapes[i].good)
            fail_msg("%s %s", shapes[i].validation, shapes[i].duplicate);
        json_decref(validation);
        json_decref(duplicate);
    }
}

static void a_duplicate_rule_finds_another_record(void **state)
{
    struct schema *schema = schema_new(0);
    struct store *s = store_new();
    struct object *contact = schema_object(schema, "Contact"), *lead = schema_object(schema, "Lead");
    struct record *ada = store_insert(s, contact, json_of("{'Email':'A@b.example'}"));
    struct record *gone = store_insert(s, contact, json_of("{'Email':'gone@b.example'}"));
    struct rules r = {NULL, json_of("[{'object':'Contact','name':'n','field':'Email'}]")};
    json_t *same = json_of("{'Email':'a@B.example'}"), *dead = json_of("{'Email':'gone@b.example'}"),
           *none = json_of("{}");
    const struct record *other = NULL;
    (void)state;

    store_delete(s, gone);
    assert_non_null(rules_duplicate(&r, s, contact, same, NULL, &other));
    assert_ptr_equal(other, ada);
    assert_null(rules_duplicate(&r, s, contact, same, ada, &other));
    assert_null(rules_duplicate(&r, s, contact, dead, NULL, &other));
    assert_null(rules_duplicate(&r, s, contact, none, NULL, &other));
    assert_null(rules_duplicate(&r, s, lead, same, NULL, &other));
    json_decref(same);
    json_decref(dead);
    json_decref(none);
    rules_release(&r);
    store_free(s);
    schema_free(schema);
}

/* ---- fields and objects ---- */

static const struct {
    const char *definition;
    bool taken;
} fields[] = {
    {"{'type':'double','precision':5,'scale':2,'label':'L','createable':true,'updateable':false}", true},
    {"{'type':'picklist','values':'A;B','restricted':true}", true},
    {"{'type':'reference','refers_to':'Account','relation':'Other__r'}", true},
    {"{'unique':true,'case_sensitive':true,'external_id':true,'id_lookup':true,'nillable':false}", true},
    {"{'calculated':true,'defaulted':true,'hidden':false,'length':3}", true},
    {"{'type':'nope'}", false},
    {"{'type':5}", false},
    {"{'length':'3'}", false},
    {"{'label':3}", false},
    {"{'unique':1}", false},
    {"{'nope':true}", false},
    {"[]", false},
};

static void fields_are_put(void **state)
{
    struct schema *schema = schema_new(0);
    struct object *contact = schema_object(schema, "contact");
    (void)state;

    for (size_t i = 0; i < N(fields); i++) {
        json_t *definition = json_of(fields[i].definition);
        char name[16];
        snprintf(name, sizeof name, "F%zu__c", i);
        if (!schema_put_field(schema, contact, name, definition, 5) != fields[i].taken)
            fail_msg("%s", fields[i].definition);
        assert_int_equal(object_field(contact, name) != NULL, fields[i].taken);
        json_decref(definition);
    }
    struct field *number = object_field(contact, "f0__C");
    assert_int_equal(number->type, FIELD_DOUBLE);
    assert_int_equal(number->scale, 2);
    assert_string_equal(number->label, "L");
    assert_true(field_has(number, F_CREATE) && !field_has(number, F_UPDATE));
    assert_ptr_equal(object_relation(contact, "OTHER__R"), object_field(contact, "F2__c"));
    assert_true(field_required(object_field(contact, "F3__c")));
    assert_int_equal(schema_modified_ms(schema), 5);

    json_t *hide = json_of("{'hidden':true}");
    assert_null(schema_put_field(schema, contact, "F2__c", hide, 6));
    assert_null(object_field(contact, "F2__c"));
    assert_null(object_relation(contact, "Other__r"));
    assert_non_null(object_any_field(contact, "F2__c"));
    json_decref(hide);
    schema_free(schema);
}

static void objects_are_put(void **state)
{
    struct schema *schema = schema_new(0);
    json_t *plain = json_object(), *removed = json_of("{'removed':true}"), *list = json_array();
    (void)state;

    assert_null(schema_object(schema, "New__c"));
    assert_null(schema_put_object(schema, "New__c", plain, 7));
    struct object *o = schema_object(schema, "new__C");
    assert_non_null(o);
    assert_true(o->custom);
    assert_non_null(object_field(o, "External_Id__c"));
    assert_non_null(object_field(o, "OwnerId"));
    char id[RECORD_ID_SIZE];
    record_id_make(o->prefix, 1, id);
    assert_ptr_equal(schema_object_of_id(schema, id), o);
    assert_null(schema_put_object(schema, "NEW__c", removed, 8));
    assert_null(schema_object(schema, "New__c"));
    assert_non_null(schema_put_object(schema, "New__c", list, 9));
    assert_int_equal(schema_modified_ms(schema), 8);
    json_decref(plain);
    json_decref(removed);
    json_decref(list);
    schema_free(schema);
}

/* ---- faults ---- */

static void a_fault_of_calls_takes_its_turn(void **state)
{
    struct faults *f = faults_new();
    json_t *fault = json_of(
        "{'method':'patch','path':'/services/*/composite*','object':'Contact','skip':1,'times':2,'status':503}");
    static const struct {
        const char *method, *path, *object;
        bool met;
    } calls[] = {
        {"GET", "/services/v59/composite", "Contact", false},    {"PATCH", "/x", "Contact", false},
        {"PATCH", "/services/v59/composite", "Lead", false},     {"PATCH", "/services/v59/composite", "contact", false},
        {"PATCH", "/services/v59/composite/x", "Contact", true}, {"PATCH", "/services/v59/composite", "Contact", true},
        {"PATCH", "/services/v59/composite", "Contact", false},
    };
    json_int_t id = 0;
    (void)state;

    assert_null(faults_add_call(f, fault, &id));
    for (size_t i = 0; i < N(calls); i++) {
        json_t *met = faults_for_call(f, calls[i].method, calls[i].path, calls[i].object);
        if (!met != !calls[i].met)
            fail_msg("call %zu", i);
        json_decref(met);
    }
    json_t *shown = faults_show(f), *first = json_array_get(json_object_get(shown, "calls"), 0);
    assert_int_equal(json_integer_value(json_object_get(first, "id")), id);
    assert_int_equal(json_integer_value(json_object_get(first, "seen")), 3);
    assert_int_equal(json_integer_value(json_object_get(first, "used")), 2);
    json_decref(shown);
    assert_false(faults_remove(f, id + 1));
    assert_true(faults_remove(f, id));
    assert_false(faults_remove(f, 0));
    json_decref(fault);
    faults_free(f);
}

static void a_fault_of_records(void **state)
{
    struct faults *f = faults_new();
    json_t *one = json_of("{'key':'b','operation':'upsert','times':0,'errors':[{'statusCode':'X','message':'m'}]}");
    json_t *all = json_of("{'key':'*','object':'Lead','errors':[{'statusCode':'Y','message':'m'}]}");
    json_t *by_email = json_of("{'key':'e','field':'Email','errors':[{'statusCode':'Z','message':'m'}]}");
    json_t *a = json_of("{'External_Id__c':'a'}"), *b = json_of("{'external_id__c':'b'}"),
           *e = json_of("{'Email':'e'}");
    json_int_t id;
    (void)state;

    assert_null(faults_add_record(f, one, &id));
    assert_null(faults_add_record(f, all, &id));
    assert_null(faults_add_record(f, by_email, &id));
    assert_null(faults_for_record(f, "upsert", "Contact", a, NULL));
    for (int i = 0; i < 3; i++)
        assert_non_null(faults_for_record(f, "upsert", "Contact", b, NULL)); /* for ever */
    assert_null(faults_for_record(f, "insert", "Contact", b, NULL));
    assert_non_null(faults_for_record(f, "upsert", "Contact", a, b)); /* what is stored has the key */
    assert_non_null(faults_for_record(f, "insert", "Lead", a, NULL));
    assert_null(faults_for_record(f, "insert", "Lead", a, NULL)); /* once */
    assert_non_null(faults_for_record(f, "insert", "Contact", e, NULL));
    json_decref(one);
    json_decref(all);
    json_decref(by_email);
    json_decref(a);
    json_decref(b);
    json_decref(e);
    faults_free(f);
}

static void faults_have_a_shape(void **state)
{
    static const char *const calls[] = {"[]", "{'nope':1}"};
    static const char *const records[] = {"[]",
                                          "{'key':'a'}",
                                          "{'errors':[{'statusCode':'X','message':'m'}]}",
                                          "{'key':'a','errors':[]}",
                                          "{'key':'a','errors':[{'statusCode':'X'}]}",
                                          "{'key':'a','errors':[{'message':'m'}]}",
                                          "{'key':5,'errors':[{'statusCode':'X','message':'m'}]}",
                                          "{'key':'a','nope':1,'errors':[{'statusCode':'X','message':'m'}]}"};
    struct faults *f = faults_new();
    json_int_t id;
    (void)state;

    for (size_t i = 0; i < N(calls) + N(records); i++) {
        json_t *fault = json_of(i < N(calls) ? calls[i] : records[i - N(calls)]);
        assert_non_null(i < N(calls) ? faults_add_call(f, fault, &id) : faults_add_record(f, fault, &id));
        json_decref(fault);
    }
    faults_free(f);
}

/* ---- the journal ---- */

static void add_entry(struct journal *j, size_t nrecords, int64_t most)
{
    json_t *records = json_array(), *entry = json_pack("{s:o}", "records", records);
    for (size_t i = 0; i < nrecords; i++)
        json_array_append_new(records, json_integer((json_int_t)journal_next_order(j)));
    journal_add(j, entry, most);
    json_decref(entry);
}

static void the_oldest_calls_go(void **state)
{
    struct journal *j = journal_new();
    (void)state;

    for (size_t i = 0; i < 4; i++)
        add_entry(j, 1, 6); /* each counts two */
    static const struct {
        uint64_t after, limit;
        const char *page;
    } pages[] = {
        {0, 10,
         "{\"entries\":[{\"records\":[2],\"n\":2},\n{\"records\":[3],\"n\":3},\n{\"records\":[4],\"n\":4}],\"next\":4,"
         "\"dropped\":1}"},
        {2, 1, "{\"entries\":[{\"records\":[3],\"n\":3}],\"next\":3,\"dropped\":1}"},
        {4, 10, "{\"entries\":[],\"next\":4,\"dropped\":1}"},
        {0, 0, "{\"entries\":[],\"next\":0,\"dropped\":1}"},
    };
    for (size_t i = 0; i < N(pages); i++) {
        char *page = journal_page(j, pages[i].after, pages[i].limit);
        assert_string_equal(page, pages[i].page);
        free(page);
    }
    add_entry(j, 50, 6); /* the last one stays, however large */
    char *page = journal_page(j, 0, 10);
    assert_non_null(strstr(page, "\"n\":5"));
    assert_null(strstr(page, "\"n\":4"));
    free(page);
    journal_clear(j);
    page = journal_page(j, 0, 10);
    assert_string_equal(page, "{\"entries\":[],\"next\":0,\"dropped\":0}");
    free(page);
    journal_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_change_all_or_nothing),
        cmocka_unit_test(each_setting_has_a_line_of_help),
        cmocka_unit_test(validation_rules),
        cmocka_unit_test(rules_have_a_shape),
        cmocka_unit_test(a_duplicate_rule_finds_another_record),
        cmocka_unit_test(fields_are_put),
        cmocka_unit_test(objects_are_put),
        cmocka_unit_test(a_fault_of_calls_takes_its_turn),
        cmocka_unit_test(a_fault_of_records),
        cmocka_unit_test(faults_have_a_shape),
        cmocka_unit_test(the_oldest_calls_go),
    };
    return cmocka_run_group_tests_name("world_arranged", tests, NULL, NULL);
}
