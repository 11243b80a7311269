/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/world.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/simulator/values.h"

#include <string.h>
#include <strings.h>

void world_read_clocks(struct world *w)
{
    w->now_ms = clock_ms();
    w->wall_ms = clock_wall_ms();
}

void world_init(struct world *w)
{
    world_read_clocks(w);
    w->settings = w->at_start;
    w->counts = (struct simulator_counts){0};
    w->schema = schema_new(w->wall_ms);
    w->store = store_new();
    w->rules = (struct rules){NULL, NULL};
    w->faults = faults_new();
    w->journal = journal_new();
    w->tokens = tokens_new();
    w->cursors = cursors_new();
    w->apps = json_object();
    w->touched = json_array();
    memcpy(w->user_id, world_user(w, DEFAULT_USERNAME), sizeof w->user_id);
}

void world_release(struct world *w)
{
    store_free(w->store);
    schema_free(w->schema);
    rules_release(&w->rules);
    faults_free(w->faults);
    journal_free(w->journal);
    tokens_free(w->tokens);
    cursors_free(w->cursors);
    json_decref(w->apps);
    json_decref(w->touched);
}

const char *world_user(struct world *w, const char *username)
{
    struct object *user = schema_object(w->schema, "User");
    struct record *found;
    char now[32];

    if (store_lookup(w->store, user, object_field(user, "Username"), username, MATCH_ANY_CASE, UINT64_MAX, &found, 1))
        return found->id;
    value_datetime_text(w->wall_ms, now);
    return store_insert(w->store, user,
                        json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:s}", "Username", username, "LastName",
                                  username, "Name", username, "Email", username, "IsActive", 1, "IsDeleted", 0,
                                  "CreatedDate", now, "LastModifiedDate", now, "SystemModstamp", now))
        ->id;
}

/* The external id as it was sent; an update or a delete may have sent the Id alone. */
static const json_t *given_key(const json_t *given)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)given, name, value) if (strcasecmp(name, "External_Id__c") == 0) return value;
    return NULL;
}

static json_t *codes_of(const struct result *r)
{
    json_t *codes = json_array(), *error;
    size_t i;

    json_array_foreach(r->errors, i, error) json_array_append(codes, json_object_get(error, "statusCode"));
    return codes;
}

void world_note(struct world *w, enum operation op, const char *object, const json_t *given, const struct result *r)
{
    bool ok = result_ok(r);
    const struct record *stored = ok ? store_find(w->store, r->id) : NULL;
    const json_t *key = given_key(given);

    if (!ok)
        w->counts.records_refused++;
    else if (op == OPERATION_DELETE)
        w->counts.records_deleted++;
    else
        w->counts.records_written++;
    if (!key && stored)
        key = json_object_get(stored->fields, "External_Id__c");
    json_t *note = json_pack("{s:s, s:s, s:O?, s:s, s:b, s:b, s:o}", "operation", operation_names[op], "object",
                             stored ? stored->object->name : object, "key", key, "id", r->id, "success", ok, "created",
                             ok && r->created, "codes", codes_of(r));
    if (ok)
        json_object_set_new(note, "order", json_integer((json_int_t)journal_next_order(w->journal)));
    if (w->settings.journal_values)
        json_object_set(note, "values", (json_t *)given);
    json_array_append_new(w->touched, note);
}

void world_undo_notes(struct world *w)
{
    json_t *note;
    size_t i;

    json_array_foreach(w->touched, i, note)
    {
        if (json_is_true(json_object_get(note, "success"))) {
            bool deleted = strcmp(json_string_value(json_object_get(note, "operation")), "delete") == 0;
            deleted ? w->counts.records_deleted-- : w->counts.records_written--;
            json_object_set_new(note, "undone", json_true());
        }
    }
}
