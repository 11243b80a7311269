/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/convert.h"

#include "worker/change/decimal.h"
#include "worker/change/schema.h"
#include "worker/change/times.h"

#include <strings.h>

struct conversion {
    struct buffer *work, *out;
    struct problem *problem;
};

static const char *const kinds[] = {"null", "a boolean", "a boolean", "a number", "a text", "an array", "an object"};
static const char *const wanted[] = {"plain value", "string",   "number", "integer",      "boolean",
                                     "date",        "datetime", "time",   "multipicklist"};

static enum converted refuse(struct conversion *c, const char *why)
{
    problem_set(c->problem, CODE_MAP_CONVERT, "the value %s", why);
    return CONVERT_REFUSED;
}

static enum converted refuse_kind(struct conversion *c, const struct json_node *n, enum as as)
{
    bool container = n->kind >= JSON_NODE_ARRAY;
    problem_set(c->problem, container ? CODE_MAP_TYPE : CODE_MAP_CONVERT, "the value is %s and no %s", kinds[n->kind],
                wanted[as]);
    return CONVERT_REFUSED;
}

/* The text of a string node: in place, or decoded into `work`. */
static struct text text_in(struct conversion *c, const struct json_node *n)
{
    if (!n->escaped)
        return json_inner(n);
    buffer_clear(c->work);
    json_decode(n, c->work);
    return buffer_text(c->work);
}

static bool is_bool(const struct json_node *n)
{
    return n->kind == JSON_NODE_TRUE || n->kind == JSON_NODE_FALSE;
}

/* ---- string, number, boolean ------------------------------------------------------------------------------------------------- */

static enum converted to_string(struct conversion *c, const struct json_node *n)
{
    if (n->kind == JSON_NODE_STRING)
        return CONVERT_SAME;
    if (n->kind != JSON_NODE_NUMBER) {
        json_quote(json_raw(n), c->out);
        return CONVERT_NEW;
    }
    buffer_add_char(c->out, '"');
    if (!decimal_plain(json_raw(n), c->out))
        return refuse(c, "is a number with too many digits");
    buffer_add_char(c->out, '"');
    return CONVERT_NEW;
}

static enum converted to_number(struct conversion *c, const struct json_node *n)
{
    if (n->kind == JSON_NODE_NUMBER)
        return CONVERT_SAME;
    if (n->kind >= JSON_NODE_ARRAY)
        return refuse_kind(c, n, AS_NUMBER);
    if (is_bool(n))
        buffer_add_char(c->out, n->kind == JSON_NODE_TRUE ? '1' : '0');
    else if (!decimal_of_text(text_in(c, n), c->out))
        return refuse(c, "is a text that is no number");
    return CONVERT_NEW;
}

static enum converted to_integer(struct conversion *c, const struct json_node *n)
{
    struct text number = json_raw(n);
    if (n->kind != JSON_NODE_NUMBER) {
        struct buffer plain = BUFFER_INIT(n->len + 2);
        struct conversion inner = {c->work, &plain, c->problem};
        bool good = to_number(&inner, n) == CONVERT_NEW;
        if (good && !decimal_integer(buffer_text(&plain), c->out))
            good = refuse(c, "is no whole number") != CONVERT_REFUSED;
        buffer_release(&plain);
        return good ? CONVERT_NEW : CONVERT_REFUSED;
    }
    if (!decimal_integer(number, c->out))
        return refuse(c, "is no whole number");
    return CONVERT_NEW;
}

static bool is_word(struct text t, const char *word)
{
    return t.len == strlen(word) && strncasecmp(t.at, word, t.len) == 0;
}

static enum converted to_boolean(struct conversion *c, const struct json_node *n)
{
    static const char *const words[2][6] = {{"0", "f", "false", "n", "no", "off"},
                                            {"1", "t", "true", "y", "yes", "on"}};
    struct text t;

    if (is_bool(n))
        return CONVERT_SAME;
    if (n->kind >= JSON_NODE_ARRAY)
        return refuse_kind(c, n, AS_BOOLEAN);
    if (n->kind == JSON_NODE_NUMBER) {
        buffer_clear(c->work);
        if (!decimal_integer(json_raw(n), c->work))
            return refuse(c, "is a number other than 0 and 1");
        t = buffer_text(c->work);
    } else {
        t = text_in(c, n);
    }
    for (int truth = 0; truth < 2; truth++)
        for (size_t i = 0; i < 6; i++)
            if (is_word(t, words[truth][i])) {
                buffer_add_string(c->out, truth ? "true" : "false");
                return CONVERT_NEW;
            }
    return refuse(c, n->kind == JSON_NODE_NUMBER ? "is a number other than 0 and 1" : "is a text that is no boolean");
}

/* ---- dates and times --------------------------------------------------------------------------------------------------------- */

static const char *write_moment(const struct moment *m, enum as as, struct buffer *out)
{
    if (as == AS_TIME) {
        int64_t utc = moment_utc(m) % MS_OF_DAY;
        bool midnight = !m->has_date && !m->has_zone && m->local_ms == MS_OF_DAY; /* 24:00:00 */
        return !m->has_time ? "is a date without time"
               : midnight   ? "is no time of a day"
                            : write_time(utc < 0 ? utc + MS_OF_DAY : utc, out);
    }
    if (!m->has_date)
        return "is a time without date";
    return as == AS_DATE ? write_date(m->local_ms, out) : write_datetime(moment_utc(m), out);
}

/* A text of digits: in headers, and where a converter writes long numbers as texts. */
static bool is_whole_number(const struct json_node *n)
{
    struct text t = n->kind == JSON_NODE_STRING ? json_inner(n) : TEXT_NONE;
    size_t sign = t.len > 0 && t.at[0] == '-', i = sign;
    while (i < t.len && t.at[i] >= '0' && t.at[i] <= '9')
        i++;
    return i == t.len && i > sign;
}

/* Numbers count `unit`s; `since_1970`: not since midnight, even where a time of day is wanted. */
static enum converted to_moment(struct conversion *c, const struct json_node *n, enum as as, enum unit unit,
                                bool since_1970)
{
    struct moment m = {.has_date = true, .has_time = true};
    const char *why;

    if (n->kind == JSON_NODE_NUMBER || (unit != UNIT_NONE && is_whole_number(n))) {
        why = moment_of_number(n->kind == JSON_NODE_NUMBER ? json_raw(n) : json_inner(n), unit, &m.local_ms);
        if (!why && as == AS_TIME && !since_1970)
            why = write_time(m.local_ms, c->out);
        else if (!why)
            why = write_moment(&m, as, c->out);
    } else if (n->kind == JSON_NODE_STRING) {
        why = moment_of_text(text_in(c, n), &m);
        if (!why)
            why = write_moment(&m, as, c->out);
    } else {
        return refuse_kind(c, n, as);
    }
    return why ? refuse(c, why) : CONVERT_NEW;
}

/* ---- multi-select picklists -------------------------------------------------------------------------------------------------- */

struct list {
    struct conversion *c;
    bool any;
};

static bool add_element(struct list *l, struct text t)
{
    while (t.len > 0 && (unsigned char)t.at[0] <= ' ') {
        t.at++;
        t.len--;
    }
    while (t.len > 0 && (unsigned char)t.at[t.len - 1] <= ' ')
        t.len--;
    if (t.len == 0)
        return true;
    if (memchr(t.at, ';', t.len)) {
        refuse(l->c, "has an element that contains ';', which separates elements in Salesforce");
        return false;
    }
    if (l->any)
        buffer_add_char(l->c->out, ';');
    l->any = true;
    json_escape(t, l->c->out);
    return true;
}

static bool add_comma_list(struct list *l, struct text t)
{
    while (t.at) {
        const char *comma = memchr(t.at, ',', t.len);
        struct text element = text_make(t.at, comma ? (size_t)(comma - t.at) : t.len);
        if (!add_element(l, element))
            return false;
        t = comma ? text_make(comma + 1, t.len - element.len - 1) : TEXT_NONE;
    }
    return true;
}

static bool add_array(struct list *l, const struct json_node *array)
{
    for (const struct json_node *n = json_first(array); n < json_end(array); n = json_next(n)) {
        if (n->kind >= JSON_NODE_ARRAY || n->unpaired) {
            problem_set(l->c->problem, n->unpaired ? CODE_MAP_TEXT : CODE_MAP_TYPE,
                        "the list has an element that is no plain value");
            return false;
        }
        if (n->kind != JSON_NODE_NULL && !add_element(l, n->kind == JSON_NODE_STRING ? text_in(l->c, n) : json_raw(n)))
            return false;
    }
    return true;
}

static enum converted to_multipicklist(struct conversion *c, const struct json_node *n)
{
    struct list l = {c, false};
    if (n->kind == JSON_NODE_OBJECT)
        return refuse_kind(c, n, AS_MULTIPICKLIST);
    buffer_add_char(c->out, '"');
    bool good = n->kind == JSON_NODE_ARRAY    ? add_array(&l, n)
                : n->kind == JSON_NODE_STRING ? add_comma_list(&l, text_in(c, n))
                                              : add_element(&l, json_raw(n));
    buffer_add_char(c->out, '"');
    return !good ? CONVERT_REFUSED : l.any ? CONVERT_NEW : CONVERT_NULL;
}

/* ---- all of them -------------------------------------------------------------------------------------------------------------- */

static enum converted convert_as(struct conversion *c, const struct json_node *n, enum as as, enum unit unit)
{
    if (n->unpaired) {
        problem_set(c->problem, CODE_MAP_TEXT, "the text holds half a surrogate pair");
        return CONVERT_REFUSED;
    }
    switch (as) {
    case AS_IS:
        return n->kind >= JSON_NODE_ARRAY ? refuse_kind(c, n, as) : CONVERT_SAME;
    case AS_STRING:
        return to_string(c, n);
    case AS_NUMBER:
        return to_number(c, n);
    case AS_INTEGER:
        return to_integer(c, n);
    case AS_BOOLEAN:
        return to_boolean(c, n);
    case AS_DATE:
    case AS_DATETIME:
        return to_moment(c, n, as, unit, true);
    case AS_TIME:
        return to_moment(c, n, as, unit, false);
    case AS_MULTIPICKLIST:
        return to_multipicklist(c, n);
    }
    return CONVERT_REFUSED;
}

static enum converted convert_moment(struct conversion *c, const struct json_node *n, enum semantic semantic,
                                     enum as as, enum unit unit)
{
    static const enum as natural[] = {
        [SEMANTIC_DATE] = AS_DATE, [SEMANTIC_TIME] = AS_TIME, [SEMANTIC_DATETIME] = AS_DATETIME};

    if (as == AS_NUMBER || as == AS_INTEGER) /* the number on the wire */
        return convert_as(c, n, as, unit);
    if (as == AS_IS || as == AS_STRING)
        as = natural[semantic];
    if (as != AS_DATE && as != AS_TIME && as != AS_DATETIME)
        return refuse(c, "is a date or time by its schema");
    if ((semantic == SEMANTIC_TIME) != (as == AS_TIME) && semantic != SEMANTIC_DATETIME)
        return refuse(c, semantic == SEMANTIC_TIME ? "is a time without date" : "is a date without time");
    return to_moment(c, n, as, unit, semantic == SEMANTIC_DATETIME);
}

/* As any number goes; what stays as it is is written out, since it is not the value's whole text. */
static enum converted convert_number(struct conversion *c, const struct json_node *number, enum as as, enum unit unit)
{
    enum converted result = convert_as(c, number, as, unit);
    if (result != CONVERT_SAME)
        return result;
    buffer_add_text(c->out, json_raw(number));
    return CONVERT_NEW;
}

/* Decimals become a number first. */
static enum converted convert_decimal(struct conversion *c, const struct json_node *n, const struct json_node *schema,
                                      enum semantic semantic, enum as as, enum unit unit)
{
    int scale = 0;
    bool scaled = semantic == SEMANTIC_BITS || (semantic == SEMANTIC_DECIMAL && schema_scale(schema, &scale));
    if (semantic == SEMANTIC_SCALED_DECIMAL && n->kind == JSON_NODE_OBJECT) {
        scaled = small_integer(json_member(n, text_of("scale")), &scale);
        n = json_member(n, text_of("value"));
    }
    if (!n || n->kind != JSON_NODE_STRING) /* a converter may write decimals as numbers */
        return n && n->kind == JSON_NODE_NUMBER ? convert_number(c, n, as, unit) : refuse(c, "is no decimal");
    if (!scaled)
        return refuse(c, "is a decimal whose scale is not given");

    struct buffer number = BUFFER_INIT(2048);
    const char *why = semantic == SEMANTIC_BITS ? decimal_of_bits(text_in(c, n), &number)
                                                : decimal_of_base64(text_in(c, n), scale, &number);
    struct json_node read = {.at = number.bytes, .len = (uint32_t)number.len, .span = 1, .kind = JSON_NODE_NUMBER};
    enum converted result = why ? refuse(c, why) : convert_number(c, &read, as, unit);
    buffer_release(&number);
    return result;
}

enum converted convert(const struct json_node *value, const struct json_node *schema, enum as as, enum unit unit,
                       struct buffer *work, struct buffer *out, struct problem *p)
{
    struct conversion c = {work, out, p};
    enum unit schema_unit;
    enum semantic semantic = schema ? schema_semantic(schema, &schema_unit) : SEMANTIC_NONE;

    switch (semantic) {
    case SEMANTIC_DATE:
    case SEMANTIC_TIME:
    case SEMANTIC_DATETIME:
        return convert_moment(&c, value, semantic, as, schema_unit);
    case SEMANTIC_DECIMAL:
    case SEMANTIC_SCALED_DECIMAL:
        return convert_decimal(&c, value, schema, semantic, as, unit);
    case SEMANTIC_BITS:
        if (as == AS_NUMBER || as == AS_INTEGER)
            return convert_decimal(&c, value, schema, semantic, as, unit);
        break;
    case SEMANTIC_SET:
        if (as == AS_IS)
            as = AS_MULTIPICKLIST;
        break;
    case SEMANTIC_NONE:
        break;
    }
    return convert_as(&c, value, as, unit);
}
