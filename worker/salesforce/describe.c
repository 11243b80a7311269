/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/describe.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "common/spelling.h"
#include "config/route.h"
#include "worker/salesforce/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

enum { PATH_CEILING = 16384 };

char *describe_path(const char *api_version, const char *object)
{
    struct buffer b = BUFFER_INIT(PATH_CEILING);

    buffer_printf(&b, "/services/data/%s/sobjects", api_version);
    if (object) {
        buffer_add_char(&b, '/');
        request_escape(&b, text_of(object));
        buffer_add_string(&b, "/describe");
    }
    return buffer_steal(&b);
}

/* ---- parse ---- */

static char *string_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return xstrdup(s ? s : "");
}

static bool flag_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static int64_t number_of(const json_t *object, const char *key)
{
    return (int64_t)json_number_value(json_object_get(object, key));
}

static void parse_values(const json_t *list, struct describe_field *f)
{
    size_t i;
    const json_t *value;

    f->values = xcalloc(json_array_size(list), sizeof *f->values);
    json_array_foreach(list, i, value) f->values[f->nvalues++] =
        (struct picklist_value){string_of(value, "value"), string_of(value, "label"), flag_of(value, "active")};
}

static void parse_references(const json_t *list, struct describe_field *f)
{
    size_t i;
    const json_t *name;

    f->reference_to = xcalloc(json_array_size(list), sizeof *f->reference_to);
    json_array_foreach(list, i, name)
    {
        const char *s = json_string_value(name);
        f->reference_to[f->nreferences++] = xstrdup(s ? s : "");
    }
}

static struct describe_field parse_field(const json_t *o)
{
    struct describe_field f = {.name = string_of(o, "name"),
                               .label = string_of(o, "label"),
                               .type = string_of(o, "type"),
                               .length = number_of(o, "length"),
                               .digits = (int)number_of(o, "digits"),
                               .precision = (int)number_of(o, "precision"),
                               .scale = (int)number_of(o, "scale"),
                               .nillable = flag_of(o, "nillable"),
                               .createable = flag_of(o, "createable"),
                               .updateable = flag_of(o, "updateable"),
                               .defaulted_on_create = flag_of(o, "defaultedOnCreate"),
                               .external_id = flag_of(o, "externalId"),
                               .id_lookup = flag_of(o, "idLookup"),
                               .unique = flag_of(o, "unique"),
                               .case_sensitive = flag_of(o, "caseSensitive"),
                               .calculated = flag_of(o, "calculated"),
                               .auto_number = flag_of(o, "autoNumber"),
                               .restricted_picklist = flag_of(o, "restrictedPicklist"),
                               .relationship_name = string_of(o, "relationshipName")};

    parse_references(json_object_get(o, "referenceTo"), &f);
    parse_values(json_object_get(o, "picklistValues"), &f);
    return f;
}

static struct describe parse_object(const json_t *o)
{
    return (struct describe){.name = string_of(o, "name"),
                             .label = string_of(o, "label"),
                             .custom = flag_of(o, "custom"),
                             .createable = flag_of(o, "createable"),
                             .updateable = flag_of(o, "updateable"),
                             .deletable = flag_of(o, "deletable"),
                             .queryable = flag_of(o, "queryable")};
}

static bool not_a_describe(json_t *root, struct error *e)
{
    json_decref(root);
    return error_set(e, STATUS_UNAVAILABLE, "describe: Salesforce's answer is not what a describe looks like");
}

struct describe *describe_parse(struct text body, struct error *e)
{
    json_t *root = json_loadb(body.at ? body.at : "", body.len, JSON_ALLOW_NUL, NULL);
    const json_t *list = json_object_get(root, "fields"), *field;
    size_t i;

    if (!json_is_array(list) || !json_is_string(json_object_get(root, "name"))) {
        not_a_describe(root, e);
        return NULL;
    }
    struct describe *d = xmalloc(sizeof *d);
    *d = parse_object(root);
    d->fields = xcalloc(json_array_size(list), sizeof *d->fields);
    json_array_foreach(list, i, field) d->fields[d->nfields++] = parse_field(field);
    json_decref(root);
    return d;
}

struct describe_list *describe_list_parse(struct text body, struct error *e)
{
    json_t *root = json_loadb(body.at ? body.at : "", body.len, JSON_ALLOW_NUL, NULL);
    const json_t *list = json_object_get(root, "sobjects"), *object;
    size_t i;

    if (!json_is_array(list)) {
        not_a_describe(root, e);
        return NULL;
    }
    struct describe_list *l = xcalloc(1, sizeof *l);
    l->objects = xcalloc(json_array_size(list), sizeof *l->objects);
    json_array_foreach(list, i, object) l->objects[l->n++] = parse_object(object);
    json_decref(root);
    return l;
}

static void field_release(struct describe_field *f)
{
    free(f->name);
    free(f->label);
    free(f->type);
    free(f->relationship_name);
    for (size_t i = 0; i < f->nreferences; i++)
        free(f->reference_to[i]);
    free(f->reference_to);
    for (size_t i = 0; i < f->nvalues; i++) {
        free(f->values[i].value);
        free(f->values[i].label);
    }
    free(f->values);
}

static void object_release(struct describe *d)
{
    for (size_t i = 0; i < d->nfields; i++)
        field_release(&d->fields[i]);
    free(d->fields);
    free(d->name);
    free(d->label);
}

void describe_free(struct describe *d)
{
    if (d)
        object_release(d);
    free(d);
}

void describe_list_free(struct describe_list *l)
{
    for (size_t i = 0; l && i < l->n; i++)
        object_release(&l->objects[i]);
    if (l)
        free(l->objects);
    free(l);
}

/* ---- ask ---- */

const struct describe_field *describe_find(const struct describe *d, const char *name)
{
    for (size_t i = 0; i < d->nfields; i++)
        if (strcasecmp(d->fields[i].name, name) == 0)
            return &d->fields[i];
    return NULL;
}

const struct describe_field *describe_relationship(const struct describe *d, const char *name)
{
    for (size_t i = 0; i < d->nfields; i++)
        if (d->fields[i].relationship_name[0] && strcasecmp(d->fields[i].relationship_name, name) == 0)
            return &d->fields[i];
    return NULL;
}

const struct describe *describe_list_find(const struct describe_list *l, const char *object)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcasecmp(l->objects[i].name, object) == 0)
            return &l->objects[i];
    return NULL;
}

/* People leave out what Salesforce appends to the names of a custom object and of its fields. */
static const char *nearest_name(const char *given, const char *const *names, size_t n)
{
    const char *nearest = spelling_nearest(given, names, n);
    char *custom = xasprintf("%s__c", given);

    if (!nearest)
        nearest = spelling_nearest(custom, names, n);
    free(custom);
    return nearest;
}

const char *describe_list_nearest(const struct describe_list *l, const char *object)
{
    const char **names = xcalloc(l->n, sizeof *names);

    for (size_t i = 0; i < l->n; i++)
        names[i] = l->objects[i].name;
    const char *nearest = nearest_name(object, names, l->n);
    free(names);
    return nearest;
}

const char *describe_nearest(const struct describe *d, const char *field)
{
    const char **names = xcalloc(d->nfields, sizeof *names);

    for (size_t i = 0; i < d->nfields; i++)
        names[i] = d->fields[i].name;
    const char *nearest = nearest_name(field, names, d->nfields);
    free(names);
    return nearest;
}

bool describe_is_key(const struct describe_field *f)
{
    return f->external_id || f->id_lookup || strcasecmp(f->name, "Id") == 0;
}

bool describe_ignores_case(const struct describe_field *f)
{
    return (f->unique && !f->case_sensitive) || strcmp(f->type, "email") == 0;
}

bool describe_is_required(const struct describe_field *f)
{
    return !f->nillable && !f->defaulted_on_create && f->createable && strcmp(f->type, "boolean") != 0;
}

/* ---- trouble ---- */

static struct failure *trouble(const char *code, char *message, const char *field)
{
    struct failure *f = failure_new(STAGE_WRITE, code, message, field);

    free(message);
    return f;
}

static bool object_allows(const struct describe *d, enum operation op)
{
    switch (op) {
    case OP_INSERT:
        return d->createable;
    case OP_UPDATE:
        return d->updateable;
    case OP_DELETE:
        return d->deletable;
    default:
        return d->createable && d->updateable;
    }
}

static bool field_allows(const struct describe_field *f, enum operation op)
{
    return (op == OP_UPDATE || f->createable) && (op == OP_INSERT || f->updateable);
}

/* The key only has to be there: it names the record, and Salesforce does not write it. */
static struct failure *field_trouble(const struct describe *d, const struct route *route, size_t i, enum operation op)
{
    const struct field *mapped = &route->fields[i];
    const struct describe_field *f =
        mapped->parent_key ? describe_relationship(d, mapped->name) : describe_find(d, mapped->to);
    bool names_record = (int)i == route->id_field || ((int)i == route->key_field && op != OP_INSERT);

    if (!f)
        return trouble("FIELD_NOT_WRITABLE",
                       xasprintf("%s has no field %s, or the user may not see it (a fresh describe says so)",
                                 route->object, mapped->to),
                       mapped->to);
    if (names_record || field_allows(f, op))
        return NULL;
    return trouble("FIELD_NOT_WRITABLE",
                   xasprintf("the user may not write %s.%s (a fresh describe says so)", route->object, mapped->to),
                   mapped->to);
}

/* Can records of the object be found by this field? `mapped`: what it is called in the mapping. */
static struct failure *key_trouble(const struct describe *d, const char *object, const char *key, const char *mapped)
{
    const struct describe_field *f = d ? describe_find(d, key) : NULL;

    if (f && describe_is_key(f))
        return NULL;
    return trouble("FIELD_NOT_WRITABLE",
                   xasprintf("%s.%s is %s (a fresh describe says so)", object, key,
                             f ? "no external id field" : "missing, or the user may not see it"),
                   mapped);
}

struct failure *describe_parent_trouble(const struct describe *d, const char *parent, const struct field *mapped)
{
    return key_trouble(d, parent, mapped->parent_key, mapped->to);
}

struct failure *describe_trouble(const struct describe *d, const struct route *route, enum operation op)
{
    struct failure *f = NULL;

    if (!d)
        return trouble("OBJECT_NOT_WRITABLE",
                       xasprintf("the org has no object %s, or the user may not see it, or salesforce.api_version is "
                                 "wrong (a fresh describe says so)",
                                 route->object),
                       NULL);
    if (!object_allows(d, op))
        return trouble(
            "OBJECT_NOT_WRITABLE",
            xasprintf("the user may not %s %s (a fresh describe says so)", operation_name(op), route->object), NULL);
    if (route->external_id[0] && (op == OP_UPSERT || (op != OP_INSERT && route_needs_lookup(route))))
        f = key_trouble(d, route->object, route->external_id, route->external_id);
    for (size_t i = 0; !f && op != OP_DELETE && i < route->nfields; i++)
        f = field_trouble(d, route, i, op);
    return f;
}
