/* SPDX-License-Identifier: Apache-2.0 */
/* Would this value fit this field? Code by code, with the edges. */
#include "common/memory.h"
#include "worker/salesforce/field_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TYPE "JSON_PARSER_ERROR"
#define RANGE "NUMBER_OUTSIDE_VALID_RANGE"
#define CHOICE "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

static char text[] = "string", pick[] = "picklist", many[] = "multipicklist", whole[] = "int", decimal[] = "double",
            truth[] = "boolean", date[] = "date", moment[] = "datetime", of_day[] = "time", reference[] = "reference",
            address[] = "address";
static char draft[] = "Draft", sent[] = "Sent", old[] = "Old";
static struct picklist_value values[] = {{draft, draft, true}, {sent, sent, true}, {old, old, false}};

static const struct describe_field
    name = {.type = text, .length = 5, .nillable = true},
    must = {.type = text, .length = 5},
    status = {.type = pick, .restricted_picklist = true, .values = values, .nvalues = 3, .nillable = true},
    open = {.type = pick, .values = values, .nvalues = 3, .nillable = true},
    tags = {.type = many, .restricted_picklist = true, .values = values, .nvalues = 3, .nillable = true},
    count = {.type = whole, .digits = 4, .nillable = true},
    amount = {.type = decimal, .precision = 6, .scale = 2, .nillable = true}, flag = {.type = truth},
    day = {.type = date, .nillable = true}, at = {.type = moment, .nillable = true},
    clock = {.type = of_day, .nillable = true}, id = {.type = reference, .nillable = true},
    place = {.type = address, .nillable = true};

static const struct {
    const struct describe_field *field;
    const char *json, *code; /* NULL: fits */
} cases[] = {
    {&name, "\"12345\"", NULL},
    {&name, "\"äöüß€\"", NULL},
    {&name, "\"  12345  \"", NULL},
    {&name, "\"123456\"", "STRING_TOO_LONG"},
    {&name, "5", TYPE},
    {&name, "true", TYPE},
    {&name, "[]", TYPE},
    {&name, "null", NULL},
    {&must, "null", "REQUIRED_FIELD_MISSING"},
    {&status, "\"Sent\"", NULL},
    {&status, "\"\"", NULL},
    {&status, "\"Old\"", CHOICE},
    {&status, "\"sent\"", CHOICE},
    {&open, "\"anything\"", NULL},
    {&tags, "\"Draft;Sent\"", NULL},
    {&tags, "\"Draft;Nope\"", CHOICE},
    {&count, "9999", NULL},
    {&count, "-9999", NULL},
    {&count, "\"0009999\"", NULL},
    {&count, "10000", RANGE},
    {&count, "1.5", TYPE},
    {&count, "1e2", NULL},
    {&count, "1e4", RANGE},
    {&count, "\"x\"", TYPE},
    {&amount, "9999.999", NULL},
    {&amount, "0.00000001", NULL},
    {&amount, "12345.6", RANGE},
    {&amount, "\"-12345.6\"", RANGE},
    {&amount, "false", TYPE},
    {&flag, "true", NULL},
    {&flag, "\"true\"", TYPE},
    {&flag, "null", TYPE},
    {&day, "\"2024-02-29\"", NULL},
    {&day, "\"2023-02-29\"", TYPE},
    {&day, "\"1699-12-31\"", TYPE},
    {&day, "\"4001-01-01\"", TYPE},
    {&day, "\"2024-05-22T00:00:00Z\"", TYPE},
    {&day, "20240522", TYPE},
    {&at, "\"2024-05-22T13:14:15Z\"", NULL},
    {&at, "\"2024-05-22T13:14:15.123+02:00\"", NULL},
    {&at, "\"2024-05-22 13:14:15Z\"", TYPE},
    {&at, "\"2024-05-22T24:14:15Z\"", TYPE},
    {&at, "\"2024-05-22T13:14:15\"", TYPE},
    {&clock, "\"10:15:30.000Z\"", NULL},
    {&clock, "\"10:15\"", TYPE},
    {&id, "\"0035f0000000001\"", NULL},
    {&id, "\"0035f0000000001AAA\"", NULL},
    {&id, "\"0035f00000\"", "MALFORMED_ID"},
    {&place, "\"what nobody knows is let through\"", NULL},
};

static void checks_values(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer why = BUFFER_INIT(2000);
        struct json_doc doc = {0};
        assert_true(json_doc_read(&doc, text_of(cases[i].json)));
        const char *code = field_value_check(cases[i].field, doc.nodes, &why);
        if (!cases[i].code != !code || (code && strcmp(code, cases[i].code) != 0))
            fail_msg("%s into a %s: %s, expected %s", cases[i].json, cases[i].field->type, code ? code : "fits",
                     cases[i].code ? cases[i].code : "fits");
        assert_int_equal(code != NULL, why.len != 0);
        buffer_release(&why);
        json_doc_release(&doc);
    }
}

static void as_fits_the_type(void **unused)
{
    (void)unused;
    assert_true(field_takes(&name, AS_STRING) && field_takes(&name, AS_DATE) && field_takes(&count, AS_STRING));
    assert_true(field_takes(&amount, AS_NUMBER) && field_takes(&day, AS_DATE) && field_takes(&tags, AS_MULTIPICKLIST));
    assert_false(field_takes(&name, AS_NUMBER) || field_takes(&name, AS_BOOLEAN) || field_takes(&flag, AS_STRING));
    assert_false(field_takes(&day, AS_DATETIME) || field_takes(&at, AS_DATE) || field_takes(&id, AS_INTEGER));
    assert_true(field_takes(&place, AS_BOOLEAN) && field_takes(&flag, AS_IS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checks_values), cmocka_unit_test(as_fits_the_type)};

    return cmocka_run_group_tests_name("field_value", tests, NULL, NULL);
}
