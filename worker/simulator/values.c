/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/values.h"

#include "common/memory.h"
#include "worker/simulator/record_ids.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LIST_VALUES = 100 };

static json_t *refuse(struct complaint *c, const char *code)
{
    c->code = code;
    return NULL;
}

/* What the JSON reader of the platform says. */
static json_t *cannot_read(const struct field *f, const json_t *given, struct complaint *c)
{
    static const char *const kinds[] = {"START_OBJECT value {",    "START_ARRAY value [",       "VALUE_STRING value ",
                                        "VALUE_NUMBER_INT value ", "VALUE_NUMBER_FLOAT value ", "VALUE_TRUE value true",
                                        "VALUE_FALSE value false", "VALUE_NULL value null"};
    static const char *const names[FIELD_TYPES] = {
        [FIELD_BOOLEAN] = "boolean",    [FIELD_INT] = "int",           [FIELD_DOUBLE] = "double",
        [FIELD_CURRENCY] = "double",    [FIELD_PERCENT] = "double",    [FIELD_DATE] = "date",
        [FIELD_TIME] = "time",          [FIELD_DATETIME] = "datetime", [FIELD_ID] = "reference",
        [FIELD_REFERENCE] = "reference"};

    buffer_printf(&c->message, "Cannot deserialize instance of %s from %s", names[f->type] ? names[f->type] : "string",
                  kinds[json_typeof(given)]);
    if (json_is_string(given))
        buffer_add_string(&c->message, json_string_value(given));
    else if (json_is_number(given))
        buffer_printf(&c->message, "%.17g", json_number_value(given));
    buffer_add_string(&c->message, " or request may be missing a required field at [line:1, column:1]");
    c->wrong_type = true;
    return refuse(c, "JSON_PARSER_ERROR");
}

/* ---- text ---- */

static size_t characters(const char *utf8)
{
    size_t n = 0;
    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return n;
}

/* Enough of an address for Salesforce: one @, something before it, a dot in what follows, no blanks. */
static bool is_email(const char *s)
{
    const char *at = strchr(s, '@'), *dot = at ? strrchr(at, '.') : NULL;

    if (!at || at == s || strchr(at + 1, '@') || !dot || dot == at + 1 || !dot[1])
        return false;
    for (; *s; s++)
        if (isspace((unsigned char)*s) || strchr(",;<>()[]\\\"", *s))
            return false;
    return true;
}

/* Whether one of the ;-separated values is this one. */
static bool listed(const char *values, const char *one, size_t len)
{
    for (const char *at = values; at;) {
        const char *end = strchr(at, ';');
        size_t n = end ? (size_t)(end - at) : strlen(at);
        if (n == len && strncmp(at, one, n) == 0)
            return true;
        at = end ? end + 1 : NULL;
    }
    return false;
}

static bool check_list(const struct field *f, const char *text, struct complaint *c)
{
    bool many = f->type == FIELD_MULTIPICKLIST;
    int n = 0;

    for (const char *at = text; at;) {
        const char *end = many ? strchr(at, ';') : NULL;
        size_t len = end ? (size_t)(end - at) : strlen(at);
        if (++n > MOST_LIST_VALUES) {
            buffer_printf(&c->message, "%s: more than %d values", f->label, MOST_LIST_VALUES);
            refuse(c, "TOO_MANY_ENUM_VALUE");
            return false;
        }
        if ((f->flags & F_RESTRICTED) && !listed(f->values ? f->values : "", at, len)) {
            buffer_printf(&c->message, "%s: bad value for restricted picklist field: %.*s", f->label, (int)len, at);
            refuse(c, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
            return false;
        }
        at = end ? end + 1 : NULL;
    }
    return true;
}

static json_t *take_text(const struct field *f, const json_t *given, struct complaint *c)
{
    const char *s = json_string_value(given);
    if (!s)
        return cannot_read(f, given, c);
    size_t len = strlen(s);
    while (len && isspace((unsigned char)s[len - 1]))
        len--;
    while (len && isspace((unsigned char)*s))
        s++, len--;
    char *text = xstrndup(s, len);
    json_t *taken = NULL;

    if (f->length > 0 && characters(text) > (size_t)f->length) {
        buffer_printf(&c->message, "%s: data value too large: ", f->label);
        buffer_add_string(&c->message, text);
        buffer_printf(&c->message, " (max length=%d)", f->length);
        refuse(c, "STRING_TOO_LONG");
    } else if (!len) {
        taken = json_null();
    } else if (f->type == FIELD_EMAIL && !is_email(text)) {
        buffer_printf(&c->message, "%s: invalid email address: %s", f->label, text);
        refuse(c, "INVALID_EMAIL_ADDRESS");
    } else if ((f->type != FIELD_PICKLIST && f->type != FIELD_MULTIPICKLIST) || check_list(f, text, c)) {
        taken = json_string(text);
    }
    free(text);
    return taken;
}

/* ---- the others ---- */

/* A JSON number, or a numeric string as a number; NULL: neither. New reference. */
static json_t *read_number(const json_t *given)
{
    const char *s = json_string_value(given);
    json_t *number = NULL;

    if (json_is_number(given))
        return json_incref((json_t *)given);
    if (s && *s && strlen(s) < 64 && !isspace((unsigned char)*s) && !strpbrk(s, "xXnNpP")) {
        char *end;
        double d = strtod(s, &end);
        if (!*end)
            number = strpbrk(s, ".eE") ? json_real(d) : json_integer(strtoll(s, NULL, 10));
    }
    return number;
}

/* Whole numbers of 18 digits do not survive as doubles. */
static bool too_many_digits(const json_t *number, int whole_digits)
{
    json_int_t most = 1;

    if (!json_is_integer(number) || whole_digits > 18)
        return fabs(json_number_value(number)) >= pow(10, whole_digits);
    for (int i = 0; i < whole_digits; i++)
        most *= 10;
    return json_integer_value(number) >= most || json_integer_value(number) <= -most;
}

static json_t *take_number(const struct field *f, const json_t *given, struct complaint *c)
{
    json_t *number = read_number(given);
    int whole_digits = f->type == FIELD_INT ? f->precision : f->precision - f->scale;

    if (!number)
        return cannot_read(f, given, c);
    double d = json_number_value(number), places = pow(10, f->scale);
    if (f->type == FIELD_INT && d != floor(d)) {
        json_decref(number);
        return cannot_read(f, given, c);
    }
    if (too_many_digits(number, whole_digits)) {
        buffer_printf(&c->message, "%s: value outside of valid range on numeric field: %.17g", f->label, d);
        json_decref(number);
        return refuse(c, "NUMBER_OUTSIDE_VALID_RANGE");
    }
    if (json_is_integer(number))
        return number;
    json_decref(number);
    return f->type == FIELD_INT || (f->scale == 0 && fabs(d) < 9e15) ? json_integer((json_int_t)llround(d))
                                                                     : json_real(round(d * places) / places);
}

static json_t *take_time(const struct field *f, const json_t *given, struct complaint *c)
{
    const char *s = json_string_value(given);
    char stored[32];

    if (s && f->type == FIELD_DATE && value_date(s))
        return json_string(s);
    if (s && f->type == FIELD_DATETIME && value_datetime(s, stored))
        return json_string(stored);
    if (s && f->type == FIELD_TIME && value_time(s))
        return json_string(s);
    return cannot_read(f, given, c);
}

static json_t *take_id(const struct field *f, const json_t *given, struct complaint *c)
{
    const char *s = json_string_value(given);
    char id[RECORD_ID_SIZE];

    if (!s)
        return cannot_read(f, given, c);
    if (!*s)
        return json_null();
    if (record_id_read(s, id))
        return json_string(id);
    buffer_printf(&c->message, "%s: id value of incorrect type: %s", f->label, s);
    return refuse(c, "MALFORMED_ID");
}

json_t *value_take(const struct field *f, const json_t *given, struct complaint *c)
{
    if (json_is_null(given) && f->type != FIELD_BOOLEAN)
        return json_null();
    switch (f->type) {
    case FIELD_BOOLEAN:
        return json_is_boolean(given) ? json_incref((json_t *)given) : cannot_read(f, given, c);
    case FIELD_INT:
    case FIELD_DOUBLE:
    case FIELD_CURRENCY:
    case FIELD_PERCENT:
        return take_number(f, given, c);
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        return take_time(f, given, c);
    case FIELD_ID:
    case FIELD_REFERENCE:
        return take_id(f, given, c);
    default:
        return take_text(f, given, c);
    }
}
