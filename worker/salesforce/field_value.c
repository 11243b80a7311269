/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/field_value.h"

#include "common/memory.h"
#include "common/spelling.h"
#include "worker/salesforce/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MOST = 100, VALUE_CEILING = 1 << 24, SHOWN = 60, YEAR_LEAST = 1700, YEAR_MOST = 4000 };

#define WRONG_TYPE "JSON_PARSER_ERROR"

/* ---- kinds of fields ---- */

static bool is_type(const struct describe_field *f, const char *const *types)
{
    for (; *types; types++)
        if (strcmp(f->type, *types) == 0)
            return true;
    return false;
}

bool field_is_number(const struct describe_field *f)
{
    return is_type(f, (const char *const[]){"int", "long", "double", "currency", "percent", NULL});
}

static bool is_id(const struct describe_field *f)
{
    return is_type(f, (const char *const[]){"id", "reference", NULL});
}

static bool is_text(const struct describe_field *f)
{
    return is_type(f, (const char *const[]){"string", "textarea", "email", "phone", "url", "picklist", "multipicklist",
                                            "combobox", "encryptedstring", NULL});
}

static int whole_digits(const struct describe_field *f)
{
    return f->digits > 0 ? f->digits : f->precision - f->scale;
}

void field_say_type(const struct describe_field *f, struct buffer *b)
{
    buffer_add_string(b, f->type);
    if (is_text(f) && f->length > 0)
        buffer_printf(b, " of %lld characters", (long long)f->length);
    else if (field_is_number(f) && whole_digits(f) > 0)
        buffer_printf(b, " of %d digits%s", whole_digits(f), f->scale ? " before the point" : "");
}

/* What `as` makes is text, a number, a truth value or a time; a text may be a number or an Id. */
bool field_takes(const struct describe_field *f, enum as as)
{
    bool known = is_text(f) || field_is_number(f) || is_id(f) ||
                 is_type(f, (const char *const[]){"boolean", "date", "datetime", "time", NULL});

    if (!known)
        return true;
    switch (as) {
    case AS_IS:
        return true;
    case AS_STRING:
        return strcmp(f->type, "boolean") != 0;
    case AS_NUMBER:
    case AS_INTEGER:
        return field_is_number(f);
    case AS_BOOLEAN:
        return strcmp(f->type, "boolean") == 0;
    case AS_DATE:
        return strcmp(f->type, "date") == 0 || is_text(f);
    case AS_DATETIME:
        return strcmp(f->type, "datetime") == 0 || is_text(f);
    case AS_TIME:
        return strcmp(f->type, "time") == 0 || is_text(f);
    case AS_MULTIPICKLIST:
        return is_text(f);
    }
    return true;
}

/* ---- what is wrong, in words ---- */

static const char *wrong_type(const struct describe_field *f, const struct json_node *value, struct buffer *why)
{
    static const char *const kinds[] = {"null", "false", "true", "a number", "a text", "a list", "an object"};

    buffer_printf(why, "%s given, but the field is a ", kinds[value->kind]);
    field_say_type(f, why);
    if (is_text(f) && value->kind <= JSON_NODE_NUMBER)
        buffer_add_string(why, "; as = \"string\" makes it one");
    return WRONG_TYPE;
}

static void show(struct buffer *why, struct text t)
{
    size_t len = t.len < SHOWN ? t.len : SHOWN;

    while (len < t.len && len && ((unsigned char)t.at[len] & 0xc0) == 0x80)
        len--;
    buffer_add_char(why, '"');
    buffer_add(why, t.at, len);
    buffer_add_string(why, len < t.len ? "…\"" : "\"");
}

/* ---- text ---- */

/* As Salesforce counts: UTF-16 units would count some twice, which only matters beyond the basic plane. */
static size_t characters(struct text t)
{
    size_t n = 0;

    for (size_t i = 0; i < t.len; i++)
        n += ((unsigned char)t.at[i] & 0xc0) != 0x80;
    return n;
}

static bool is_listed(const struct describe_field *f, struct text one)
{
    for (size_t i = 0; i < f->nvalues; i++)
        if (f->values[i].active && text_is(one, f->values[i].value))
            return true;
    return false;
}

static void add_choices(const struct describe_field *f, struct text one, struct buffer *why)
{
    const char **names = xcalloc(f->nvalues, sizeof *names);
    char *given = xstrndup(one.at, one.len);
    size_t n = 0;

    for (size_t i = 0; i < f->nvalues; i++)
        if (f->values[i].active)
            names[n++] = f->values[i].value;
    const char *nearest = spelling_nearest(given, names, n);
    if (nearest)
        buffer_printf(why, "; did you mean \"%s\"?", nearest);
    else
        buffer_add_string(why, n ? "; allowed: " : "");
    for (size_t i = 0; !nearest && i < n; i++)
        buffer_printf(why, "%s\"%s\"", i ? ", " : "", names[i]);
    free(given);
    free(names);
}

static const char *check_choice(const struct describe_field *f, struct text one, struct buffer *why)
{
    if (is_listed(f, one))
        return NULL;
    show(why, one);
    buffer_add_string(why, " is no value of this restricted picklist");
    add_choices(f, one, why);
    return "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
}

static const char *check_choices(const struct describe_field *f, struct text t, struct buffer *why)
{
    bool many = strcmp(f->type, "multipicklist") == 0;
    const char *code = NULL;
    int n = 0;

    for (const char *at = t.at, *end = t.at + t.len; !code && at <= end;) {
        const char *stop = many ? memchr(at, ';', (size_t)(end - at)) : NULL;
        stop = stop ? stop : end;
        if (++n > VALUES_MOST) {
            buffer_printf(why, "more than %d values", VALUES_MOST);
            return "TOO_MANY_ENUM_VALUE";
        }
        if (f->restricted_picklist)
            code = check_choice(f, text_make(at, (size_t)(stop - at)), why);
        at = stop + 1;
    }
    return code;
}

static struct text trimmed(struct text t)
{
    while (t.len && isspace((unsigned char)t.at[t.len - 1]))
        t.len--;
    while (t.len && isspace((unsigned char)*t.at))
        t.at++, t.len--;
    return t;
}

static const char *check_text(const struct describe_field *f, struct text t, struct buffer *why)
{
    bool picklist = strcmp(f->type, "picklist") == 0 || strcmp(f->type, "multipicklist") == 0;

    if (f->length > 0 && characters(t) > (size_t)f->length) {
        buffer_printf(why, "%zu characters given, the field takes %lld", characters(t), (long long)f->length);
        return "STRING_TOO_LONG";
    }
    return t.len && picklist ? check_choices(f, t, why) : NULL;
}

/* ---- numbers ---- */

/* Digits before the point, leading zeros aside; -1: no number. Exponents count. */
static long digits_before_point(struct text t, bool *whole)
{
    char copy[64], *end;

    if (!t.len || t.len >= sizeof copy || isspace((unsigned char)*t.at))
        return -1;
    memcpy(copy, t.at, t.len);
    copy[t.len] = '\0';
    if (strspn(copy, "+-0123456789.eE") != t.len)
        return -1;
    double d = strtod(copy, &end);
    if (*end)
        return -1;
    char plain[400];
    int len = snprintf(plain, sizeof plain, "%.0f", d < 0 ? -d : d);
    const char *point = strchr(copy, '.'), *from = copy + strspn(copy, "+-0");
    *whole = d > -9e18 && d < 9e18 ? d == (double)(long long)d : true;
    if (strpbrk(copy, "eE")) /* as the double says it */
        return d > -1 && d < 1 ? 0 : len;
    return (long)(point && point >= from ? (size_t)(point - from) : point ? 0 : strlen(from));
}

static const char *check_number(const struct describe_field *f, const struct json_node *value, struct text t,
                                struct buffer *why)
{
    bool whole = false;
    long digits = digits_before_point(t, &whole);

    if (digits < 0 || (strcmp(f->type, "int") == 0 && !whole))
        return wrong_type(f, value, why);
    if (whole_digits(f) <= 0 || digits <= whole_digits(f))
        return NULL;
    show(why, t);
    buffer_printf(why, " has %ld digits before the point, the field takes %d", digits, whole_digits(f));
    return "NUMBER_OUTSIDE_VALID_RANGE";
}

/* ---- times ---- */

static bool is_date(const char *s, int *used)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    if (sscanf(s, "%4d-%2d-%2d%n", &year, &month, &day, used) != 3 || *used != 10)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= YEAR_LEAST && year <= YEAR_MOST && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap);
}

static bool is_time_of_day(const char *s, int *used)
{
    int hour, minute, second;

    if (sscanf(s, "%2d:%2d:%2d%n", &hour, &minute, &second, used) != 3 || *used != 8 || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    if (s[*used] == '.')
        *used += 1 + (int)strspn(s + *used + 1, "0123456789");
    return true;
}

static bool is_zone(const char *s)
{
    int hour, minute, used = 0;

    return strcmp(s, "Z") == 0 ||
           ((*s == '+' || *s == '-') && sscanf(s + 1, "%2d:%2d%n", &hour, &minute, &used) == 2 && used == 5 && !s[6]);
}

static bool is_moment(const char *type, const char *s)
{
    int date = 0, time = 0;

    if (strcmp(type, "time") == 0)
        return is_time_of_day(s, &time) && strcmp(s + time, "Z") == 0;
    if (!is_date(s, &date))
        return false;
    if (strcmp(type, "date") == 0)
        return !s[date];
    return s[date] == 'T' && is_time_of_day(s + date + 1, &time) && is_zone(s + date + 1 + time);
}

static const char *check_moment(const struct describe_field *f, struct text t, struct buffer *why)
{
    char *s = xstrndup(t.at, t.len);
    bool fits = is_moment(f->type, s);

    free(s);
    if (fits)
        return NULL;
    show(why, t);
    if (strcmp(f->type, "time") == 0)
        buffer_add_string(why, " is no time of the form 10:15:30.000Z; as = \"time\" makes one");
    else
        buffer_printf(why, " is no %s of the form %s, from %d to %d; as = \"%s\" makes one", f->type,
                      strcmp(f->type, "date") == 0 ? "2024-05-22" : "2024-05-22T13:14:15.000Z", YEAR_LEAST, YEAR_MOST,
                      f->type);
    return WRONG_TYPE;
}

/* ---- all ---- */

static const char *check_id(struct text t, struct buffer *why)
{
    if (!t.len || request_is_id(t))
        return NULL;
    show(why, t);
    buffer_add_string(why, " is no Id: 15 or 18 letters and digits are");
    return "MALFORMED_ID";
}

static const char *check_string(const struct describe_field *f, const struct json_node *value, struct text t,
                                struct buffer *why)
{
    if (is_text(f))
        return check_text(f, trimmed(t), why);
    if (is_id(f))
        return check_id(t, why);
    if (field_is_number(f))
        return check_number(f, value, t, why);
    if (is_type(f, (const char *const[]){"date", "datetime", "time", NULL}))
        return check_moment(f, t, why);
    return strcmp(f->type, "boolean") == 0 ? wrong_type(f, value, why) : NULL;
}

static const char *check_null(const struct describe_field *f, struct buffer *why)
{
    if (f->nillable || f->defaulted_on_create)
        return NULL;
    buffer_add_string(why, "null given, but the field cannot be empty");
    return "REQUIRED_FIELD_MISSING";
}

const char *field_value_check(const struct describe_field *f, const struct json_node *value, struct buffer *why)
{
    struct buffer text = BUFFER_INIT(VALUE_CEILING);
    const char *code = NULL;

    switch ((enum json_kind)value->kind) {
    case JSON_NODE_NULL:
        return strcmp(f->type, "boolean") == 0 ? wrong_type(f, value, why) : check_null(f, why);
    case JSON_NODE_STRING:
        json_decode(value, &text);
        code = check_string(f, value, buffer_text(&text), why);
        buffer_release(&text);
        return code;
    case JSON_NODE_NUMBER:
        return field_is_number(f) ? check_number(f, value, json_raw(value), why) : wrong_type(f, value, why);
    case JSON_NODE_TRUE:
    case JSON_NODE_FALSE:
        return strcmp(f->type, "boolean") == 0 ? NULL : wrong_type(f, value, why);
    default:
        return wrong_type(f, value, why);
    }
}
