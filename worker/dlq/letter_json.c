/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/letter_json.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/dlq/advice.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void letter_json_text(json_t *object, const char *name, struct text t)
{
    json_t *s = t.at ? json_stringn(t.at, t.len) : json_null();
    if (s) {
        json_object_set_new(object, name, s);
        return;
    }
    char *member = xasprintf("%s_base64", name);
    unsigned char *base64 = xmalloc(t.len / 3 * 4 + 8);
    EVP_EncodeBlock(base64, (const unsigned char *)t.at, (int)t.len);
    json_object_set_new(object, member, json_string((const char *)base64));
    free(base64);
    free(member);
}

static void add_text(json_t *object, const char *name, struct text t)
{
    if (t.at)
        letter_json_text(object, name, t);
}

static void add_number(json_t *object, const char *name, struct text t)
{
    if (t.len)
        json_object_set_new(object, name, json_integer(strtoll(t.at, NULL, 10)));
}

/* sfsink.errors, or of other programs the one that they tell of. */
json_t *letter_errors(const struct letter *l)
{
    json_t *errors = l->errors.at ? json_loadb(l->errors.at, l->errors.len, 0, NULL) : NULL;

    if (json_is_array(errors) && json_array_size(errors))
        return errors;
    json_decref(errors);
    json_t *one = json_object();
    letter_json_text(one, "code", l->code.at ? l->code : text_of(""));
    letter_json_text(one, "message", l->why.at ? l->why : text_of(""));
    json_object_set_new(one, "fields", json_array());
    errors = json_array();
    json_array_append_new(errors, one);
    return errors;
}

static void add_origin(json_t *object, const struct letter *l)
{
    if (!l->has_origin)
        return;
    letter_json_text(object, "topic", l->origin.topic);
    json_object_set_new(object, "partition", json_integer(l->origin.partition));
    json_object_set_new(object, "offset", json_integer(l->origin.offset));
    if (l->origin.timestamp_ms >= 0)
        json_object_set_new(object, "timestamp", json_integer(l->origin.timestamp_ms));
}

static json_t *headers_of(const struct letter *l)
{
    json_t *all = json_array();
    for (size_t i = 0; i < l->message->nheaders; i++) {
        const struct header *h = &l->message->headers[i];
        if (!letter_header_is_original(l, h->name))
            continue;
        json_t *one = json_object();
        letter_json_text(one, "name", h->name);
        letter_json_text(one, "value", h->value);
        json_array_append_new(all, one);
    }
    return all;
}

static void add_advice(json_t *errors, const struct letter *l)
{
    size_t i;
    json_t *one;
    json_array_foreach(errors, i, one)
    {
        const char *code = json_string_value(json_object_get(one, "code")),
                   *message = json_string_value(json_object_get(one, "message"));
        struct advice a = advice_for(l, code ? code : "", message ? message : "");
        if (a.meaning)
            json_object_set_new(one, "meaning", json_string(a.meaning));
        if (a.todo)
            json_object_set_new(one, "todo", json_string(a.todo));
    }
}

static const char *family_name(enum letter_family f)
{
    static const char *const names[] = {"sfsink", "connect", "spring", "unknown"};
    return names[f];
}

static void add_omitted(json_t *o, const char *name, int64_t n)
{
    if (n >= 0)
        json_object_set_new(o, name, json_integer(n));
}

json_t *letter_json(const struct catalogue *c, const struct entry *e, const struct letter *l, bool whole)
{
    json_t *o = json_object(), *errors = letter_errors(l);
    char *id = xasprintf("%s/%d/%lld", c->sources[e->source], e->letter_partition, (long long)e->letter_offset);
    char at[CLOCK_TEXT_SIZE];

    json_object_set_new(o, "id", json_string(id));
    json_object_set_new(o, "state", json_string(letter_state_name(e->state)));
    if (l->failed_at_ms >= 0) {
        clock_text(l->failed_at_ms, at);
        json_object_set_new(o, "failed_at", json_string(at));
    }
    add_text(o, "route", l->route);
    add_text(o, "object", l->object);
    add_text(o, "mode", l->mode);
    add_text(o, "record_key", l->key);
    add_origin(o, l);
    add_text(o, "stage", l->stage);
    add_text(o, "code", l->code);
    add_text(o, "message", l->why);
    add_text(o, "fields", l->fields);
    if (whole)
        add_advice(errors, l);
    json_object_set_new(o, "errors", errors);
    add_number(o, "http_status", l->http_status);
    add_number(o, "attempts", l->attempts);
    json_object_set_new(o, "replays", json_integer(l->origin.replays));
    add_text(o, "worker", l->worker);
    json_object_set_new(o, "written_by", json_string(family_name(l->family)));
    add_omitted(o, "value_omitted", l->value_out.bytes);
    add_omitted(o, "key_omitted", l->key_out.bytes);
    add_omitted(o, "headers_omitted", l->headers_out);
    if (whole) {
        letter_json_text(o, "key", l->message->key);
        letter_json_text(o, "value", l->value_out.bytes >= 0 ? TEXT_NONE : l->message->value);
        json_object_set_new(o, "headers", headers_of(l));
    }
    free(id);
    return o;
}

void letter_json_print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}
