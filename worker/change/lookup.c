/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/lookup.h"

#include "worker/change/event_json.h"
#include "worker/change/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_TEXT = 1 << 30 }; /* beyond any message of Kafka's */

/* ---- what is looked at -------------------------------------------------------------------------------------------------------- */

static void begin(struct look *l, const struct message *message, const struct change *change)
{
    l->message = message;
    l->change = change;
    l->text.ceiling = LARGEST_TEXT;
    expression_input_free(l->input);
    l->input = NULL;
}

void look_at_row(struct look *l, const struct message *message, const struct change *change, struct image row)
{
    begin(l, message, change);
    l->rows[0] = row;
    l->nrows = 1;
}

void look_at_deleted(struct look *l, const struct message *message, const struct change *change)
{
    begin(l, message, change);
    l->nrows = 0;
    if (change->before.value)
        l->rows[l->nrows++] = change->before;
    if (change->key.value && change->key.value->kind == JSON_NODE_OBJECT)
        l->rows[l->nrows++] = change->key;
}

void look_release(struct look *l)
{
    expression_input_free(l->input);
    buffer_release(&l->text);
    free(l->json);
    json_doc_release(&l->output);
    *l = (struct look){0};
}

/* ---- values ------------------------------------------------------------------------------------------------------------------- */

/* Debezium puts this where the database did not say the value of a large column that did not change; also as base64 or hex of a binary
 * column, and as the only element of an array or map. */
static bool is_placeholder(const struct json_node *n)
{
    static const char *const forms[] = {"__debezium_unavailable_value", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
                                        "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565",
                                        "\\x5f5f646562657a69756d5f756e617661696c61626c655f76616c7565"};

    if (n->kind >= JSON_NODE_ARRAY)
        return n->span > 1 && json_next(json_first(n)) >= json_end(n) - (n->kind == JSON_NODE_OBJECT) &&
               json_first(n)->kind == JSON_NODE_STRING && is_placeholder(json_first(n));
    if (n->kind != JSON_NODE_STRING || n->len < strlen(forms[0]))
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (json_string_is(n, text_of(forms[i])))
            return true;
    return false;
}

static void set_node(struct value *v, const struct json_node *n, const struct json_node *schema)
{
    v->found = !n                          ? FOUND_ABSENT
               : n->kind == JSON_NODE_NULL ? FOUND_NULL
               : is_placeholder(n)         ? FOUND_KEPT
                                           : FOUND_VALUE;
    v->node = n;
    v->schema = schema;
}

/* The node of a JSON text that is known to be one plain value. */
static void set_plain(struct value *v, struct text json)
{
    char c = json.at[0];
    enum json_kind kind = c == '"'   ? JSON_NODE_STRING
                          : c == 'n' ? JSON_NODE_NULL
                          : c == 't' ? JSON_NODE_TRUE
                          : c == 'f' ? JSON_NODE_FALSE
                                     : JSON_NODE_NUMBER;
    v->own = (struct json_node){.at = json.at,
                                .len = (uint32_t)json.len,
                                .span = 1,
                                .kind = (uint8_t)kind,
                                .escaped = kind == JSON_NODE_STRING && memchr(json.at, '\\', json.len)};
    set_node(v, &v->own, NULL);
}

void value_of_constant(const char *json, struct value *v)
{
    *v = (struct value){.lasting = true};
    set_plain(v, text_of(json));
}

static bool set_text(struct look *l, struct text t, const char *what, struct value *v, struct problem *p)
{
    v->lasting = false;
    if (!json_utf8(t))
        return problem_set(p, CODE_MAP_TEXT, "the %s is not UTF-8", what);
    buffer_clear(&l->text);
    json_quote(t, &l->text);
    set_plain(v, buffer_text(&l->text));
    return true;
}

static void set_number(struct look *l, int64_t number, struct value *v)
{
    v->lasting = false;
    buffer_clear(&l->text);
    buffer_printf(&l->text, "%" PRId64, number);
    set_plain(v, buffer_text(&l->text));
}

/* ---- paths -------------------------------------------------------------------------------------------------------------------- */

/* From `at` on along the steps. Absent where a member is missing, null below a null, a problem where a step meets a
 * value that has no members. */
static bool descend(struct image at, const struct path *path, size_t step, struct value *v, struct problem *p)
{
    static const char *const kinds[] = {"null", "a boolean", "a boolean", "a number", "a text", "an array"};
    for (; step < path->nsteps && at.value && at.value->kind != JSON_NODE_NULL; step++) {
        if (at.value->kind != JSON_NODE_OBJECT)
            return problem_set(p, CODE_MAP_TYPE, "the path meets %s, which has no member \"%s\"", kinds[at.value->kind],
                               path->steps[step]);
        struct text name = text_of(path->steps[step]);
        at.value = json_member(at.value, name);
        at.schema = at.schema && at.value ? schema_member(at.schema, name) : NULL;
    }
    set_node(v, at.value, at.schema);
    return true;
}

static bool look_in_rows(struct look *l, const struct path *path, struct value *v, struct problem *p)
{
    for (size_t i = 0; i < l->nrows; i++)
        if (i + 1 == l->nrows || (path->nsteps > 0 && json_member(l->rows[i].value, text_of(path->steps[0]))))
            return descend(l->rows[i], path, 0, v, p);
    return true; /* absent */
}

bool look_at_framed_key(struct problem *p)
{
    return problem_set(p, CODE_DECODE_MAGIC_BYTE,
                       "the key begins with a zero byte and a schema id, as a schema registry's serializer writes it; "
                       "sfsink reads plain JSON");
}

static bool look_in_key(struct look *l, const struct path *path, struct value *v, struct problem *p)
{
    const struct change *c = l->change;
    if (c->key_framed)
        return look_at_framed_key(p);
    if (c->key_text.at && path->nsteps > 0)
        return problem_set(p, CODE_MAP_TYPE, "the key is no JSON object");
    if (c->key_text.at)
        return set_text(l, c->key_text, "key", v, p);
    return descend(c->key, path, 0, v, p);
}

static bool look_in_headers(struct look *l, const struct path *path, struct value *v, struct problem *p)
{
    const struct message *m = l->message;
    for (size_t i = m->nheaders; path->nsteps > 0 && i-- > 0;) { /* the last of a name counts, as in Kafka Connect */
        if (!text_is(m->headers[i].name, path->steps[0]))
            continue;
        if (m->headers[i].value.at)
            return set_text(l, m->headers[i].value, "header", v, p);
        v->found = FOUND_NULL;
        return true;
    }
    return true; /* absent */
}

/* ---- jq ----------------------------------------------------------------------------------------------------------------------- */

static bool make_input(struct look *l, bool with_event, struct problem *p)
{
    struct buffer row = BUFFER_INIT(LARGEST_TEXT), event = BUFFER_INIT(LARGEST_TEXT);
    struct text rows = text_of("{}");

    if (l->nrows == 1) {
        rows = json_raw(l->rows[0].value);
    } else if (l->nrows == 2) {
        overlaid_json_write(l->rows[0], l->rows[1], &row);
        rows = buffer_text(&row);
    }
    if (with_event)
        event_json_write(l->message, l->change, &event);
    expression_input_free(l->input);
    l->input = expression_input_new(rows, with_event ? buffer_text(&event) : TEXT_NONE);
    l->has_event = with_event;
    buffer_release(&row);
    buffer_release(&event);
    if (l->input)
        return true;
    /* The texts were read as JSON already, and not that deep: this is all that jq is stricter about. */
    return problem_set(p, CODE_MAP_JQ, "jq cannot read the event: a text in it holds half a surrogate pair");
}

bool look_with_jq(struct look *l, struct expression *program, const char *code, struct value *v, struct problem *p)
{
    char why[256] = "";
    *v = (struct value){0};
    free(l->json);
    l->json = NULL;
    bool wants_event = expression_wants_event(program);
    if ((!l->input || (wants_event && !l->has_event)) && !make_input(l, wants_event, p))
        return false;

    switch (expression_run(program, l->input, &l->json, why)) {
    case EXPRESSION_ABSENT:
        return true;
    case EXPRESSION_SEVERAL:
        return problem_set(p, code, "jq gives more than one value");
    case EXPRESSION_ERROR:
        return problem_set(p, code, "jq fails: %s", why);
    case EXPRESSION_VALUE:
        break;
    }
    if (!json_doc_read(&l->output, text_of(l->json)))
        return problem_set(p, code, "jq gives what is no JSON: %s", l->output.why);
    set_node(v, l->output.nodes, NULL);
    if (v->found == FOUND_VALUE && strstr(l->json, "__debezium_unavailable_value"))
        v->found = FOUND_KEPT; /* made of what is not known */
    return true;
}

/* ---- all places --------------------------------------------------------------------------------------------------------------- */

bool look_for(struct look *l, const struct field *f, struct value *v, struct problem *p)
{
    const struct origin *o = &l->message->origin;
    *v = (struct value){.lasting = true};
    switch (f->source) {
    case SOURCE_ROW:
        return look_in_rows(l, &f->path, v, p);
    case SOURCE_KEY:
        return look_in_key(l, &f->path, v, p);
    case SOURCE_BEFORE:
        return descend(l->change->before, &f->path, 0, v, p);
    case SOURCE_SOURCE:
        return descend((struct image){l->change->source, NULL}, &f->path, 0, v, p);
    case SOURCE_HEADER:
        return look_in_headers(l, &f->path, v, p);
    case SOURCE_TOPIC:
        return set_text(l, o->topic, "topic", v, p);
    case SOURCE_OP:
        return set_text(l, text_of(change_name(l->change->kind)), "operation", v, p);
    case SOURCE_PARTITION:
        set_number(l, o->partition, v);
        return true;
    case SOURCE_OFFSET:
        set_number(l, o->offset, v);
        return true;
    case SOURCE_TIMESTAMP:
        if (o->timestamp_ms >= 0)
            set_number(l, o->timestamp_ms, v);
        v->unit = UNIT_MS;
        return true;
    case SOURCE_JQ:
        if (!look_with_jq(l, f->jq, CODE_MAP_JQ, v, p))
            return false;
        if (v->found == FOUND_VALUE && v->node->kind == JSON_NODE_OBJECT)
            return problem_set(p, CODE_MAP_JQ, "jq gives an object");
        return true;
    case SOURCE_VALUE:
        value_of_constant(f->value_json, v);
        return true;
    }
    return true;
}
