/* SPDX-License-Identifier: Apache-2.0 */
/* The format `debezium`: its envelope, or the row alone as its "unwrap" transformation leaves it; and what its connectors send besides. */
#include "worker/change/decode.h"

#include "worker/change/schema.h"

#include <string.h>

static const struct json_node *member(const struct json_node *n, const char *name)
{
    return json_member(n, text_of(name));
}

static bool is_text(const struct json_node *n, const char *s)
{
    return n && n->kind == JSON_NODE_STRING && json_string_is(n, text_of(s));
}

static bool is_object(const struct json_node *n)
{
    return n && n->kind == JSON_NODE_OBJECT;
}

static bool is_row_or_null(const struct json_node *n)
{
    return n && (n->kind == JSON_NODE_OBJECT || n->kind == JSON_NODE_NULL);
}

/* True if the object has no members but these. */
static bool has_only(const struct json_node *object, const char *const *names, size_t n)
{
    for (const struct json_node *m = json_first(object); m < json_end(object); m = json_next(m + 1)) {
        bool known = false;
        for (size_t i = 0; i < n && !known; i++)
            known = json_string_is(m, text_of(names[i]));
        if (!known)
            return false;
    }
    return true;
}

/* ---- what is no change of a row ---------------------------------------------------------------------------------------------- */

static bool is_heartbeat(const struct message *message, struct image v)
{
    static const char *const names[] = {"ts_ms"};
    return schema_named(v.schema, ".Heartbeat") || strncmp(message->topic, "__debezium-heartbeat", 20) == 0 ||
           (v.value->span > 1 && has_only(v.value, names, 1));
}

static bool is_schema_change(struct image v)
{
    return schema_named(v.schema, ".SchemaChangeValue") ||
           (is_object(member(v.value, "source")) && (member(v.value, "ddl") || member(v.value, "tableChanges")));
}

static bool is_transaction(struct image v)
{
    static const char *const names[] = {"status", "id", "ts_ms", "event_count", "data_collections"};
    const struct json_node *status = member(v.value, "status");
    return schema_named(v.schema, ".TransactionMetadataValue") ||
           ((is_text(status, "BEGIN") || is_text(status, "END")) && member(v.value, "id") &&
            has_only(v.value, names, sizeof names / sizeof *names));
}

/* Which of these it is, or NULL. */
static const char *other_message(const struct message *message, struct image v)
{
    if (is_heartbeat(message, v))
        return "heartbeat";
    if (is_schema_change(v))
        return "schema change";
    if (is_transaction(v))
        return "transaction metadata";
    return NULL;
}

/* ---- operations -------------------------------------------------------------------------------------------------------------- */

/* `op` of the envelope, `__op` of the row alone. */
static enum decoded read_op(const struct json_node *op, struct change *c, const char **why, struct problem *p)
{
    struct text t = op->kind == JSON_NODE_STRING ? json_inner(op) : TEXT_NONE;
    switch (t.len == 1 ? t.at[0] : '\0') {
    case 'c':
    case 'r':
        c->kind = CHANGE_CREATE;
        return DECODED_CHANGE;
    case 'u':
        c->kind = CHANGE_UPDATE;
        return DECODED_CHANGE;
    case 'd':
        c->kind = CHANGE_DELETE;
        return DECODED_CHANGE;
    case 't':
        *why = "truncate";
        return DECODED_SKIP;
    case 'm':
        *why = "message";
        return DECODED_SKIP;
    default:
        problem_set(p, CODE_DECODE_OPERATION, "the operation is none of Debezium's c, r, u, d, t, m");
        return DECODED_REFUSED;
    }
}

/* ---- the envelope ------------------------------------------------------------------------------------------------------------ */

/* A row may have columns called op or source: an envelope has both, or op and an image. */
static bool is_envelope(struct image v)
{
    const struct json_node *op = member(v.value, "op");
    return op && op->kind == JSON_NODE_STRING &&
           (schema_named(v.schema, ".Envelope") || is_row_or_null(member(v.value, "after")) ||
            is_row_or_null(member(v.value, "before")) || is_object(member(v.value, "source")));
}

static struct image image_in(struct image envelope, const char *name)
{
    const struct json_node *n = member(envelope.value, name);
    if (!is_object(n))
        return (struct image){0};
    return (struct image){n, schema_member(envelope.schema, text_of(name))};
}

static enum decoded decode_envelope(struct image v, struct change *c, const char **why, struct problem *p)
{
    enum decoded d = read_op(member(v.value, "op"), c, why, p);
    if (d != DECODED_CHANGE)
        return d;
    c->before = image_in(v, "before");
    c->source = member(v.value, "source");
    if (c->kind == CHANGE_DELETE)
        return DECODED_CHANGE;
    c->row = image_in(v, "after");
    if (!c->row.value) {
        problem_set(p, CODE_DECODE_ROW, "the operation is %s, and there is no row in \"after\"", change_name(c->kind));
        return DECODED_REFUSED;
    }
    return DECODED_CHANGE;
}

/* ---- the row alone ----------------------------------------------------------------------------------------------------------- */

static enum decoded decode_flattened(struct image v, struct change *c, const char **why, struct problem *p)
{
    const struct json_node *op = member(v.value, "__op"), *deleted = member(v.value, "__deleted");

    c->kind = CHANGE_UPDATE;
    if (op && op->kind != JSON_NODE_NULL) {
        enum decoded d = read_op(op, c, why, p);
        if (d != DECODED_CHANGE)
            return d;
    }
    if (deleted && (deleted->kind == JSON_NODE_TRUE || is_text(deleted, "true")))
        c->kind = CHANGE_DELETE;
    if (c->kind == CHANGE_DELETE)
        c->before = v;
    else
        c->row = v;
    return DECODED_CHANGE;
}

enum decoded decode_debezium(const struct message *message, struct image value, struct change *c, const char **why,
                             struct problem *p)
{
    if (value.value->kind != JSON_NODE_OBJECT) {
        problem_set(p, CODE_DECODE_ROW, "the value is JSON but no object, so it is no event of Debezium's");
        return DECODED_REFUSED;
    }
    if (is_envelope(value))
        return decode_envelope(value, c, why, p);
    *why = other_message(message, value);
    return *why ? DECODED_SKIP : decode_flattened(value, c, why, p);
}
