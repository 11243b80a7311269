/* SPDX-License-Identifier: Apache-2.0 */
/* The very bytes of each kind of request, and where a parser's position lies in them. */
#include "tests/unit/sample_org.h"
#include "worker/salesforce/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define BASE "/services/data/v59.0/composite"
#define RECORD(n) "{\"attributes\":{\"type\":\"Contact\"},\"External_Id__c\":\"k" n "\",\"LastName\":\"name " n "\"}"
#define BY_ID(n)                                                                                                       \
    "{\"attributes\":{\"type\":\"Contact\"},\"id\":\"00300000000000" n "\",\"External_Id__c\":\"k" n                   \
    "\",\"LastName\":\"name " n "\"}"

static struct batch *batch;

/* n writes; updates and deletes with the Id 00300000000000N. */
static struct lines sample_lines(enum operation op, size_t n)
{
    static struct line at[32];

    sample_config();
    batch = sample_batch(1, op, n);
    memset(at, 0, sizeof at);
    for (size_t i = 0; i < n; i++) {
        at[i].write = sample_write(batch, i);
        at[i].index = i;
        if (op == OP_UPDATE || op == OP_DELETE)
            snprintf(at[i].id, sizeof at[i].id, "00300000000000%zu", i);
    }
    return (struct lines){at, n, op, sample_route()};
}

static const struct row {
    const char *name;
    enum operation op;
    size_t n;
    bool auto_assign, allow_duplicates;
    const char *method, *path, *body;
} rows[] = {
    {"upsert", OP_UPSERT, 2, false, false, "PATCH", BASE "/sobjects/Contact/External_Id__c",
     "{\"allOrNone\":false,\"records\":[" RECORD("0") "," RECORD("1") "]}"},
    {"insert", OP_INSERT, 1, false, false, "POST", BASE "/sobjects",
     "{\"allOrNone\":false,\"records\":[" RECORD("0") "]}"},
    {"update", OP_UPDATE, 2, false, false, "PATCH", BASE "/sobjects",
     "{\"allOrNone\":false,\"records\":[" BY_ID("0") "," BY_ID("1") "]}"},
    {"delete", OP_DELETE, 2, false, false, "DELETE",
     BASE "/sobjects?allOrNone=false&ids=003000000000000,003000000000001", NULL},
    {"composite", OP_UPSERT, 4, false, false, "POST", BASE,
     "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":["
     "{\"method\":\"PATCH\",\"url\":\"" BASE
     "/sobjects/Contact/External_Id__c\",\"referenceId\":\"c0\",\"httpHeaders\":{\"Sforce-Auto-Assign\":\"FALSE\"},"
     "\"body\":{\"allOrNone\":false,\"records\":[" RECORD("0") "," RECORD("1") "," RECORD(
         "2") "]}},"
              "{\"method\":\"PATCH\",\"url\":\"" BASE "/sobjects/Contact/"
              "External_Id__c\",\"referenceId\":\"c1\",\"httpHeaders\":{\"Sforce-Auto-Assign\":\"FALSE\"},"
              "\"body\":{\"allOrNone\":false,\"records\":[" RECORD("3") "]}}]}"},
    {"composite, no headers", OP_DELETE, 4, true, false, "POST", BASE,
     "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":["
     "{\"method\":\"DELETE\",\"url\":\"" BASE
     "/sobjects?allOrNone=false&ids=003000000000000,003000000000001,003000000000002\",\"referenceId\":\"c0\"},"
     "{\"method\":\"DELETE\",\"url\":\"" BASE
     "/sobjects?allOrNone=false&ids=003000000000003\",\"referenceId\":\"c1\"}]}"},
    {"composite, both headers", OP_DELETE, 4, false, true, "POST", BASE,
     "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":["
     "{\"method\":\"DELETE\",\"url\":\"" BASE
     "/sobjects?allOrNone=false&ids=003000000000000,003000000000001,003000000000002\",\"referenceId\":\"c0\","
     "\"httpHeaders\":{\"Sforce-Auto-Assign\":\"FALSE\",\"Sforce-Duplicate-Rule-Header\":\"allowSave=true\"}},"
     "{\"method\":\"DELETE\",\"url\":\"" BASE "/sobjects?allOrNone=false&ids=003000000000003\",\"referenceId\":\"c1\","
     "\"httpHeaders\":{\"Sforce-Auto-Assign\":\"FALSE\",\"Sforce-Duplicate-Rule-Header\":\"allowSave=true\"}}]}"},
};

static void bytes(void **state)
{
    const struct row *row = *state;
    struct lines lines = sample_lines(row->op, row->n);
    struct request r;

    sample_route()->auto_assign = row->auto_assign;
    sample_route()->allow_duplicates = row->allow_duplicates;
    request_make(&r, &lines, "v59.0", 3);
    assert_string_equal(r.method, row->method);
    assert_string_equal(r.path, row->path);
    assert_int_equal(r.has_body, row->body != NULL);
    if (row->body)
        assert_string_equal(r.body.bytes, row->body);
    request_release(&r);
    sample_batch_free(batch);
}

static void absent_slots_are_left_out(void **state)
{
    struct lines lines = sample_lines(OP_UPSERT, 1);
    struct request r;
    (void)state;

    sample_set_name(batch, 0, "null");
    request_make(&r, &lines, "v59.0", 200);
    assert_non_null(strstr(r.body.bytes, "\"LastName\":null}"));
    request_release(&r);
    sample_batch_free(batch);
}

static void parts(void **state)
{
    static const struct {
        size_t n, parts, last;
    } sizes[] = {{1, 1, 1}, {3, 1, 3}, {4, 2, 1}, {6, 2, 3}, {15, 5, 3}};
    (void)state;

    for (size_t i = 0; i < N(sizes); i++) {
        struct lines lines = sample_lines(OP_UPSERT, sizes[i].n);
        struct request r;
        request_make(&r, &lines, "v59.0", 3);
        assert_int_equal(r.nparts, sizes[i].parts);
        assert_int_equal(request_part_lines(&r, r.nparts - 1), sizes[i].last);
        assert_int_equal(r.composite, sizes[i].parts > 1);
        request_release(&r);
        sample_batch_free(batch);
    }
}

static void positions(void **state)
{
    struct lines lines = sample_lines(OP_UPSERT, 3);
    struct request r;
    (void)state;

    sample_set_name(batch, 1, "{\n\"a\":\n1}"); /* a value with line breaks moves what follows to another line */
    request_make(&r, &lines, "v59.0", 200);
    assert_int_equal(request_line_at(&r, 1, 1), -1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(request_line_at(&r, 1, r.starts[i] + 2), i);
        assert_int_equal(request_line_at(&r, 1, r.starts[i] + 12), i);
    }
    assert_int_equal(request_line_at(&r, 2, 2), 1);
    assert_int_equal(request_line_at(&r, 3, 2), 1);
    assert_int_equal(request_line_at(&r, 3, 20), 2);
    assert_int_equal(request_line_at(&r, 4, 1), -1);
    assert_int_equal(request_line_at(&r, 0, 1), -1);
    assert_int_equal(request_line_at(&r, 1, 1000000), -1);
    request_release(&r);
    sample_batch_free(batch);

    lines = sample_lines(OP_DELETE, 2);
    request_make(&r, &lines, "v59.0", 200);
    assert_int_equal(request_line_at(&r, 1, 30), -1);
    request_release(&r);
    sample_batch_free(batch);
}

static void references(void **state)
{
    struct lines lines = sample_lines(OP_UPSERT, 3);
    (void)state;

    assert_false(request_looks_like_reference(&lines));
    sample_set_name(batch, 2, "\"a@{b.c}\"");
    assert_true(request_looks_like_reference(&lines));
    sample_batch_free(batch);
}

static void ids(void **state)
{
    static const struct {
        const char *id;
        bool good;
    } forms[] = {{"003000000000001", true},     {"003000000000001AAA", true},     {"", false},
                 {"00300000000000", false},     {"0030000000000011", false},      {"003,00000000001", false},
                 {"003&00000000001AAA", false}, {"00300000000000\xc3\xa4", false}};
    (void)state;

    for (size_t i = 0; i < N(forms); i++)
        assert_int_equal(request_is_id(text_of(forms[i].id)), forms[i].good);
    assert_false(request_is_id(TEXT_NONE));
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 8];
    size_t n = 0;

    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, bytes, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(absent_slots_are_left_out);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(parts);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(positions);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(references);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(ids);
    return _cmocka_run_group_tests("request", tests, n, NULL, NULL);
}
