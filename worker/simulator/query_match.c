/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/query_match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The part of a path before the next dot; *rest is NULL at the last one. */
static void split_path(const char *path, char part[80], const char **rest)
{
    size_t n = strcspn(path, ".");
    snprintf(part, 80, "%.*s", (int)n, path);
    *rest = path[n] ? path + n + 1 : NULL;
}

const struct field *query_field(const struct world *w, const struct object *o, const char *path)
{
    char part[80];
    const char *rest;

    split_path(path, part, &rest);
    if (!rest)
        return object_field(o, part);
    const struct field *through = object_relation(o, part);
    if (!through)
        return NULL;
    snprintf(part, sizeof part, "%.*s", (int)strcspn(through->refers_to, ";"), through->refers_to);
    const struct object *parent = schema_object(w->schema, part);
    return parent ? query_field(w, parent, rest) : NULL;
}

const json_t *query_value(const struct world *w, const struct record *r, const char *path)
{
    char part[80];
    const char *rest;

    split_path(path, part, &rest);
    const struct field *f = rest ? object_relation(r->object, part) : object_field(r->object, part);
    const json_t *value = f ? json_object_get(r->fields, f->name) : NULL;
    if (!value || json_is_null(value))
        return NULL;
    if (!rest)
        return value;
    const struct record *parent = store_find(w->store, json_string_value(value));
    return parent ? query_value(w, parent, rest) : NULL;
}

/* LIKE: % is any text, _ one character, any case; \% and \_ are themselves. */
static bool is_like(const char *text, const char *pattern)
{
    const char *star = NULL, *mark = NULL;

    while (*text) {
        bool escaped = *pattern == '\\' && pattern[1];
        const char *literal = escaped ? pattern + 1 : pattern;
        if (*pattern == '%') {
            star = ++pattern;
            mark = text;
        } else if ((*pattern == '_' && !escaped) ||
                   (*pattern && tolower((unsigned char)*literal) == tolower((unsigned char)*text))) {
            pattern = literal + 1;
            text++;
        } else if (star) {
            pattern = star;
            text = ++mark;
        } else {
            return false;
        }
    }
    while (*pattern == '%')
        pattern++;
    return !*pattern;
}

static int compare_text(const struct field *f, const char *a, const char *b)
{
    char x[RECORD_ID_SIZE], y[RECORD_ID_SIZE];

    if (f->type == FIELD_ID || f->type == FIELD_REFERENCE)
        return record_id_read(a, x) && record_id_read(b, y) ? strcmp(x, y) : strcmp(a, b);
    return (f->flags & (F_UNIQUE | F_CASE_SENSITIVE)) == (F_UNIQUE | F_CASE_SENSITIVE) ? strcmp(a, b)
                                                                                       : strcasecmp(a, b);
}

/* Nothing comes before something. */
static int compare(const struct field *f, const json_t *a, const json_t *b)
{
    if (json_is_string(a) && json_is_string(b))
        return compare_text(f, json_string_value(a), json_string_value(b));
    if (json_is_integer(a) && json_is_integer(b))
        return (json_integer_value(a) > json_integer_value(b)) - (json_integer_value(a) < json_integer_value(b));
    if (json_is_number(a) && json_is_number(b))
        return (json_number_value(a) > json_number_value(b)) - (json_number_value(a) < json_number_value(b));
    if (json_is_boolean(a) && json_is_boolean(b))
        return json_is_true(a) - json_is_true(b);
    return (a && !json_is_null(a)) - (b && !json_is_null(b));
}

static bool is_in(const struct field *f, const json_t *value, const json_t *list)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (compare(f, value, one) == 0) return true;
    return false;
}

static bool meets_comparison(const struct world *w, const struct record *r, const struct soql_condition *c)
{
    const struct field *f = query_field(w, r->object, c->field);
    const json_t *value = query_value(w, r, c->field);

    if (c->op == SOQL_IN || c->op == SOQL_NOT_IN)
        return is_in(f, value, c->value) == (c->op == SOQL_IN);
    if (c->op == SOQL_LIKE)
        return json_is_string(value) && json_is_string(c->value) &&
               is_like(json_string_value(value), json_string_value(c->value));
    int order = compare(f, value, c->value);
    bool both = value && !json_is_null(c->value);
    switch (c->op) {
    case SOQL_EQ:
        return order == 0;
    case SOQL_NE:
        return order != 0;
    case SOQL_LT:
        return both && order < 0;
    case SOQL_LE:
        return both && order <= 0;
    case SOQL_GT:
        return both && order > 0;
    default:
        return both && order >= 0;
    }
}

bool query_meets(const struct world *w, const struct record *r, const struct soql_condition *c)
{
    if (!c)
        return true;
    if (c->op == SOQL_AND)
        return query_meets(w, r, c->left) && query_meets(w, r, c->right);
    if (c->op == SOQL_OR)
        return query_meets(w, r, c->left) || query_meets(w, r, c->right);
    return c->op == SOQL_NOT ? !query_meets(w, r, c->left) : meets_comparison(w, r, c);
}

struct sorting {
    const struct world *w;
    const struct soql *q;
};

static int compare_records(const void *x, const void *y, void *context)
{
    const struct sorting *s = context;
    const struct record *a = *(struct record *const *)x, *b = *(struct record *const *)y;

    for (size_t i = 0; i < s->q->norders; i++) {
        const struct soql_order *o = &s->q->orders[i];
        const json_t *va = query_value(s->w, a, o->field), *vb = query_value(s->w, b, o->field);
        int order = compare(query_field(s->w, a->object, o->field), va, vb);
        if (!va != !vb)
            return o->nulls_last ? -order : order;
        if (order)
            return o->descending ? -order : order;
    }
    return (a->born > b->born) - (a->born < b->born);
}

void query_sort(const struct world *w, const struct soql *q, struct record **records, size_t n)
{
    struct sorting s = {w, q};
    qsort_r(records, n, sizeof(struct record *), compare_records, &s);
}
