/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/decode.h"

#include "common/memory.h"

const char *change_name(enum change_kind kind)
{
    static const char *const names[] = {"create", "update", "delete"};
    return names[kind];
}

void decoder_release(struct decoder *d)
{
    json_doc_release(&d->value);
    json_doc_release(&d->key);
}

struct image image_of(const struct json_node *value)
{
    /* Exactly these two: a row may have a column called payload. */
    if (value->kind == JSON_NODE_OBJECT) {
        const struct json_node *schema = json_member(value, text_of("schema"));
        const struct json_node *payload = schema ? json_member(value, text_of("payload")) : NULL;
        if (payload && (schema->kind == JSON_NODE_OBJECT || schema->kind == JSON_NODE_NULL) &&
            value->span == 3 + schema->span + payload->span)
            return (struct image){payload, schema->kind == JSON_NODE_OBJECT ? schema : NULL};
    }
    return (struct image){value, NULL};
}

/* A schema registry's serializers put a zero byte and the schema's id, four bytes, in front. */
static bool is_framed(struct text t)
{
    return t.len >= 5 && t.at[0] == '\0';
}

static void read_key(struct decoder *d, const struct message *message, struct change *c)
{
    struct text key = message->key;
    if (!key.at)
        return;
    c->key_framed = is_framed(key);
    if (c->key_framed)
        return;
    if (json_doc_read(&d->key, key))
        c->key = image_of(d->key.nodes);
    else
        c->key_text = key;
}

static enum decoded read_value(struct decoder *d, const struct message *message, struct image *value, struct problem *p)
{
    struct text t = message->value;
    if (is_framed(t)) {
        problem_set(p, CODE_DECODE_MAGIC_BYTE,
                    "the value begins with a zero byte and a schema id, as a schema registry's serializer writes it; "
                    "sfsink reads plain JSON");
        return DECODED_REFUSED;
    }
    if (!json_doc_read(&d->value, t)) {
        problem_set(p, CODE_DECODE_JSON, "the value is not JSON: %s, at byte %zu of %zu", d->value.why, d->value.where,
                    t.len);
        return DECODED_REFUSED;
    }
    *value = image_of(d->value.nodes);
    return DECODED_CHANGE;
}

/* A null value. In `row` it deletes what the key names; Debezium sends one behind each delete. */
static enum decoded tombstone(const struct route *route, struct change *c, const char **why)
{
    c->kind = CHANGE_DELETE;
    if (route->format == FORMAT_DEBEZIUM && route->tombstones == TOMBSTONES_SKIP) {
        *why = "tombstone";
        return DECODED_SKIP;
    }
    return DECODED_CHANGE;
}

enum decoded decode(struct decoder *d, const struct route *route, const struct message *message, struct change *c,
                    const char **why, struct problem *p)
{
    struct image value = {0};
    *c = (struct change){0};
    p->stage = STAGE_DECODE;

    read_key(d, message, c);
    if (!message->value.at)
        return tombstone(route, c, why);
    if (read_value(d, message, &value, p) == DECODED_REFUSED)
        return DECODED_REFUSED;
    if (value.value->kind == JSON_NODE_NULL && value.value != d->value.nodes)
        return tombstone(route, c, why); /* a schema with nothing in it */

    switch (route->format) {
    case FORMAT_DEBEZIUM:
        return decode_debezium(message, value, c, why, p);
    case FORMAT_ROW:
        return decode_row(value, c, p);
    case FORMAT_MAXWELL:
    case FORMAT_CLOUDEVENTS:
        break;
    }
    bug("route %s: a format that the configuration refuses", route->name);
}
