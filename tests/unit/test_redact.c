/* SPDX-License-Identifier: Apache-2.0 */
#include "common/memory.h"
#include "worker/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *value, *key, *message, *expected;
} cases[] = {
    {"\"Purple\"", "c-1", "bad value for restricted picklist field: Purple",
     "bad value for restricted picklist field: ***"},
    {"\"ann@example\"", "c-1", "Email: invalid email address: ANN@EXAMPLE", "Email: invalid email address: ***"},
    {"\"x\"", "c-1", "duplicate value found: External_Id__c duplicates value on record with id: c-1",
     "duplicate value found: External_Id__c duplicates value on record with id: ***"},
    {"\"N\"", "k", "Name N is not nice", "Name *** is not nice"},
    {"{\"External_Id__c\":\"acc-77\"}", "k9k", "Foreign key external ID: acc-77 not found",
     "Foreign key external ID: *** not found"},
    {"1.50", "k9k", "1.50 and 1.5 are too large", "*** and *** are too large"},
    {"12345678901234567890.1", "k9k", "value too large: 12345678901234567890.1", "value too large: ***"},
    {"12345", "k9k", "value too large: 12345", "value too large: ***"},
    {"\"say \\\"hi\\\"\"", "k9k", "bad: say \"hi\"", "bad: ***"},
    {"null", "k9k", "nothing of it", "nothing of it"},
    {"\"\"", "", "nothing of it", "nothing of it"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record *r = xcalloc(1, sizeof *r + sizeof(slot));
        r->nslots = 1;
        r->slots[0] = text_of(cases[i].value);
        r->key = text_of(cases[i].key);
        char *out = redact(cases[i].message, r);
        assert_string_equal(out, cases[i].expected);
        free(out);
        free(r);
    }
    char *out = redact("as it is", NULL);
    assert_string_equal(out, "as it is");
    free(out);
}

static void test_a_request_may_quote_any_of_its_records(void **state)
{
    struct record r = {.key = text_of("c-1"), .nslots = 1}, other = {.key = text_of("c-2"), .nslots = 1};
    slot merged = text_of("\"Purple\""), second = text_of("17.50");
    struct write a = {.record = &r, .slots = &merged}, b = {.record = &other, .slots = &second};
    struct write *writes[] = {&a, &b};
    struct batch batch = {.nwrites = 2, .writes = writes};
    (void)state;
    char *out = redact_batch("<b>Purple</b> of c-1, 17.50 of C-2", &batch);
    assert_string_equal(out, "<b>***</b> of ***, *** of ***");
    free(out);
    out = redact_batch("as it is", NULL);
    assert_string_equal(out, "as it is");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_a_request_may_quote_any_of_its_records)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
