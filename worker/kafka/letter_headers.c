/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/letter_headers.h"

#include "common/memory.h"
#include "config/route.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Longer words of an error are cut: a letter must not grow past its topic's limit for them. */
enum { MESSAGE_MAX = 4096, ERRORS_MAX = 32 };

/* Every name that is written here or by letter_size.c. */
static const char *const ours[] = {
    "sfsink.route",         "sfsink.topic",           "sfsink.partition",
    "sfsink.offset",        "sfsink.timestamp",       "sfsink.object",
    "sfsink.mode",          "sfsink.record.key",      "sfsink.stage",
    "sfsink.error.code",    "sfsink.error.message",   "sfsink.error.fields",
    "sfsink.errors",        "sfsink.http.status",     "sfsink.attempts",
    "sfsink.failed.at",     "sfsink.worker",          "sfsink.replays",
    "sfsink.value.omitted", "sfsink.value.sha256",    "sfsink.key.omitted",
    "sfsink.key.sha256",    "sfsink.headers.omitted", "__connect.errors.",
};

bool letter_header_is_ours(struct text name)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        size_t len = strlen(ours[i]);
        bool family = ours[i][len - 1] == '.';
        if (name.at && (family ? name.len >= len : name.len == len) && memcmp(name.at, ours[i], len) == 0)
            return true;
    }
    return false;
}

static void add(struct letter_headers *h, const char *name, struct text value)
{
    if (value.at)
        h->all[h->n++] = (struct header){text_of(name), value};
}

static void add_string(struct letter_headers *h, const char *name, const char *value)
{
    if (value && value[0])
        add(h, name, text_of(value));
}

static struct text cut(const char *s)
{
    return text_cut(text_of(s), MESSAGE_MAX);
}

/* JSON text has to be UTF-8; what is not is left empty rather than invented. */
static json_t *string(struct text t)
{
    json_t *s = json_stringn(t.at, t.len);
    return s ? s : json_string("");
}

static char *errors_text(const struct failure *f)
{
    json_t *all = json_array();
    for (size_t i = 0; i < f->nrefusals && i < ERRORS_MAX; i++) {
        const struct refusal *r = &f->refusals[i];
        json_t *fields = json_array();
        for (const char *at = r->fields; *at;) {
            size_t len = strcspn(at, ",");
            json_array_append_new(fields, string(text_make(at, len)));
            at += len + (at[len] == ',');
        }
        json_array_append_new(all, json_pack("{s:o, s:o, s:o}", "code", string(text_of(r->code)), "message",
                                             string(cut(r->message)), "fields", fields));
    }
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text ? text : xstrdup("[]");
}

static const char *connect_stage(enum stage stage)
{
    static const char *const names[] = {"VALUE_CONVERTER", "TRANSFORMATION", "TASK_PUT"};
    return names[stage];
}

static void add_place(struct letter_headers *h, const struct dead_letter *letter)
{
    const struct origin *origin = &letter->message->origin;

    h->numbers[0] = xasprintf("%" PRId32, origin->partition);
    h->numbers[1] = xasprintf("%" PRId64, origin->offset);
    add_string(h, "sfsink.route", letter->route->name);
    add(h, "sfsink.topic", origin->topic);
    add_string(h, "sfsink.partition", h->numbers[0]);
    add_string(h, "sfsink.offset", h->numbers[1]);
    if (origin->timestamp_ms >= 0)
        add_string(h, "sfsink.timestamp", h->numbers[2] = xasprintf("%" PRId64, origin->timestamp_ms));
}

static void add_failure(struct letter_headers *h, const struct failure *f)
{
    const struct refusal *first = &f->refusals[0];

    add_string(h, "sfsink.stage", stage_name(f->stage));
    add_string(h, "sfsink.error.code", first->code);
    add(h, "sfsink.error.message", cut(first->message));
    add_string(h, "sfsink.error.fields", first->fields);
    add_string(h, "sfsink.errors", h->errors = errors_text(f));
    if (f->http_status)
        add_string(h, "sfsink.http.status", h->numbers[3] = xasprintf("%d", f->http_status));
    add_string(h, "sfsink.attempts", h->numbers[5] = xasprintf("%u", f->attempts));
}

static void add_connect(struct letter_headers *h, const struct dead_letter *letter, const struct letter_place *place)
{
    const struct refusal *first = &letter->failure->refusals[0];

    add(h, "__connect.errors.topic", letter->message->origin.topic);
    add_string(h, "__connect.errors.partition", h->numbers[0]);
    add_string(h, "__connect.errors.offset", h->numbers[1]);
    add_string(h, "__connect.errors.connector.name", place->group);
    add_string(h, "__connect.errors.task.id", "0");
    add_string(h, "__connect.errors.stage", connect_stage(letter->failure->stage));
    add_string(h, "__connect.errors.class.name", "sfsink");
    add_string(h, "__connect.errors.exception.class.name", first->code);
    add(h, "__connect.errors.exception.message", cut(first->message));
}

struct letter_headers letter_headers_make(const struct dead_letter *letter, const struct letter_place *place)
{
    const struct message *m = letter->message;
    struct letter_headers h = {.all = xcalloc(m->nheaders + LETTER_HEADERS_OURS, sizeof *h.all)};

    for (size_t i = 0; i < m->nheaders; i++)
        if (!letter_header_is_ours(m->headers[i].name))
            h.all[h.n++] = m->headers[i];
    add_place(&h, letter);
    add_string(&h, "sfsink.object", letter->route->object);
    add_string(&h, "sfsink.mode", operation_name(letter->op));
    add(&h, "sfsink.record.key", letter->key);
    add_failure(&h, letter->failure);
    add_string(&h, "sfsink.failed.at", place->failed_at);
    add_string(&h, "sfsink.worker", place->worker);
    add_string(&h, "sfsink.replays", h.numbers[4] = xasprintf("%u", m->origin.replays));
    add_connect(&h, letter, place);
    return h;
}

void letter_headers_release(struct letter_headers *h)
{
    for (size_t i = 0; i < sizeof h->numbers / sizeof *h->numbers; i++)
        free(h->numbers[i]);
    free(h->errors);
    free(h->all);
    *h = (struct letter_headers){0};
}
