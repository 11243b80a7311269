/* SPDX-License-Identifier: Apache-2.0 */
/* A describe as it was recorded, shortened, and what it confirms about a route. */
#include "tests/unit/sample_org.h"
#include "worker/salesforce/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static const char CONTACT[] =
    "{\"name\":\"Contact\",\"label\":\"Contact\",\"custom\":false,\"createable\":true,\"updateable\":true,"
    "\"deletable\":false,\"queryable\":true,\"unknown\":{},\"fields\":["
    "{\"name\":\"LastName\",\"label\":\"Last "
    "Name\",\"type\":\"string\",\"length\":80,\"byteLength\":240,\"nillable\":false,\"createable\":true,\"updateable\":"
    "true,\"defaultedOnCreate\":false,\"referenceTo\":[],\"relationshipName\":null,\"picklistValues\":[]},"
    "{\"name\":\"External_Id__c\",\"label\":\"External\",\"type\":\"string\",\"length\":40,\"nillable\":true,"
    "\"createable\":true,\"updateable\":true,\"externalId\":true,\"unique\":true,\"caseSensitive\":false},"
    "{\"name\":\"AccountId\",\"type\":\"reference\",\"length\":18,\"nillable\":true,\"createable\":true,\"updateable\":"
    "true,\"referenceTo\":[\"Account\"],\"relationshipName\":\"Account\"},"
    "{\"name\":\"Email\",\"type\":\"email\",\"idLookup\":true,\"externalId\":false,\"nillable\":true,\"createable\":"
    "true,\"updateable\":true},"
    "{\"name\":\"LeadSource\",\"type\":\"picklist\",\"restrictedPicklist\":true,\"createable\":true,\"updateable\":"
    "true,\"picklistValues\":[{\"active\":true,\"defaultValue\":false,\"label\":\"The "
    "Web\",\"validFor\":null,\"value\":\"Web\"},{\"active\":false,\"label\":\"Old\",\"value\":\"Old\"}]},"
    "{\"name\":\"Amount__c\",\"type\":\"double\",\"precision\":18,\"scale\":2,\"digits\":0,\"createable\":true,"
    "\"updateable\":false},"
    "{\"name\":\"Flag__c\",\"type\":\"boolean\",\"nillable\":false,\"defaultedOnCreate\":false,\"createable\":true,"
    "\"updateable\":true},"
    "{\"name\":\"Name\",\"type\":\"string\",\"calculated\":true,\"nillable\":false,\"createable\":false,\"updateable\":"
    "false}]}";

static struct describe *contact(void)
{
    struct error e = {0};
    struct describe *d = describe_parse(text_of(CONTACT), &e);

    assert_non_null(d);
    return d;
}

static void parsed(void **state)
{
    struct describe *d = contact();
    (void)state;

    assert_int_equal(d->nfields, 8);
    const struct describe_field *f = describe_find(d, "lastname");
    assert_string_equal(f->label, "Last Name");
    assert_int_equal(f->length, 80);
    assert_true(describe_is_required(f));
    assert_false(describe_is_required(describe_find(d, "Flag__c")));
    assert_false(describe_is_required(describe_find(d, "Name")));
    f = describe_relationship(d, "account");
    assert_string_equal(f->name, "AccountId");
    assert_string_equal(f->reference_to[0], "Account");
    f = describe_find(d, "LeadSource");
    assert_true(f->restricted_picklist);
    assert_int_equal(f->nvalues, 2);
    assert_string_equal(f->values[0].label, "The Web");
    assert_false(f->values[1].active);
    f = describe_find(d, "Amount__c");
    assert_int_equal(f->precision, 18);
    assert_int_equal(f->scale, 2);
    assert_null(describe_find(d, "Nothing__c"));
    assert_null(describe_relationship(d, ""));
    describe_free(d);
}

static void the_list_of_objects(void **state)
{
    struct error e = {0};
    struct describe_list *l = describe_list_parse(
        text_of("{\"encoding\":\"UTF-8\",\"maxBatchSize\":200,\"sobjects\":[{\"name\":\"Account\",\"label\":"
                "\"Account\",\"createable\":true},{\"name\":\"My__c\",\"custom\":true}]}"),
        &e);
    (void)state;

    assert_non_null(l);
    assert_int_equal(l->n, 2);
    assert_true(describe_list_find(l, "my__c")->custom);
    assert_null(describe_list_find(l, "Lead"));
    describe_list_free(l);
}

static void what_is_no_describe(void **state)
{
    static const char *const bodies[] = {"", "[]", "{}", "{\"name\":\"X\"}", "{\"fields\":[]}", "<html>"};
    (void)state;

    for (size_t i = 0; i < N(bodies); i++) {
        struct error e = {0};
        assert_null(describe_parse(text_of(bodies[i]), &e));
        assert_int_equal(e.status, STATUS_UNAVAILABLE);
        e = (struct error){0};
        assert_null(describe_list_parse(text_of(bodies[i]), &e));
    }
}

static void paths(void **state)
{
    char *list = describe_path("v59.0", NULL), *one = describe_path("v59.0", "My__c");
    (void)state;

    assert_string_equal(list, "/services/data/v59.0/sobjects");
    assert_string_equal(one, "/services/data/v59.0/sobjects/My__c/describe");
    free(list);
    free(one);
}

/* The second field of the sample route is made into `to`. */
static const struct row {
    const char *name, *to, *parent, *external_id;
    enum operation op;
    const char *code, *says; /* NULL: no trouble */
} rows[] = {
    {"all is well", "LastName", NULL, "External_Id__c", OP_UPSERT, NULL, NULL},
    {"case does not matter", "LASTNAME", NULL, "external_id__c", OP_UPSERT, NULL, NULL},
    {"a field is missing", "Gone__c", NULL, "External_Id__c", OP_UPSERT, "FIELD_NOT_WRITABLE", "Gone__c"},
    {"a field is read-only", "Name", NULL, "External_Id__c", OP_INSERT, "FIELD_NOT_WRITABLE", "Contact.Name"},
    {"create-only, in an insert", "Amount__c", NULL, "External_Id__c", OP_INSERT, NULL, NULL},
    {"create-only, in an update", "Amount__c", NULL, "External_Id__c", OP_UPDATE, "FIELD_NOT_WRITABLE", "Amount__c"},
    {"create-only, in an upsert", "Amount__c", NULL, "External_Id__c", OP_UPSERT, "FIELD_NOT_WRITABLE", "Amount__c"},
    {"a parent", "Account.Ext__c", "Account", "External_Id__c", OP_UPSERT, NULL, NULL},
    {"a parent that is none", "Owner.Ext__c", "Owner", "External_Id__c", OP_UPSERT, "FIELD_NOT_WRITABLE",
     "Owner.Ext__c"},
    {"an external id that is none", "LastName", NULL, "LeadSource", OP_UPSERT, "FIELD_NOT_WRITABLE",
     "no external id field"},
    {"an external id that is missing", "LastName", NULL, "Gone__c", OP_UPSERT, "FIELD_NOT_WRITABLE", "Gone__c"},
    {"a standard look-up field", "LastName", NULL, "Email", OP_UPSERT, NULL, NULL},
    {"may not delete", "LastName", NULL, "External_Id__c", OP_DELETE, "OBJECT_NOT_WRITABLE", "delete"},
};

static void trouble(void **state)
{
    const struct row *row = *state;
    struct describe *d = contact();

    sample_config();
    struct route *route = sample_route();
    route->external_id = (char *)(uintptr_t)row->external_id;
    route->fields[1].to = (char *)(uintptr_t)row->to;
    route->fields[1].name = (char *)(uintptr_t)(row->parent ? row->parent : row->to);
    route->fields[1].parent_key = row->parent ? (char *)(uintptr_t) "Ext__c" : NULL;
    struct failure *f = describe_trouble(d, route, row->op);
    if (row->code) {
        assert_non_null(f);
        assert_string_equal(f->refusals[0].code, row->code);
        assert_non_null(strstr(f->refusals[0].message, row->says));
    } else if (f) {
        fail_msg("%s", f->refusals[0].message);
    }
    failure_free(f);
    describe_free(d);
}

static void no_object(void **state)
{
    (void)state;
    sample_config();
    struct failure *f = describe_trouble(NULL, sample_route(), OP_UPSERT);
    assert_string_equal(f->refusals[0].code, "OBJECT_NOT_WRITABLE");
    failure_free(f);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 5];
    size_t n = 0;

    tests[n++] = (struct CMUnitTest)cmocka_unit_test(parsed);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_list_of_objects);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_no_describe);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(paths);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_object);
    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, trouble, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return _cmocka_run_group_tests("describe", tests, n, NULL, NULL);
}
