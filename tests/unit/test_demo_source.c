/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_compare.h"
#include "worker/commands/demo_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 3000 };

static void event_free(struct demo_event *e)
{
    free(e->key);
    free(e->value);
}

static void one_seed_one_history(void **state)
{
    (void)state;
    struct demo_source *a = demo_source_new(EVENTS, 7), *b = demo_source_new(EVENTS, 7),
                       *c = demo_source_new(EVENTS, 8);
    size_t same = 0;
    for (int i = 0; i < EVENTS; i++) {
        struct demo_event x = demo_source_next(a), y = demo_source_next(b), z = demo_source_next(c);
        assert_string_equal(x.value, y.value);
        same += strcmp(x.value, z.value) == 0;
        event_free(&x);
        event_free(&y);
        event_free(&z);
    }
    assert_true(same < EVENTS / 100);
    demo_source_free(a);
    demo_source_free(b);
    demo_source_free(c);
}

/* There is something of each kind, and it adds up. */
static void a_history_has_all_kinds(void **state)
{
    (void)state;
    struct demo_source *s = demo_source_new(EVENTS, 1);
    for (int i = 0; i < EVENTS; i++) {
        struct demo_event e = demo_source_next(s);
        json_t *value = json_loads(e.value, 0, NULL);
        assert_non_null(value);
        assert_int_equal(json_is_string(json_object_get(value, "op")),
                         strcmp(e.topic, demo_topics[DEMO_INVOICES]) != 0);
        json_decref(value);
        event_free(&e);
    }
    struct demo_counts n = demo_source_counts(s);
    assert_int_equal(n.created + n.updated + n.deleted + n.bad, EVENTS);
    assert_int_equal(n.events[DEMO_CUSTOMERS] + n.events[DEMO_COMPANIES] + n.events[DEMO_INVOICES], EVENTS);
    assert_true(n.created > 100 && n.updated > 100 && n.deleted > 50 && n.bad > 20);
    demo_source_free(s);
}

/* ---- the comparison notices ---- */

static json_t *as_wanted(const struct demo_source *s, enum demo_table table)
{
    json_t *records = json_array();
    char id[DEMO_ID_SIZE];
    for (size_t row = 0; row < demo_source_rows(s); row++) {
        const json_t *wanted = demo_source_row(s, table, row, id);
        if (!wanted)
            continue;
        json_t *record = json_deep_copy(wanted);
        json_object_set_new(record, "External_Id__c", json_string(id));
        json_object_set_new(record, "OwnerId", json_string("005000000000001AAA"));
        json_array_append_new(records, record);
    }
    return records;
}

static void alter_nothing(json_t *records)
{
    (void)records;
}

static void alter_value(json_t *records)
{
    json_object_set_new(json_array_get(records, 0), "LastName", json_string("Nobody"));
}

static void drop_field(json_t *records)
{
    json_object_del(json_array_get(records, 1), "Email");
}

static void drop_record(json_t *records)
{
    json_array_remove(records, 0);
}

static void add_stranger(json_t *records)
{
    json_array_append_new(records, json_pack("{s:s, s:s}", "External_Id__c", "C-999999", "LastName", "X"));
}

static void add_double(json_t *records)
{
    json_array_append_new(records, json_deep_copy(json_array_get(records, 0)));
}

static void drop_external_id(json_t *records)
{
    json_object_del(json_array_get(records, 0), "External_Id__c");
}

static const struct row {
    const char *name;
    void (*alter)(json_t *records);
    size_t wrong;
} rows[] = {
    {"equal is equal, whatever else a record has", alter_nothing, 0},
    {"another value", alter_value, 1},
    {"a field that is missing", drop_field, 1},
    {"a record that is missing", drop_record, 1},
    {"a record that the source never had", add_stranger, 1},
    {"a record twice", add_double, 1},
    {"a record without external id, so one is missing too", drop_external_id, 2},
};
enum { NROWS = sizeof rows / sizeof *rows };

static void compared(void **state)
{
    const struct row *row = *state;
    struct demo_source *s = demo_source_new(EVENTS, 3);
    for (int i = 0; i < EVENTS; i++) {
        struct demo_event e = demo_source_next(s);
        event_free(&e);
    }
    json_t *records = as_wanted(s, DEMO_CUSTOMERS), *differences = json_array();
    row->alter(records);
    struct demo_comparison c = {.differences = differences};
    demo_compare(&c, s, DEMO_CUSTOMERS, records);
    assert_int_equal(c.wrong, row->wrong);
    assert_int_equal(json_array_size(differences), row->wrong);
    assert_int_equal(c.stored, json_array_size(records));
    json_decref(differences);
    json_decref(records);
    demo_source_free(s);
}

int main(void)
{
    struct CMUnitTest tests[NROWS + 2] = {cmocka_unit_test(one_seed_one_history),
                                          cmocka_unit_test(a_history_has_all_kinds)};
    for (int i = 0; i < NROWS; i++)
        tests[i + 2] = (struct CMUnitTest){rows[i].name, compared, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
