/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static const struct field
    text = {"T", FIELD_STRING, F_OPTIONAL, .length = 3, .label = "T"},
    email = {"E", FIELD_EMAIL, F_OPTIONAL, .length = 80, .label = "E"},
    list = {"L", FIELD_PICKLIST, F_OPTIONAL | F_RESTRICTED, .length = 255, .values = "Art;Music", .label = "L"},
    many = {"M", FIELD_MULTIPICKLIST, F_OPTIONAL | F_RESTRICTED, .length = 4099, .values = "Art;Music", .label = "M"},
    flag = {"B", FIELD_BOOLEAN, F_WRITE, .label = "B"},
    whole = {"I", FIELD_INT, F_OPTIONAL, .precision = 8, .label = "I"},
    version = {"V", FIELD_DOUBLE, F_OPTIONAL, .precision = 18, .label = "V"},
    money = {"C", FIELD_CURRENCY, F_OPTIONAL, .precision = 5, .scale = 2, .label = "C"},
    date = {"D", FIELD_DATE, F_OPTIONAL, .label = "D"}, moment = {"S", FIELD_DATETIME, F_OPTIONAL, .label = "S"},
    hour = {"H", FIELD_TIME, F_OPTIONAL, .label = "H"},
    parent = {"P", FIELD_REFERENCE, F_OPTIONAL, .length = 18, .label = "P"};

#define WRONG_TYPE "JSON_PARSER_ERROR"
#define RANGE "NUMBER_OUTSIDE_VALID_RANGE"
#define NOT_LISTED "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

static const struct row {
    const char *name;
    const struct field *field;
    const char *given, *stored; /* JSON */
    const char *code;           /* instead of stored */
} rows[] = {
    {"text", &text, "\"abc\"", "\"abc\"", NULL},
    {"text is counted in characters", &text, "\"äöü\"", "\"äöü\"", NULL},
    {"text that is too long", &text, "\"abcd\"", NULL, "STRING_TOO_LONG"},
    {"blanks around text do not count", &text, "\"  abc \\n\"", "\"abc\"", NULL},
    {"empty text is null", &text, "\" \"", "null", NULL},
    {"null clears", &text, "null", "null", NULL},
    {"a number is no text", &text, "5", NULL, WRONG_TYPE},
    {"an object is no text", &text, "{\"a\":1}", NULL, WRONG_TYPE},
    {"an array is no text", &text, "[]", NULL, WRONG_TYPE},
    {"an address", &email, "\"a.b+c@d.example\"", "\"a.b+c@d.example\"", NULL},
    {"an address without a dot", &email, "\"a@b\"", NULL, "INVALID_EMAIL_ADDRESS"},
    {"an address with two", &email, "\"a@b@c.example\"", NULL, "INVALID_EMAIL_ADDRESS"},
    {"an address with blanks", &email, "\"nobody at home\"", NULL, "INVALID_EMAIL_ADDRESS"},
    {"listed", &list, "\"Music\"", "\"Music\"", NULL},
    {"the beginning of a listed one", &list, "\"Mus\"", NULL, NOT_LISTED},
    {"a list is not one value", &list, "\"Art;Music\"", NULL, NOT_LISTED},
    {"several", &many, "\"Art;Music\"", "\"Art;Music\"", NULL},
    {"several, one of them unknown", &many, "\"Art;Law\"", NULL, NOT_LISTED},
    {"true", &flag, "true", "true", NULL},
    {"a flag is not null", &flag, "null", NULL, WRONG_TYPE},
    {"a flag is no text", &flag, "\"true\"", NULL, WRONG_TYPE},
    {"an integer", &whole, "99999999", "99999999", NULL},
    {"an integer as text", &whole, "\"-5\"", "-5", NULL},
    {"an integer with a fraction", &whole, "1.5", NULL, WRONG_TYPE},
    {"an integer that ends in .0", &whole, "2.0", "2", NULL},
    {"an integer of nine digits", &whole, "100000000", NULL, RANGE},
    {"eighteen digits are kept", &version, "999999999999999999", "999999999999999999", NULL},
    {"minus eighteen digits", &version, "-999999999999999999", "-999999999999999999", NULL},
    {"nineteen digits", &version, "1000000000000000000", NULL, RANGE},
    {"eighteen digits as text", &version, "\"123456789012345678\"", "123456789012345678", NULL},
    {"money", &money, "999.99", "999.99", NULL},
    {"more places are rounded", &money, "1.239", "1.24", NULL},
    {"four digits where three fit", &money, "1000", NULL, RANGE},
    {"no number", &money, "\"much\"", NULL, WRONG_TYPE},
    {"no number either", &money, "\"0x10\"", NULL, WRONG_TYPE},
    {"an empty number", &money, "\"\"", NULL, WRONG_TYPE},
    {"infinity", &money, "\"inf\"", NULL, WRONG_TYPE},
    {"a leap day", &date, "\"2024-02-29\"", "\"2024-02-29\"", NULL},
    {"no leap day", &date, "\"2100-02-29\"", NULL, WRONG_TYPE},
    {"a date with a time", &date, "\"2024-02-29T00:00:00Z\"", NULL, WRONG_TYPE},
    {"an empty date", &date, "\"\"", NULL, WRONG_TYPE},
    {"a month too many", &date, "\"2024-13-01\"", NULL, WRONG_TYPE},
    {"a moment", &moment, "\"2024-05-22T13:14:15.000Z\"", "\"2024-05-22T13:14:15.000+0000\"", NULL},
    {"milliseconds may be absent", &moment, "\"2024-05-22T13:14:15Z\"", "\"2024-05-22T13:14:15.000+0000\"", NULL},
    {"tenths", &moment, "\"2024-05-22T13:14:15.5Z\"", "\"2024-05-22T13:14:15.500+0000\"", NULL},
    {"a zone over midnight", &moment, "\"2024-01-01T01:00:00+02:00\"", "\"2023-12-31T23:00:00.000+0000\"", NULL},
    {"a zone without a colon", &moment, "\"2024-05-22T13:14:15+0000\"", NULL, WRONG_TYPE},
    {"no zone", &moment, "\"2024-05-22T13:14:15\"", NULL, WRONG_TYPE},
    {"a blank for the T", &moment, "\"2024-05-22 13:14:15Z\"", NULL, WRONG_TYPE},
    {"before 1970", &moment, "\"1969-12-31T23:59:59.250Z\"", "\"1969-12-31T23:59:59.250+0000\"", NULL},
    {"a time", &hour, "\"10:15:30.000Z\"", "\"10:15:30.000Z\"", NULL},
    {"a time without a zone", &hour, "\"10:15:30\"", NULL, WRONG_TYPE},
    {"hour 24", &hour, "\"24:00:00Z\"", NULL, WRONG_TYPE},
    {"an id becomes long", &parent, "\"0035f0000000001\"", "\"0035f0000000001AAA\"", NULL},
    {"the wrong three characters", &parent, "\"0035f0000000001AAB\"", NULL, "MALFORMED_ID"},
    {"no id", &parent, "\"nonsense\"", NULL, "MALFORMED_ID"},
};

static void takes(void **state)
{
    const struct row *row = *state;
    struct complaint c = COMPLAINT_INIT;
    json_t *given = json_loads(row->given, JSON_DECODE_ANY, NULL), *value = value_take(row->field, given, &c);
    char *stored = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;

    if (row->stored) {
        assert_non_null(stored);
        assert_string_equal(stored, row->stored);
    } else {
        assert_null(stored);
        assert_string_equal(c.code, row->code);
        assert_int_equal(c.wrong_type, strcmp(row->code, WRONG_TYPE) == 0);
        assert_true(c.message.len > 0);
    }
    free(stored);
    json_decref(value);
    json_decref(given);
    buffer_release(&c.message);
}

int main(void)
{
    struct CMUnitTest tests[N(rows)];

    for (size_t i = 0; i < N(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, takes, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
