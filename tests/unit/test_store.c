/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct org {
    struct schema *schema;
    struct store *store;
    struct object *contact;
};

static int set_up(void **state)
{
    struct org *o = calloc(1, sizeof *o);
    o->schema = schema_new(0);
    o->store = store_new();
    o->contact = schema_object(o->schema, "contact");
    *state = o;
    return 0;
}

static int tear_down(void **state)
{
    struct org *o = *state;
    store_free(o->store);
    schema_free(o->schema);
    free(o);
    return 0;
}

static struct record *add(struct org *o, const char *key, const char *email)
{
    return store_insert(o->store, o->contact, json_pack("{s:s, s:s?}", "External_Id__c", key, "Email", email));
}

static size_t find(struct org *o, const char *field, const char *value, enum match how, uint64_t until)
{
    struct record *found[1];
    return store_lookup(o->store, o->contact, object_field(o->contact, field), value, how, until, found, 1);
}

static size_t with_key(struct org *o, const char *key)
{
    return find(o, "External_Id__c", key, MATCH_AS_FIELD, UINT64_MAX);
}

static void looks_up(void **state)
{
    struct org *o = *state;
    struct record *first = add(o, "a", "x@y.example");
    add(o, "b", "X@y.example");

    assert_int_equal(with_key(o, "A"), 1);
    assert_int_equal(with_key(o, "c"), 0);
    assert_int_equal(find(o, "Email", "x@Y.example", MATCH_AS_FIELD, UINT64_MAX), 2);
    assert_int_equal(find(o, "Email", "x@y.example", MATCH_AS_FIELD, first->born), 1); /* what came later is not seen */
    assert_ptr_equal(store_find(o->store, first->id), first);
    assert_int_equal(store_count(o->store, o->contact), 2);
}

static void case_counts_where_the_field_says_so(void **state)
{
    struct org *o = *state;
    json_t *key = json_pack("{s:b}", "external_id", 1);
    assert_null(schema_put_field(o->schema, o->contact, "Code__c", key, 0));
    json_decref(key);
    store_insert(o->store, o->contact, json_pack("{s:s}", "Code__c", "a"));

    assert_int_equal(find(o, "Code__c", "A", MATCH_AS_FIELD, UINT64_MAX), 0);
    assert_int_equal(find(o, "Code__c", "A", MATCH_ANY_CASE, UINT64_MAX), 1);
}

static void rolls_back(void **state)
{
    struct org *o = *state;
    struct record *kept = add(o, "kept", NULL), *gone = add(o, "gone", NULL);
    json_t *changes = json_pack("{s:s}", "External_Id__c", "renamed");
    size_t mark = store_mark(o->store);

    store_update(o->store, kept, changes);
    store_delete(o->store, gone);
    add(o, "new", NULL);
    assert_int_equal(with_key(o, "kept") + with_key(o, "gone"), 0);
    assert_int_equal(with_key(o, "renamed") + with_key(o, "new"), 2);
    store_rollback(o->store, mark);
    assert_int_equal(with_key(o, "kept") + with_key(o, "gone"), 2);
    assert_int_equal(with_key(o, "renamed") + with_key(o, "new"), 0);
    assert_false(gone->deleted);
    assert_int_equal(store_count(o->store, o->contact), 2);
    json_decref(changes);
}

static void what_is_settled_stays(void **state)
{
    struct org *o = *state;
    add(o, "a", NULL);
    store_settle(o->store);
    store_rollback(o->store, 0);
    assert_int_equal(with_key(o, "a"), 1);
}

static void ids(void **state)
{
    char id[RECORD_ID_SIZE];
    (void)state;
    record_id_make("003", 1, id);
    assert_string_equal(id, "0035f0000000001AAA");
    record_id_make("00Q", 61, id);
    assert_string_equal(id, "00Q5f000000000zEAA"); /* Q is the third of the first five: bit 2 */
    assert_true(record_id_read("001RM000003oLnn", id));
    assert_string_equal(id, "001RM000003oLnnYAE"); /* from Salesforce's own documentation */
    assert_false(record_id_read("001RM000003oLnnYAA", id));
    assert_false(record_id_read("001RM000003oLn", id));
    assert_false(record_id_read("001RM000003oL-n", id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(looks_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(case_counts_where_the_field_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rolls_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_settled_stays, set_up, tear_down),
        cmocka_unit_test(ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
