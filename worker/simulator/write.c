/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/write.h"

#include "common/memory.h"
#include "worker/simulator/values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct field *write_key_field(const struct object *o, const char *name)
{
    const struct field *f = object_field(o, name);
    return f && (f->flags & (F_EXTERNAL_ID | F_ID_LOOKUP)) ? f : NULL;
}

/* A fault that was asked for. */
static bool meets_fault(struct world *w, enum operation op, const struct object *o, const json_t *given,
                        const struct record *stored, struct result *r)
{
    const json_t *errors =
                     faults_for_record(w->faults, operation_names[op], o->name, given, stored ? stored->fields : NULL),
                 *error;
    size_t i;

    json_array_foreach(errors, i, error)
    {
        json_t *copy = json_deep_copy(error);
        if (!json_object_get(copy, "fields"))
            json_object_set_new(copy, "fields", json_array());
        json_array_append_new(r->errors, copy);
    }
    return errors != NULL;
}

/* ---- what the platform fills in by itself ---- */

static void set_text(json_t *fields, const char *name, const char *value)
{
    json_object_set_new(fields, name, json_string(value));
}

static void stamp(struct world *w, json_t *changes, bool created)
{
    char now[32];

    value_datetime_text(w->wall_ms, now);
    if (created) {
        set_text(changes, "CreatedDate", now);
        set_text(changes, "CreatedById", w->user_id);
        json_object_set_new(changes, "IsDeleted", json_false());
    }
    set_text(changes, "LastModifiedDate", now);
    set_text(changes, "LastModifiedById", w->user_id);
    set_text(changes, "SystemModstamp", now);
}

/* A person's Name is made of two fields. */
static void make_name(const struct object *o, const json_t *before, json_t *changes)
{
    const struct field *name = object_any_field(o, "Name");
    const char *part[2] = {"FirstName", "LastName"};

    if (!name || name->flags & F_CREATE || !object_any_field(o, "LastName"))
        return;
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(changes, part[i]);
        part[i] = json_string_value(value ? value : json_object_get(before, part[i]));
    }
    char *full = xasprintf("%s%s%s", part[0] ? part[0] : "", part[0] && part[1] ? " " : "", part[1] ? part[1] : "");
    set_text(changes, "Name", full);
    free(full);
}

static void fill_defaults(struct world *w, const struct object *o, json_t *changes)
{
    for (size_t i = 0; i < o->nfields; i++) {
        const struct field *f = &o->fields[i];
        if (json_object_get(changes, f->name))
            continue;
        if (f->type == FIELD_BOOLEAN)
            json_object_set_new(changes, f->name, json_false());
        else if (f->flags & F_AUTO_NUMBER)
            json_object_set_new(changes, f->name, json_sprintf("%.3s-%06d", o->name, (int)(o->next_number + 1)));
        else if (strcmp(f->name, "OwnerId") == 0)
            set_text(changes, f->name, w->user_id);
        else if (f->type == FIELD_PICKLIST && f->flags & F_DEFAULTED && f->values)
            json_object_set_new(changes, f->name, json_stringn(f->values, strcspn(f->values, ";")));
    }
}

/* ---- writing ---- */

static void refuse_read_only(const struct object *o, struct result *r)
{
    if (o->read_only)
        errors_add(r->errors, "INSUFFICIENT_ACCESS_OR_READONLY", NULL, "insufficient access rights on object");
}

static void create(struct world *w, const struct call *c, struct object *o, const struct field *key,
                   const json_t *given, struct result *r)
{
    struct draft d = {.call = c, .object = o, .given = given, .key = key, .changes = json_object(), .result = r};

    if (w->settings.storage_full)
        errors_add(r->errors, "STORAGE_LIMIT_EXCEEDED", NULL, "storage limit exceeded");
    refuse_read_only(o, r);
    if (result_ok(r))
        validate(w, &d);
    if (!result_ok(r)) {
        json_decref(d.changes);
        return;
    }
    make_name(o, NULL, d.changes);
    fill_defaults(w, o, d.changes);
    stamp(w, d.changes, true);
    r->created = true;
    memcpy(r->id, store_insert(w->store, o, d.changes)->id, sizeof r->id);
}

static void update(struct world *w, const struct call *c, struct record *stored, const struct field *key,
                   const json_t *given, struct result *r)
{
    struct draft d = {.call = c,
                      .object = stored->object,
                      .given = given,
                      .stored = stored,
                      .key = key,
                      .changes = json_object(),
                      .result = r};

    refuse_read_only(stored->object, r);
    if (result_ok(r) && json_is_true(json_object_get(stored->fields, "IsConverted")))
        errors_add(r->errors, "CANNOT_UPDATE_CONVERTED_LEAD", NULL, "cannot reference converted lead");
    if (result_ok(r))
        validate(w, &d);
    if (result_ok(r)) {
        make_name(stored->object, stored->fields, d.changes);
        stamp(w, d.changes, false);
        store_update(w->store, stored, d.changes);
        memcpy(r->id, stored->id, sizeof r->id);
    }
    json_decref(d.changes);
}

void write_create(struct world *w, const struct call *c, struct object *o, const json_t *given, struct result *r)
{
    if (!meets_fault(w, OPERATION_CREATE, o, given, NULL, r))
        create(w, c, o, NULL, given, r);
}

/* The living record with this id, or an error. o NULL: of any object. */
static struct record *find_by_id(struct world *w, const char *given, const struct object *o, struct result *r)
{
    char id[RECORD_ID_SIZE];
    const struct object *has = given && record_id_read(given, id) ? schema_object_of_id(w->schema, id) : NULL;
    struct record *stored = has ? store_find(w->store, id) : NULL;

    if (!has && !o)
        errors_add(r->errors, "MALFORMED_ID", NULL, "malformed id %s", given);
    else if (!has || (o && has != o))
        errors_add(r->errors, "MALFORMED_ID", "Id", "%s ID: id value of incorrect type: %s", o->label, given);
    else if (!stored)
        errors_add(r->errors, "INVALID_CROSS_REFERENCE_KEY", NULL, "invalid cross reference id");
    else if (stored->deleted)
        errors_add(r->errors, "ENTITY_IS_DELETED", NULL, "entity is deleted");
    return result_ok(r) ? stored : NULL;
}

void write_update(struct world *w, const struct call *c, const struct object *o, const char *id, const json_t *given,
                  struct result *r)
{
    if (!id || !*id) {
        errors_add(r->errors, "MISSING_ARGUMENT", NULL, "Id not specified in an update call");
        return;
    }
    struct record *stored = find_by_id(w, id, o, r);
    if (stored && !meets_fault(w, OPERATION_UPDATE, o, given, stored, r))
        update(w, c, stored, NULL, given, r);
}

static void upsert_by_id(struct world *w, const struct call *c, struct object *o, const char *value,
                         const json_t *given, struct result *r)
{
    if (value && *value)
        write_update(w, c, o, value, given, r);
    else
        write_create(w, c, o, given, r);
}

void write_upsert(struct world *w, const struct call *c, struct object *o, const struct field *key, const char *value,
                  const json_t *given, bool update_only, struct result *r)
{
    struct record *found[2];

    if (key->type == FIELD_ID) {
        upsert_by_id(w, c, o, value, given, r);
        return;
    }
    if (!value || !*value) {
        errors_add(r->errors, "MISSING_ARGUMENT", NULL, "%s not specified", key->name);
        return;
    }
    size_t n = store_lookup(w->store, o, key, value, MATCH_AS_FIELD, c->seen, found, 2);
    if (meets_fault(w, OPERATION_UPSERT, o, given, n ? found[0] : NULL, r))
        return;
    if (n > 1)
        errors_add(r->errors, "DUPLICATE_EXTERNAL_ID", NULL,
                   "%s: more than one record found for external id field: [%s, %s]", key->label, found[0]->id,
                   found[1]->id);
    else if (n == 1)
        update(w, c, found[0], key, given, r);
    else if (update_only)
        errors_add(r->errors, "NOT_FOUND", NULL, "Provided external ID field does not exist or is not accessible: %s",
                   value);
    else
        create(w, c, o, key, given, r);
}

void write_delete(struct world *w, const char *id, const struct object *o, struct result *r)
{
    struct record *stored = find_by_id(w, id, o, r);
    json_t *given = json_pack("{s:s}", "Id", id);

    if (stored && !meets_fault(w, OPERATION_DELETE, stored->object, given, stored, r)) {
        memcpy(r->id, stored->id, sizeof r->id);
        store_delete(w->store, stored);
    }
    json_decref(given);
}
