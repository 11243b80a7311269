/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/control.h"

#include "common/memory.h"
#include "worker/simulator/apps.h"
#include "worker/simulator/reply.h"
#include "worker/simulator/retrieve.h"

#include <stdlib.h>
#include <string.h>

enum { JOURNAL_PAGE = 10000 };

/* What a handler sees: rest is the path after its own part. */
struct request {
    const struct http_exchange *x;
    const char *rest;
    const json_t *body; /* NULL: none, or not JSON */
    struct http_reply *reply;
};

static void done(struct request *q)
{
    reply_json(q->reply, 200, json_pack("{s:b}", "ok", 1), false);
}

/* wrong: NULL is fine. */
static void done_unless(struct request *q, const char *wrong)
{
    if (wrong)
        reply_json(q->reply, 400, json_pack("{s:s}", "error", wrong), false);
    else
        done(q);
}

/* ---- settings, reset ---- */

static void show_settings(struct world *w, struct request *q)
{
    reply_json(q->reply, 200, settings_show(&w->settings), true);
}

static void change_settings(struct world *w, struct request *q)
{
    done_unless(q, settings_change(&w->settings, q->body));
}

static void reset(struct world *w, struct request *q)
{
    world_release(w);
    world_init(w);
    done(q);
}

/* ---- records, counts, journal ---- */

static const struct object *object_of(struct world *w, struct request *q)
{
    const struct object *o = schema_object(w->schema, q->rest);
    if (!o)
        reply_json(q->reply, 404, json_pack("{s:s}", "error", "no such object"), false);
    return o;
}

static void show_records(struct world *w, struct request *q)
{
    const struct object *o = object_of(w, q);
    const char *deleted = http_exchange_query(q->x, "deleted");
    json_t *all = json_array();

    for (const struct record *r = store_next(w->store, NULL); o && r; r = store_next(w->store, r))
        if (r->object == o && (!r->deleted || (deleted && strcmp(deleted, "true") == 0)))
            json_array_append_new(all, json_copy(r->fields));
    if (o)
        reply_json(q->reply, 200, json_pack("{s:O}", "records", all), false);
    json_decref(all);
}

static void delete_records(struct world *w, struct request *q)
{
    const struct object *o = object_of(w, q);

    for (struct record *r = store_next(w->store, NULL); o && r; r = store_next(w->store, r))
        if (r->object == o && !r->deleted)
            store_delete(w->store, r);
    store_settle(w->store);
    if (o)
        done(q);
}

static void show_counts(struct world *w, struct request *q)
{
    json_t *objects = json_object();
    size_t i = 0;

    for (const struct object *o = schema_next(w->schema, &i); o; o = schema_next(w->schema, &i))
        json_object_set_new(objects, o->name, json_integer((json_int_t)store_count(w->store, o)));
    reply_json(q->reply, 200,
               json_pack("{s:I, s:I, s:I, s:I, s:o}", "api_calls", (json_int_t)w->counts.api_calls, "records_written",
                         (json_int_t)w->counts.records_written, "records_deleted",
                         (json_int_t)w->counts.records_deleted, "records_refused",
                         (json_int_t)w->counts.records_refused, "objects", objects),
               false);
}

static uint64_t number_of(const struct http_exchange *x, const char *name, uint64_t otherwise)
{
    const char *text = http_exchange_query(x, name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void show_journal(struct world *w, struct request *q)
{
    char *page = journal_page(w->journal, number_of(q->x, "after", 0), number_of(q->x, "limit", JOURNAL_PAGE));
    http_reply_take(q->reply, 200, "application/json", page, strlen(page));
}

static void clear_journal(struct world *w, struct request *q)
{
    journal_clear(w->journal);
    done(q);
}

/* ---- faults ---- */

static void show_faults(struct world *w, struct request *q)
{
    reply_json(q->reply, 200, faults_show(w->faults), false);
}

static void added(struct request *q, const char *wrong, json_int_t id)
{
    if (wrong)
        done_unless(q, wrong);
    else
        reply_json(q->reply, 200, json_pack("{s:I}", "id", id), false);
}

static void add_fault(struct world *w, struct request *q)
{
    json_int_t id = 0;
    const char *wrong = faults_add_call(w->faults, q->body, &id);
    added(q, wrong, id);
}

static void add_record_fault(struct world *w, struct request *q)
{
    json_int_t id = 0;
    const char *wrong = faults_add_record(w->faults, q->body, &id);
    added(q, wrong, id);
}

static void remove_fault(struct world *w, struct request *q)
{
    bool all = !*q->rest, any = faults_remove(w->faults, all ? 0 : strtoll(q->rest, NULL, 10));
    done_unless(q, any || all ? NULL : "no such fault");
}

/* ---- tokens, apps ---- */

static void show_tokens(struct world *w, struct request *q)
{
    reply_json(q->reply, 200, json_pack("{s:o}", "approvals", tokens_show(w->tokens, w->now_ms)), false);
}

static void expire_tokens(struct world *w, struct request *q)
{
    reply_json(q->reply, 200, json_pack("{s:I}", "expired", (json_int_t)tokens_expire_all(w->tokens)), false);
}

static void revoke_tokens(struct world *w, struct request *q)
{
    reply_json(q->reply, 200, json_pack("{s:I}", "revoked", (json_int_t)tokens_revoke_all(w->tokens)), false);
}

static void put_app(struct world *w, struct request *q)
{
    const char *wrong = app_check(q->body);
    if (!wrong)
        json_object_set(w->apps, q->rest, (json_t *)q->body);
    done_unless(q, wrong);
}

/* ---- objects, fields, rules ---- */

/* "Contact" or "Contact/fields/Email" */
static void put_object(struct world *w, struct request *q)
{
    const char *slash = strchr(q->rest, '/');
    char *name = xstrndup(q->rest, slash ? (size_t)(slash - q->rest) : strlen(q->rest));
    bool field = slash && strncmp(slash, "/fields/", 8) == 0 && slash[8];
    struct object *o = field ? schema_object(w->schema, name) : NULL;

    if (slash && !field)
        done_unless(q, "the path is objects/NAME or objects/NAME/fields/NAME");
    else if (!field)
        done_unless(q, schema_put_object(w->schema, name, q->body, w->wall_ms));
    else if (!o)
        done_unless(q, "no such object");
    else {
        done_unless(q, schema_put_field(w->schema, o, slash + 8, q->body, w->wall_ms));
        store_reindex(w->store);
    }
    free(name);
}

static void put_rules(struct world *w, struct request *q)
{
    json_t *validation = json_object_get(q->body, "validation"), *duplicate = json_object_get(q->body, "duplicate");
    const char *wrong = json_is_object(q->body) ? rules_check(validation, duplicate) : "rules are an object";

    if (!wrong) {
        rules_release(&w->rules);
        w->rules = (struct rules){json_incref(validation), json_incref(duplicate)};
    }
    done_unless(q, wrong);
}

/* ---- the table ---- */

static const struct row {
    const char *method, *path; /* one that ends in / has a rest */
    void (*run)(struct world *, struct request *);
} rows[] = {
    {"GET", "settings", show_settings},
    {"PATCH", "settings", change_settings},
    {"POST", "reset", reset},
    {"GET", "counts", show_counts},
    {"GET", "records/", show_records},
    {"DELETE", "records/", delete_records},
    {"GET", "journal", show_journal},
    {"DELETE", "journal", clear_journal},
    {"GET", "faults", show_faults},
    {"POST", "faults", add_fault},
    {"POST", "record_faults", add_record_fault},
    {"DELETE", "faults", remove_fault},
    {"DELETE", "faults/", remove_fault},
    {"GET", "tokens", show_tokens},
    {"POST", "tokens/expire", expire_tokens},
    {"POST", "tokens/revoke", revoke_tokens},
    {"PUT", "apps/", put_app},
    {"PUT", "objects/", put_object},
    {"PUT", "rules", put_rules},
};

static const struct row *find_row(const char *method, const char *path, const char **rest)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].path);
        bool has_rest = rows[i].path[n - 1] == '/';
        if (strcmp(rows[i].method, method) == 0 && strncmp(rows[i].path, path, n) == 0 && !!path[n] == has_rest) {
            *rest = path + n;
            return &rows[i];
        }
    }
    return NULL;
}

void control_request(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    struct request q = {.x = x, .reply = reply};
    json_t *body = x->body.len ? json_loadb(x->body.at, x->body.len, 0, NULL) : NULL;
    const struct row *row = find_row(x->method, x->path + strlen("/control/"), &q.rest);

    q.body = body;
    if (row)
        row->run(w, &q);
    else
        reply_json(reply, 404, json_pack("{s:s}", "error", "no such path: sfsink sim --help lists them"), false);
    json_decref(body);
}
