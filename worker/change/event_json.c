/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/event_json.h"

#include <inttypes.h>

static void add_text(struct text t, struct buffer *out)
{
    if (!t.at) {
        buffer_add_string(out, "null");
    } else if (json_utf8(t)) {
        json_quote(t, out);
    } else {
        buffer_add_char(out, '"');
        for (size_t i = 0; i < t.len; i++)
            json_escape((unsigned char)t.at[i] < 0x80 ? text_make(t.at + i, 1) : text_of("?"), out);
        buffer_add_char(out, '"');
    }
}

static void add_node(const struct json_node *n, struct buffer *out)
{
    if (n)
        buffer_add_text(out, json_raw(n));
    else
        buffer_add_string(out, "null");
}

static void add_headers(const struct message *m, struct buffer *out)
{
    buffer_add_char(out, '{');
    for (size_t i = 0; i < m->nheaders; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_text(m->headers[i].name, out);
        buffer_add_char(out, ':');
        add_text(m->headers[i].value, out);
    }
    buffer_add_char(out, '}');
}

void event_json_write(const struct message *m, const struct change *c, struct buffer *out)
{
    buffer_add_string(out, "{\"key\":");
    if (c->key.value)
        add_node(c->key.value, out);
    else
        add_text(c->key_text, out);
    buffer_add_string(out, ",\"topic\":");
    add_text(m->origin.topic, out);
    buffer_printf(out, ",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":", m->origin.partition,
                  m->origin.offset);
    if (m->origin.timestamp_ms < 0)
        buffer_add_string(out, "null");
    else
        buffer_printf(out, "%" PRId64, m->origin.timestamp_ms);
    buffer_printf(out, ",\"op\":\"%s\",\"before\":", change_name(c->kind));
    add_node(c->before.value, out);
    buffer_add_string(out, ",\"source\":");
    add_node(c->source, out);
    buffer_add_string(out, ",\"headers\":");
    add_headers(m, out);
    buffer_add_char(out, '}');
}

void overlaid_json_write(struct image over, struct image under, struct buffer *out)
{
    /* jq takes the last of equal names. */
    bool first = true;
    const struct json_node *rows[] = {under.value, over.value};
    buffer_add_char(out, '{');
    for (size_t i = 0; i < 2; i++) {
        if (!rows[i] || rows[i]->kind != JSON_NODE_OBJECT)
            continue;
        for (const struct json_node *n = json_first(rows[i]); n < json_end(rows[i]); n = json_next(n + 1)) {
            if (!first)
                buffer_add_char(out, ',');
            first = false;
            buffer_add_text(out, json_raw(n));
            buffer_add_char(out, ':');
            buffer_add_text(out, json_raw(n + 1));
        }
    }
    buffer_add_char(out, '}');
}
