/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of Ids, and the queries that find them. */
#include "common/memory.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/lookup.h"
#include "worker/salesforce/record_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define SELECT "/services/data/v59.0/query?q=SELECT+Id,External_Id__c+FROM+Contact+WHERE+External_Id__c+IN+%28"

static void remembered_up_to_a_bound(void **state)
{
    struct record_ids *ids = record_ids_new(3);
    char id[ID_SIZE] = "";
    (void)state;

    sample_config();
    const struct route *route = sample_route();
    record_ids_put(ids, 0, route, text_of("a"), "003000000000001");
    record_ids_put(ids, 0, route, text_of("b"), "003000000000002");
    record_ids_put(ids, 0, route, text_of("a"), "003000000000003AAA"); /* put anew: no longer the oldest */
    record_ids_put(ids, 0, route, text_of("c"), "003000000000004");
    record_ids_put(ids, 0, route, text_of("d"), "003000000000005");
    assert_false(record_ids_get(ids, 0, route, text_of("b"), id));
    assert_true(record_ids_get(ids, RECORD_IDS_MS - 1, route, text_of("a"), id));
    assert_false(record_ids_get(ids, RECORD_IDS_MS, route, text_of("a"), id));
    assert_string_equal(id, "003000000000003AAA");
    assert_false(record_ids_get(ids, 0, route, text_of("A"), id));
    record_ids_drop(ids, route, text_of("a"));
    record_ids_drop(ids, route, text_of("a"));
    assert_false(record_ids_get(ids, 0, route, text_of("a"), id));
    assert_true(record_ids_get(ids, 0, route, text_of("d"), id));
    struct route other = *route;
    other.object = "Lead";
    assert_false(record_ids_get(ids, 0, &other, text_of("d"), id));
    record_ids_free(ids);
}

static const struct query {
    const char *name, *keys[3];
    bool numbers;
    const char *path; /* NULL: none */
} queries[] = {
    {"two", {"a", "b"}, false, SELECT "%27a%27,%27b%27%29"},
    {"quotes and backslashes", {"O'Hara\\"}, false, SELECT "%27O%5C%27Hara%5C%5C%27%29"},
    {"control characters", {"a\nb\x01"}, false, SELECT "%27a%5Cnb%5Cu0001%27%29"},
    {"UTF-8", {"\xc3\xa4"}, false, SELECT "%27%C3%A4%27%29"},
    {"blanks around", {" a "}, false, SELECT "%27a%27%29"},
    {"an empty one is passed over", {"", "b"}, false, SELECT "%27b%27%29"},
    {"only blanks", {" ", "  "}, false, NULL},
    {"numbers", {"1", "-2.5", "007"}, true, SELECT "1,-2.5,007%29"},
    {"what is no number is passed over", {"1", "1 OR 1=1", "1."}, true, SELECT "1%29"},
};

static void query(void **state)
{
    const struct query *row = *state;
    struct buffer path = BUFFER_INIT(65536);
    struct line line[3] = {0};
    size_t n = 0;

    sample_config();
    struct batch *b = sample_batch(1, OP_UPDATE, 3);
    for (; n < 3 && row->keys[n]; n++) {
        sample_set_key(b, n, row->keys[n]);
        line[n].write = sample_write(b, n);
    }
    assert_int_equal(lookup_path(&path, "v59.0", sample_route(), line, n, row->numbers), n);
    if (row->path)
        assert_string_equal(path.bytes, row->path);
    else
        assert_int_equal(path.len, 0);
    buffer_release(&path);
    sample_batch_free(b);
}

static void an_address_has_a_bound(void **state)
{
    enum { KEYS = 60, KEY_LEN = 255 };
    char key[KEY_LEN + 1] = "";
    struct buffer path = BUFFER_INIT(65536);
    struct line line[KEYS] = {0};
    (void)state;

    sample_config();
    memset(key, 'k', KEY_LEN);
    struct batch *b = sample_batch(1, OP_UPDATE, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        sample_set_key(b, i, key);
        line[i].write = sample_write(b, i);
    }
    size_t n = lookup_path(&path, "v59.0", sample_route(), line, KEYS, false);
    assert_true(n > 20 && n < KEYS);
    assert_true(path.len <= LOOKUP_ADDRESS + 3);
    buffer_release(&path);
    sample_batch_free(b);
}

#define ROW(id, value) "{\"attributes\":{},\"Id\":\"" id "\",\"External_Id__c\":" value "}"

static void only_the_very_value_counts(void **state)
{
    static const struct {
        const char *key;
        enum lookup_found found;
        const char *id;
        bool any_case;
    } keys[] = {{"a", LOOKUP_ONE, "003000000000001AAA", false},
                {" a ", LOOKUP_ONE, "003000000000001AAA", false},
                {"A", LOOKUP_ONE, "003000000000002AAA", false},
                {"b", LOOKUP_SEVERAL, NULL, false},
                {"B", LOOKUP_NONE, NULL, false},
                {"B", LOOKUP_SEVERAL, NULL, true},
                {"A", LOOKUP_SEVERAL, NULL, true},
                {"C-\xc3\xa4", LOOKUP_ONE, "003000000000006AAA", true},
                {"C-\xc3\xa4", LOOKUP_NONE, NULL, false},
                {"c", LOOKUP_NONE, NULL, true},
                {"42", LOOKUP_ONE, "003000000000005AAA", true},
                {"42", LOOKUP_ONE, "003000000000005AAA", false},
                {"42.00", LOOKUP_ONE, "003000000000005AAA", false},
                {"43", LOOKUP_NONE, NULL, false},
                {"", LOOKUP_NONE, NULL, false}};
    struct lookup_rows rows = {0};
    char id[ID_SIZE];
    (void)state;

    sample_config();
    assert_true(lookup_read(
        text_of(
            "{\"totalSize\":3,\"done\":false,\"nextRecordsUrl\":\"/services/data/v59.0/query/01g-3\",\"records\":[" ROW(
                "003000000000001AAA", "\"a\"") "," ROW("003000000000002AAA", "\"A\"") "," ROW("003000000000003AAA",
                                                                                              "\"b\"") "]}"),
        sample_route(), &rows));
    assert_string_equal(rows.next, "/services/data/v59.0/query/01g-3");
    assert_true(lookup_read(text_of("{\"done\":true,\"records\":[" ROW("003000000000004AAA", "\"b\"") "," ROW(
                                "003000000000005AAA", "42.0") "," ROW("003000000000006AAA", "\"c-\xc3\xa4\"") "]}"),
                            sample_route(), &rows));
    assert_null(rows.next);
    for (size_t i = 0; i < N(keys); i++) {
        assert_int_equal(lookup_find(&rows, text_of(keys[i].key), keys[i].any_case, id), keys[i].found);
        if (keys[i].id)
            assert_string_equal(id, keys[i].id);
    }
    lookup_rows_release(&rows);
}

static void answers_that_are_none(void **state)
{
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{}",
                                         "{\"records\":[]}",
                                         "{\"done\":true,\"records\":{}}",
                                         "{\"done\":false,\"records\":[]}",
                                         "{\"done\":false,\"nextRecordsUrl\":\"https://evil.example/\",\"records\":[]}",
                                         "{\"done\":true,\"records\":[{\"Id\":\"x\",\"External_Id__c\":\"a\"}]}",
                                         "{\"done\":true,\"records\":[null]}"};
    (void)state;

    sample_config();
    for (size_t i = 0; i < N(bodies); i++) {
        struct lookup_rows rows = {0};
        assert_false(lookup_read(text_of(bodies[i]), sample_route(), &rows));
        lookup_rows_release(&rows);
    }
}

int main(void)
{
    struct CMUnitTest tests[N(queries) + 4];
    size_t n = 0;

    tests[n++] = (struct CMUnitTest)cmocka_unit_test(remembered_up_to_a_bound);
    for (size_t i = 0; i < N(queries); i++)
        tests[n++] = (struct CMUnitTest){queries[i].name, query, NULL, NULL, (void *)(uintptr_t)&queries[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(an_address_has_a_bound);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(only_the_very_value_counts);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(answers_that_are_none);
    return _cmocka_run_group_tests("record_ids", tests, n, NULL, NULL);
}
