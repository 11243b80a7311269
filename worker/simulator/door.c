/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/door.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/simulator/api.h"
#include "worker/simulator/flights.h"
#include "worker/simulator/limits.h"
#include "worker/simulator/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool door_is_login_host(const struct world *w, const struct http_exchange *x)
{
    const char *host = http_exchange_header(x, "Host"), *login = w->settings.login_host;
    size_t n = strlen(login);
    return n && host && strncasecmp(host, login, n) == 0 && (!host[n] || host[n] == ':');
}

/* ---- who asks ---- */

static bool authenticate(struct world *w, const struct http_exchange *x, struct answer *a)
{
    const char *header = http_exchange_header(x, "Authorization"), *token = NULL;

    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        token = header + 7;
    else if (header && strncasecmp(header, "OAuth ", 6) == 0)
        token = header + 6;
    else if (header)
        return answer_error(a, 401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE");
    const struct approval *who = token && !door_is_login_host(w, x)
                                     ? tokens_access(w->tokens, token, w->now_ms, w->settings.token_life_ms)
                                     : NULL;
    if (!who)
        return answer_error(a, 401, "INVALID_SESSION_ID", "Session expired or invalid");
    memcpy(w->user_id, world_user(w, who->username), sizeof w->user_id);
    return true;
}

/* ---- the body ---- */

static bool is_json(const char *content_type)
{
    return content_type && strncasecmp(content_type, "application/json", 16) == 0 &&
           (!content_type[16] || content_type[16] == ';' || content_type[16] == ' ');
}

static json_t *parse(struct text body, json_error_t *e)
{
    json_t *parsed = json_loadb(body.at, body.len, JSON_DECODE_ANY, e);

    if (!parsed && json_error_code(e) == json_error_numeric_overflow) /* more than 64 bits: all of them as doubles */
        parsed = json_loadb(body.at, body.len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, e);
    return parsed;
}

static bool read_body(const struct http_exchange *x, json_t **body, struct answer *a)
{
    const char *type = http_exchange_header(x, "Content-Type");
    json_error_t e;

    if (!x->body.len)
        return true;
    if (!is_json(type))
        return answer_error(a, 415, "UNSUPPORTED_MEDIA_TYPE", "Content type '%.80s' is not supported",
                            type ? type : "");
    *body = parse(x->body, &e);
    return *body || answer_error(a, 400, "JSON_PARSER_ERROR", "%s at [line:%d, column:%d]", e.text, e.line, e.column);
}

/* ---- headers ---- */

static int64_t read_http_date(const char *text)
{
    struct tm t = {0};
    const char *end = text ? strptime(text, "%a, %d %b %Y %H:%M:%S", &t) : NULL;
    return end ? (int64_t)timegm(&t) * 1000 : 0;
}

static void read_headers(const struct http_exchange *x, struct call *c)
{
    const char *rule = http_exchange_header(x, "Sforce-Duplicate-Rule-Header"),
               *options = http_exchange_header(x, "Sforce-Query-Options"),
               *size = options ? strcasestr(options, "batchSize=") : NULL;

    c->allow_save = rule && strcasestr(rule, "allowSave=true");
    c->batch_size = size ? strtol(size + strlen("batchSize="), NULL, 10) : 0;
    if (size && c->batch_size < 200)
        c->batch_size = 200;
    c->modified_since_ms = read_http_date(http_exchange_header(x, "If-Modified-Since"));
}

/* ---- carrying out ---- */

static void serve(struct world *w, const struct http_exchange *x, struct call *c, const struct flight *f,
                  struct answer *a)
{
    c->seen = f->seen;
    read_headers(x, c);
    if (api_is_versions(c) || (authenticate(w, x, a) && limits_admit(w, a)))
        api_call(w, c, a);
    store_settle(w->store);
}

/* An upsert by a field that is not unique may be made to race. */
static bool races(const struct world *w, const struct call *c)
{
    bool upsert = strcmp(c->method, "PATCH") == 0 && c->nsegments == 4;
    const struct object *o =
        upsert ? schema_object(w->schema, c->segments[strcasecmp(c->segments[0], "sobjects") ? 2 : 1]) : NULL;
    const struct field *key = o ? object_field(o, c->segments[strcasecmp(c->segments[0], "sobjects") ? 3 : 2]) : NULL;
    return w->settings.race_ms && key && !(key->flags & F_UNIQUE);
}

/* The first time that a call is seen: what will go wrong with it; and how long it has to wait before it is carried out. */
static int64_t arrive(struct world *w, const struct call *c, const char *path, struct flight *f)
{
    f->fault = faults_for_call(w->faults, c->method, path, api_object(c));
    int64_t wait_ms =
        json_is_true(json_object_get(f->fault, "late")) ? json_integer_value(json_object_get(f->fault, "stall_ms")) : 0;
    if (races(w, c)) {
        f->seen = store_newest(w->store);
        wait_ms += w->settings.race_ms;
    }
    return wait_ms;
}

void door_note(struct world *w, const struct http_exchange *x, const char *path, int status, json_t *more)
{
    char time[CLOCK_TEXT_SIZE];
    json_t *entry = json_object();

    clock_text(w->wall_ms, time);
    json_object_set_new(entry, "time", json_string(time));
    json_object_set_new(entry, "at_ms", json_integer(w->now_ms));
    json_object_set_new(entry, "method", json_string(x->method));
    json_object_set_new(entry, "path", json_string(path));
    json_object_set_new(entry, "status", json_integer(status));
    json_object_update(entry, more);
    json_object_set(entry, "records", w->touched);
    journal_add(w->journal, entry, w->settings.journal_records);
    json_array_clear(w->touched);
    json_decref(entry);
    json_decref(more);
}

static json_t *note_of(const struct world *w, const struct flight *f, const struct call *c)
{
    json_t *more = json_pack("{s:I, s:s}", "ms", (json_int_t)(w->now_ms - f->began_ms), "object", api_object(c));
    if (f->fault)
        json_object_set(more, "fault", json_object_get(f->fault, "id"));
    return more;
}

/* `a` holds the complaint where the body could not be read. */
static void answer_call(struct world *w, const struct http_exchange *x, struct call *c, struct flight *f,
                        struct answer *a, struct http_reply *reply)
{
    struct answer refused = {0};
    bool applied = !f->fault || reply_fault_applies(f->fault);

    if (applied && !a->status)
        serve(w, x, c, f, a);
    else if (applied && !(authenticate(w, x, &refused) && limits_admit(w, &refused))) {
        answer_drop(a);
        *a = refused;
    }
    reply_from_answer(w, x, a, reply);
    if (f->fault)
        reply_spoil(f->fault, reply);
    door_note(w, x, x->uri, reply->fault == HTTP_FAULT_CLOSE ? 0 : reply->status, note_of(w, f, c));
}

void door_api(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    struct flight *f = x->state ? x->state : flight_begin(w);
    struct answer a = {0};
    struct call c;
    json_t *body = NULL;
    int64_t wait_ms = 0;

    reply->state = f;
    call_init(&c, strcmp(x->method, "HEAD") == 0 ? "GET" : x->method, x->uri);
    read_body(x, &body, &a);
    c.body = body;
    if (!f->waited)
        wait_ms = arrive(w, &c, x->path, f);
    f->waited = true;
    if (wait_ms > 0) {
        reply->again = true;
        reply->delay_ms = wait_ms;
    } else {
        answer_call(w, x, &c, f, &a, reply);
    }
    json_decref(body);
    answer_drop(&a);
    call_release(&c);
}

void door_completed(struct world *w, void *state)
{
    flight_end(w, state);
}
