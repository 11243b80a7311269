/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/reply.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char content_json[] = "application/json;charset=UTF-8";

void reply_json(struct http_reply *reply, int status, json_t *body, bool pretty)
{
    char *text = json_dumps(body, JSON_ENCODE_ANY | (pretty ? JSON_INDENT(2) : JSON_COMPACT));

    http_reply_take(reply, status, content_json, text, strlen(text));
    json_decref(body);
}

/* Keys that no client knows, in every object. */
static void add_keys(json_t *value)
{
    json_t *member;
    const char *key;
    size_t i;

    json_array_foreach(value, i, member) add_keys(member);
    json_object_foreach(value, key, member) add_keys(member);
    if (json_is_object(value))
        json_object_set_new(value, "x_unknown", json_pack("{s:[i]}", "list", 1));
}

static void add_last_modified(int64_t wall_ms, struct http_reply *reply)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    char text[64];
    struct tm t;

    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &t));
    http_reply_header(reply, "Last-Modified", "%s", text);
}

void reply_from_answer(struct world *w, const struct http_exchange *x, struct answer *a, struct http_reply *reply)
{
    const struct settings *s = &w->settings;

    reply->status = a->status ? a->status : 200;
    if (a->body) {
        json_t *body = s->extra_keys ? json_deep_copy(a->body) : json_incref(a->body);
        if (s->extra_keys)
            add_keys(body);
        reply_json(reply, a->status, body, s->pretty_print || http_exchange_header(x, "X-PrettyPrint"));
        reply->chunked = s->chunked;
    }
    reply->compress = true;
    reply->delay_ms = s->latency_ms;
    if (!a->not_counted)
        http_reply_header(reply, "Sforce-Limit-Info", "api-usage=%lld/%lld", (long long)s->daily_used,
                          (long long)s->daily_limit);
    if (a->location)
        http_reply_header(reply, "Location", "%s", a->location);
    if (a->last_modified_ms)
        add_last_modified(a->last_modified_ms, reply);
    http_reply_header(reply, "Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private");
    http_reply_header(reply, "Vary", "Accept-Encoding");
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    http_reply_header(reply, "Set-Cookie", "BrowserId=simulator; path=/");
}

/* ---- faults ---- */

static bool is_set(const json_t *fault, const char *key)
{
    return json_is_true(json_object_get(fault, key));
}

/* One that only makes the answer late or short does not keep it from being carried out. */
bool reply_fault_applies(const json_t *fault)
{
    const json_t *applied = json_object_get(fault, "applied");

    if (applied)
        return json_is_true(applied);
    return !json_object_get(fault, "status") && !json_object_get(fault, "body") && !is_set(fault, "drop");
}

static void change_results(json_int_t by, struct http_reply *reply)
{
    json_t *body = json_loadb(reply->body ? reply->body : "", reply->body_len, 0, NULL);

    for (; json_is_array(body) && by > 0; by--)
        json_array_append(body, json_array_get(body, 0));
    for (; json_is_array(body) && by < 0; by++)
        json_array_remove(body, json_array_size(body) - 1);
    if (body)
        reply_json(reply, reply->status, body, false);
}

static void replace_body(const json_t *fault, const json_t *body, struct http_reply *reply)
{
    const char *type = json_string_value(json_object_get(fault, "content_type"));
    char *text = json_is_string(body) ? xstrdup(json_string_value(body))
                 : body               ? json_dumps(body, JSON_ENCODE_ANY)
                                      : xstrdup("");

    if (!type)
        type = json_is_string(body) ? "text/html;charset=UTF-8" : body ? content_json : NULL;
    http_reply_take(reply, reply->status, type, text, strlen(text));
}

static void add_headers(const json_t *headers, struct http_reply *reply)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)headers, name,
                        value) if (json_is_string(value) && reply->nheaders < HTTP_REPLY_HEADERS)
        http_reply_header(reply, name, "%s", json_string_value(value));
}

void reply_spoil(const json_t *fault, struct http_reply *reply)
{
    const json_t *status = json_object_get(fault, "status"), *body = json_object_get(fault, "body");

    if (status)
        reply->status = (int)json_integer_value(status);
    if (status || body)
        replace_body(fault, body, reply);
    if (json_object_get(fault, "results"))
        change_results(json_integer_value(json_object_get(fault, "results")), reply);
    add_headers(json_object_get(fault, "headers"), reply);
    if (!is_set(fault, "late"))
        reply->delay_ms += json_integer_value(json_object_get(fault, "stall_ms"));
    if (is_set(fault, "drop"))
        reply->fault = HTTP_FAULT_CLOSE;
    else if (is_set(fault, "cut"))
        reply->fault = HTTP_FAULT_CUT;
}
