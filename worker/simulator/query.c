/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/query.h"

#include "common/memory.h"
#include "worker/simulator/query_match.h"
#include "worker/simulator/retrieve.h"
#include "worker/simulator/soql.h"
#include "worker/simulator/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SMALLEST_PAGE = 1, LARGEST_PAGE = 2000 };

static const char reference_hint[] = "Please reference your WSDL or the describe call for the appropriate names.";

/* ---- whether it can be answered ---- */

static bool no_such_column(const char *statement, size_t at, const char *field, const struct object *o,
                           struct answer *a)
{
    int from = at > 20 ? (int)at - 20 : 0;
    return answer_error(
        a, 400, "INVALID_FIELD",
        "\n%.80s\n%*s^\nERROR at Row:1:Column:%zu\nNo such column '%s' on entity '%s'. If you are attempting "
        "to use a custom field, be sure to append the '__c' after the custom field name. %s",
        statement + from, (int)at - from, "", at + 1, field, o->name, reference_hint);
}

static bool check_value(const struct field *f, const struct soql_condition *c, const json_t *value, struct answer *a)
{
    char id[RECORD_ID_SIZE], stored[32];
    const char *text = json_string_value(value);
    bool id_field = f->type == FIELD_ID || f->type == FIELD_REFERENCE, date = f->type == FIELD_DATE,
         datetime = f->type == FIELD_DATETIME;

    if (json_is_null(value))
        return true;
    if (id_field && (!text || c->bare || (*text && !record_id_read(text, id))))
        return answer_error(a, 400, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", text ? text : "");
    if (field_is_text(f) && (!text || c->bare))
        return answer_error(a, 400, "INVALID_FIELD",
                            "value of filter criterion for field '%s' must be of type string and "
                            "should be enclosed in quotes",
                            f->name);
    if ((date || datetime) && (!c->bare || !text || !(date ? value_date(text) : value_datetime(text, stored))))
        return answer_error(a, 400, "INVALID_FIELD",
                            "value of filter criterion for field '%s' must be of type %s and "
                            "should not be enclosed in quotes",
                            f->name, field_type_names[f->type]);
    if (f->type == FIELD_BOOLEAN && !json_is_boolean(value))
        return answer_error(a, 400, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type boolean",
                            f->name);
    if (f->type >= FIELD_INT && f->type <= FIELD_PERCENT && !json_is_number(value))
        return answer_error(a, 400, "INVALID_FIELD",
                            "value of filter criterion for field '%s' must be of type double and "
                            "should not be enclosed in quotes",
                            f->name);
    return true;
}

static bool check_condition(struct world *w, const char *statement, const struct object *o,
                            const struct soql_condition *c, struct answer *a)
{
    const json_t *value;
    size_t i;

    if (!c)
        return true;
    if (!c->field)
        return check_condition(w, statement, o, c->left, a) && check_condition(w, statement, o, c->right, a);
    const struct field *f = query_field(w, o, c->field);
    if (!f)
        return no_such_column(statement, 0, c->field, o, a);
    if (f->type == FIELD_DATETIME && json_is_string(c->value)) {
        char stored[32];
        if (value_datetime(json_string_value(c->value), stored) && c->bare)
            json_string_set(c->value, stored); /* from here on compared as text */
        else
            return check_value(f, c, c->value, a);
        return true;
    }
    if (!json_is_array(c->value))
        return check_value(f, c, c->value, a);
    json_array_foreach(c->value, i, value) if (!check_value(f, c, value, a)) return false;
    return true;
}

static bool check(struct world *w, const char *statement, const struct soql *q, const struct object *o,
                  struct answer *a)
{
    for (size_t i = 0; i < q->nfields; i++)
        if (!query_field(w, o, q->fields[i]))
            return no_such_column(statement, q->at[i], q->fields[i], o, a);
    for (size_t i = 0; i < q->norders; i++)
        if (!query_field(w, o, q->orders[i].field))
            return no_such_column(statement, 0, q->orders[i].field, o, a);
    return check_condition(w, statement, o, q->where, a);
}

/* ---- finding the records ---- */

struct rows {
    struct record **at;
    size_t n, room;
};

static void rows_add(struct rows *rows, struct record *r)
{
    if (rows->n == rows->room) {
        rows->room = rows->room ? rows->room * 2 : 256;
        rows->at = xreallocarray(rows->at, rows->room, sizeof *rows->at);
    }
    rows->at[rows->n++] = r;
}

static int by_birth(const void *x, const void *y)
{
    const struct record *a = *(struct record *const *)x, *b = *(struct record *const *)y;
    return (a->born > b->born) - (a->born < b->born);
}

/* A condition on a key field that every row must meet, so that not all records need to be looked at; NULL: there is none. */
static const struct soql_condition *find_index(const struct object *o, const struct soql_condition *c)
{
    if (c && c->op == SOQL_AND) {
        const struct soql_condition *left = find_index(o, c->left);
        return left ? left : find_index(o, c->right);
    }
    if (!c || (c->op != SOQL_EQ && c->op != SOQL_IN) || strchr(c->field, '.') || json_is_null(c->value))
        return NULL;
    const json_t *one;
    size_t i;
    json_array_foreach(c->value, i, one) if (json_is_null(one)) return NULL;
    const struct field *f = object_field(o, c->field);
    return f && store_indexes(f) && field_is_text(f) ? c : NULL;
}

static void add_by_key(struct world *w, const struct object *o, const struct field *f, const json_t *value,
                       struct rows *rows)
{
    const char *text = json_string_value(value);
    struct record **found;
    size_t n = text ? store_lookup(w->store, o, f, text, MATCH_ANY_CASE, UINT64_MAX, NULL, 0) : 0;

    if (!n)
        return;
    found = xcalloc(n, sizeof *found);
    store_lookup(w->store, o, f, text, MATCH_ANY_CASE, UINT64_MAX, found, n);
    for (size_t i = 0; i < n; i++)
        rows_add(rows, found[i]);
    free(found);
}

static void find_candidates(struct world *w, const struct object *o, const struct soql *q, bool deleted,
                            struct rows *rows)
{
    const struct soql_condition *c = deleted ? NULL : find_index(o, q->where);
    const json_t *value;
    size_t i;

    if (!c) {
        for (struct record *r = store_next(w->store, NULL); r; r = store_next(w->store, r))
            if (r->object == o && (deleted || !r->deleted))
                rows_add(rows, r);
        return;
    }
    const struct field *f = object_field(o, c->field);
    if (!json_is_array(c->value))
        add_by_key(w, o, f, c->value, rows);
    json_array_foreach(c->value, i, value) add_by_key(w, o, f, value, rows);
    if (rows->n)
        qsort(rows->at, rows->n, sizeof(struct record *), by_birth);
}

static void find(struct world *w, const struct object *o, const struct soql *q, bool deleted, struct rows *rows)
{
    size_t kept = 0;

    find_candidates(w, o, q, deleted, rows);
    for (size_t i = 0; i < rows->n; i++) /* a key listed twice gives its records twice, side by side */
        if (!(kept && rows->at[kept - 1] == rows->at[i]) && query_meets(w, rows->at[i], q->where))
            rows->at[kept++] = rows->at[i];
    rows->n = kept;
    if (q->norders && kept)
        query_sort(w, q, rows->at, kept);
    size_t skip = (uint64_t)q->offset < kept ? (size_t)q->offset : kept;
    if (skip)
        memmove(rows->at, rows->at + skip, (kept - skip) * sizeof *rows->at);
    rows->n -= skip;
    if (q->limit >= 0 && (uint64_t)q->limit < rows->n)
        rows->n = (size_t)q->limit;
}

/* ---- the answer ---- */

/* "Account.Name" becomes {"Account": {"attributes": …, "Name": …}}, with the names as the org spells them. */
static void add_path(const struct world *w, const struct record *r, const char *path, int version, json_t *row)
{
    const char *dot = strchr(path, '.');
    char part[80];

    if (!dot) {
        const struct field *f = object_field(r->object, path);
        json_object_set_new(row, f->name, record_value(r, f));
        return;
    }
    snprintf(part, sizeof part, "%.*s", (int)(dot - path), path);
    const struct field *through = object_relation(r->object, part);
    const char *id = json_string_value(json_object_get(r->fields, through->name));
    const struct record *parent = id ? store_find(w->store, id) : NULL;
    json_t *there = json_object_get(row, through->relation);
    if (!there) {
        there = parent ? json_pack("{s:o}", "attributes", record_attributes(parent, version)) : json_null();
        json_object_set_new(row, through->relation, there);
    }
    if (parent)
        add_path(w, parent, dot + 1, version, there);
}

static json_t *make_rows(struct world *w, const struct call *c, const struct soql *q, const struct rows *rows)
{
    json_t *all = json_array();

    for (size_t i = 0; i < rows->n; i++) {
        json_t *row = json_pack("{s:o}", "attributes", record_attributes(rows->at[i], c->version));
        for (size_t f = 0; f < q->nfields; f++)
            add_path(w, rows->at[i], q->fields[f], c->version, row);
        json_array_append_new(all, row);
    }
    return all;
}

static size_t page_size(const struct world *w, const struct call *c)
{
    int64_t n = c->batch_size ? c->batch_size : w->settings.query_page;
    return (size_t)(n < SMALLEST_PAGE ? SMALLEST_PAGE : n > LARGEST_PAGE ? LARGEST_PAGE : n);
}

/* rows: all of them; the page begins at `from`. */
static void answer_page(struct world *w, const struct call *c, const json_t *rows, size_t from, const char *locator,
                        struct answer *a)
{
    size_t total = json_array_size(rows), end = from + page_size(w, c);
    json_t *page = json_array(), *all;

    if (end > total)
        end = total;
    for (size_t i = from; i < end; i++)
        json_array_append(page, json_array_get(rows, i));
    all = json_pack("{s:I, s:b}", "totalSize", (json_int_t)total, "done", end == total);
    if (end < total)
        json_object_set_new(all, "nextRecordsUrl",
                            json_sprintf("/services/data/v%d.0/query/%s-%zu", c->version, locator, end));
    json_object_set_new(all, "records", page);
    answer_json(a, 200, all);
}

static bool run(struct world *w, const struct call *c, const char *statement, const struct soql *q, struct answer *a)
{
    const struct object *o = schema_object(w->schema, q->object);
    struct rows rows = {NULL, 0, 0};
    char locator[RECORD_ID_SIZE] = "";

    if (!o)
        return answer_error(
            a, 400, "INVALID_TYPE",
            "\n%.80s\n^\nERROR at Row:1:Column:1\nsObject type '%s' is not supported. If you are attempting to "
            "use a custom object, be sure to append the '__c' after the entity name. %s",
            statement, q->object, reference_hint);
    if (!check(w, statement, q, o, a))
        return false;
    find(w, o, q, strcasecmp(c->segments[0], "queryAll") == 0, &rows);
    if (q->count) {
        answer_json(a, 200, json_pack("{s:I, s:b, s:[]}", "totalSize", (json_int_t)rows.n, "done", 1, "records"));
    } else {
        json_t *all = make_rows(w, c, q, &rows);
        if (rows.n > page_size(w, c))
            cursors_open(w->cursors, json_incref(all), w->now_ms + w->settings.locator_life_ms, locator);
        answer_page(w, c, all, 0, locator, a);
        json_decref(all);
    }
    free(rows.at);
    return true;
}

static bool first_page(struct world *w, const struct call *c, struct answer *a)
{
    char why[256] = "", *statement = call_query(c, "q");
    struct soql *q = statement ? soql_parse(text_of(statement), why) : NULL;
    bool good =
        q ? run(w, c, statement, q, a)
          : answer_error(a, 400, "MALFORMED_QUERY", "%s", statement ? why : "A query string has to be specified");
    soql_free(q);
    free(statement);
    return good;
}

static bool next_page(struct world *w, const struct call *c, struct answer *a)
{
    char locator[RECORD_ID_SIZE], *end = NULL;
    const char *given = c->segments[1], *dash = strchr(given, '-');
    unsigned long from = dash ? strtoul(dash + 1, &end, 10) : 0;

    snprintf(locator, sizeof locator, "%.*s", (int)(dash ? dash - given : 0), given);
    const json_t *rows = cursors_rows(w->cursors, locator, w->now_ms);
    if (!rows || (end && *end) || from >= json_array_size(rows))
        return answer_error(a, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    answer_page(w, c, rows, from, locator, a);
    return true;
}

bool query_call(struct world *w, const struct call *c, struct answer *a)
{
    if (strcmp(c->method, "GET") != 0)
        return answer_not_allowed(a, c->method, "GET,HEAD");
    return c->nsegments == 1 ? first_page(w, c, a) : next_page(w, c, a);
}
