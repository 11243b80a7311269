/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct row {
    const char *key;
    bool id;
    const char *identity;
} rows[] = {
    {"42", false, "42"},
    {"42.0", false, "42"},
    {"42.10", false, "42.1"},
    {"-42.00", false, "-42"},
    {"1.2.0", false, "1.2.0"},
    {"-", false, "-"},
    {".0", false, ".0"},
    {" Ab-1\t", false, "ab-1"},
    {"A1", false, "a1"},
    {"\303\204", false, "\303\204"},
    {"", false, ""},
    {"  ", false, ""},
    {"001D000000IRt53", true, "001d000000irt53iad"},
    {"001D000000IRt53IAD", true, "001d000000irt53iad"},
    {"001d000000irt53", true, "001d000000irt53aaa"},
    {"701R0000000Og2K", true, "701r0000000og2kias"},
    {"001D000000IRt53", false, "001d000000irt53"},
    {"short", true, "short"},
};

static void folds(void **state)
{
    const struct row *r = *state;
    struct buffer b = BUFFER_INIT(100);
    identity_write(text_of(r->key), r->id, &b);
    assert_true(text_is(buffer_text(&b), r->identity));
    buffer_release(&b);
}

int main(void)
{
    enum { N = sizeof rows / sizeof *rows };
    struct CMUnitTest tests[N];
    for (size_t i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){rows[i].key, folds, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
