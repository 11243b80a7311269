/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/references.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool may_refer(const struct field *f, const char *object)
{
    size_t n = strlen(object);

    for (const char *at = f->refers_to; at;) {
        if (strncasecmp(at, object, n) == 0 && (at[n] == ';' || !at[n]))
            return true;
        at = strchr(at, ';');
        at = at ? at + 1 : NULL;
    }
    return false;
}

/* The parent's object: the only one, or the one that attributes.type names. */
static struct object *parent_object(struct world *w, const struct field *f, const json_t *parent)
{
    const char *type = json_string_value(json_object_get(json_object_get(parent, "attributes"), "type"));
    char first[64];

    if (type)
        return may_refer(f, type) ? schema_object(w->schema, type) : NULL;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(f->refers_to, ";"), f->refers_to);
    return strchr(f->refers_to, ';') ? NULL : schema_object(w->schema, first);
}

/* The one key of the parent that is not "attributes"; NULL: none, or several. */
static const char *only_key(const json_t *parent, json_t **value)
{
    const char *name, *found = NULL;
    json_t *given;
    int n = 0;

    json_object_foreach((json_t *)parent, name, given) if (strcmp(name, "attributes") != 0)
    {
        found = name;
        *value = given;
        n++;
    }
    return n == 1 ? found : NULL;
}

static void resolve(struct world *w, struct draft *d, const struct field *f, const struct object *o,
                    const struct field *key, const char *value)
{
    struct record *found[2];
    size_t n = store_lookup(w->store, o, key, value, MATCH_AS_FIELD, d->call->seen, found, 2);

    if (n == 1)
        json_object_set_new(d->changes, f->name, json_string(found[0]->id));
    else if (n == 0)
        errors_add(d->result->errors, "INVALID_FIELD", NULL,
                   "Foreign key external ID: %s not found for field %s in entity %s", value, key->name, o->name);
    else
        errors_add(d->result->errors, "DUPLICATE_EXTERNAL_ID", NULL,
                   "%s: more than one record found for external id field: [%s, %s]", key->label, found[0]->id,
                   found[1]->id);
}

void reference_by_key(struct world *w, struct draft *d, const struct field *f, const json_t *parent)
{
    json_t *errors = d->result->errors, *given = NULL;

    if (json_is_null(parent)) {
        json_object_set_new(d->changes, f->name, json_null());
        return;
    }
    const struct object *o = parent_object(w, f, parent);
    const char *name = only_key(parent, &given);
    const struct field *key = o && name ? object_field(o, name) : NULL;
    if (!o) {
        errors_add(errors, "INVALID_FIELD", NULL, "The type of the parent in %s is missing or not allowed",
                   f->relation);
    } else if (!name) {
        errors_add(errors, "INVALID_FIELD", NULL, "A parent in %s needs exactly one external id field", f->relation);
    } else if (!key || !store_indexes(key)) {
        errors_add(errors, "INVALID_FIELD", NULL,
                   "Field name provided, %s is not an External ID or indexed field for %s", name, o->name);
    } else {
        char *value = store_key_text(given);
        if (value && *value)
            resolve(w, d, f, o, key, value);
        else
            errors_add(errors, "MISSING_ARGUMENT", NULL, "%s not specified", key->name);
        free(value);
    }
}

void reference_check(struct world *w, struct draft *d, const struct field *f)
{
    const char *id = json_string_value(json_object_get(d->changes, f->name));
    const struct object *o = id ? schema_object_of_id(w->schema, id) : NULL;
    const struct record *r = id ? store_find(w->store, id) : NULL;
    json_t *errors = d->result->errors;

    if (!id)
        return;
    if (!o || !may_refer(f, o->name))
        errors_add(errors, "MALFORMED_ID", f->name, "%s: id value of incorrect type: %s", f->label, id);
    else if (!r)
        errors_add(errors, "INVALID_CROSS_REFERENCE_KEY", NULL, "invalid cross reference id");
    else if (r->deleted)
        errors_add(errors, "ENTITY_IS_DELETED", NULL, "entity is deleted");
}
