/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/mapping_check.h"

#include "common/buffer.h"
#include "common/json_doc.h"
#include "common/memory.h"
#include "config/route.h"
#include "worker/salesforce/field_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH_SIZE = 128, WORDS = 2000, VERSION_DIGITS = 18 };

#define PERMISSION "give it to the user in a permission set"
#define NOT_SEEN "or the user may not see it (field-level security)"

/* A route, its object's describe, and where findings go. */
struct check {
    const struct config *config;
    const struct describes *describes;
    const struct route *route;
    const struct describe *object;
    struct mistakes *findings;
};

void finding_add(struct mistakes *findings, const struct config *c, const char *path, const char *format, ...)
{
    char words[WORDS];
    int line;
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    const char *file = config_place(c, path, &line);
    mistakes_add(findings, file, line, path, "%s", words);
}

/* Under the route's own path: "external_id", "fields[2].to". */
static void find(const struct check *k, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void find(const struct check *k, const char *member, const char *format, ...)
{
    char words[WORDS], path[PATH_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    snprintf(path, sizeof path, "routes[%zu].%s", k->route->index, member);
    finding_add(k->findings, k->config, path, "%s", words);
}

/* "fields[2].to"; the version is a field of its own. */
static void member_of(const struct route *route, size_t field, const char *what, char path[PATH_SIZE])
{
    if ((int)field == route->version_field)
        snprintf(path, PATH_SIZE, "version.%s", strcmp(what, "to") == 0 ? "field" : what);
    else
        snprintf(path, PATH_SIZE, "fields[%zu].%s", field, what);
}

static bool creates(const struct route *route)
{
    return route->mode != MODE_UPDATE;
}

static bool updates(const struct route *route)
{
    return route->mode != MODE_INSERT;
}

static bool deletes(const struct route *route)
{
    return route->on_delete == ON_DELETE_DELETE;
}

/* ---- the object ---- */

static const char *object_setting(const struct check *k)
{
    size_t len = strlen(k->route->object);

    return len > 3 && strcasecmp(k->route->object + len - 3, "__c") == 0 ? "custom_object" : "object";
}

static void missing_object(const struct check *k)
{
    const char *nearest = describes_nearest(k->describes, k->route->object);

    if (nearest)
        find(k, object_setting(k), "the org has no object %s, or the user may not see it; did you mean %s?",
             k->route->object, nearest);
    else
        find(k, object_setting(k), "the org has no object %s, or the user may not see it; `sfsink describe` lists them",
             k->route->object);
}

static void check_object(const struct check *k)
{
    const struct describe *o = k->object;
    const char *setting = object_setting(k);

    if (strcmp(o->name, k->route->object) != 0)
        find(k, setting, "\"%s\" given, but the org spells it \"%s\": upper and lower case count", k->route->object,
             o->name);
    if (creates(k->route) && !o->createable)
        find(k, setting, "the user may not create %s: " PERMISSION ", or use mode = \"update\"", o->name);
    if (updates(k->route) && !o->updateable)
        find(k, setting, "the user may not edit %s: " PERMISSION ", or use mode = \"insert\"", o->name);
    if (deletes(k->route) && !o->deletable)
        find(k, "on_delete", "the user may not delete %s: " PERMISSION ", or use on_delete = \"ignore\"", o->name);
}

/* ---- the external id ---- */

static void check_key(const struct check *k)
{
    const struct route *route = k->route;
    const struct describe_field *f = route->external_id[0] ? describe_find(k->object, route->external_id) : NULL;

    if (!route->external_id[0])
        return;
    if (!f) {
        const char *nearest = describe_nearest(k->object, route->external_id);
        find(k, "external_id", "%s has no field %s, " NOT_SEEN "%s%s%s", k->object->name, route->external_id,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    } else if (!describe_is_key(f)) {
        find(k, "external_id",
             "%s.%s is no external id: set \"External ID\" (and \"Unique\") on the field in Salesforce, or name "
             "another; `sfsink describe %s` shows which are",
             k->object->name, f->name, k->object->name);
    }
}

/* ---- parents ---- */

static const struct describe *parent_of(const struct describes *d, const struct describe_field *reference)
{
    return reference->nreferences == 1 ? describes_of(d, reference->reference_to[0]) : NULL;
}

const struct describe_field *mapping_target(const struct describes *d, const struct route *route, size_t field)
{
    const struct describe *object = describes_of(d, route->object);
    const struct field *mapped = &route->fields[field];

    if (!object || !mapped->parent_key)
        return object ? describe_find(object, mapped->to) : NULL;
    const struct describe_field *reference = describe_relationship(object, mapped->name);
    const struct describe *parent = reference ? parent_of(d, reference) : NULL;
    return parent ? describe_find(parent, mapped->parent_key) : NULL;
}

/* The relationship of a custom field ends in "__r", which people leave out. */
static void unknown_parent(const struct check *k, const char *path, const struct field *mapped)
{
    char *custom = xasprintf("%s__c", mapped->name);
    const struct describe_field *f = describe_find(k->object, custom);

    if (f && f->relationship_name[0])
        find(k, path, "%s has no relationship %s; did you mean %s.%s?", k->object->name, mapped->name,
             f->relationship_name, mapped->parent_key);
    else
        find(k, path, "%s has no relationship %s, " NOT_SEEN "; `sfsink describe %s` shows them", k->object->name,
             mapped->name, k->object->name);
    free(custom);
}

static void check_parent_key(const struct check *k, const char *path, const struct field *mapped,
                             const struct describe_field *reference)
{
    const struct describe *parent = parent_of(k->describes, reference);
    const struct describe_field *f = parent ? describe_find(parent, mapped->parent_key) : NULL;

    if (reference->nreferences > 1) {
        find(k, path,
             "%s may refer to several objects (%s, %s, …), which an external id cannot tell apart: map its Id to %s",
             mapped->name, reference->reference_to[0], reference->reference_to[1], reference->name);
    } else if (!parent) {
        find(k, path, "%s refers to %s, which the user may not see", mapped->name,
             reference->nreferences ? reference->reference_to[0] : "an object");
    } else if (!f) {
        const char *nearest = describe_nearest(parent, mapped->parent_key);
        find(k, path, "%s has no field %s, " NOT_SEEN "%s%s%s", parent->name, mapped->parent_key,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    } else if (!describe_is_key(f)) {
        find(k, path, "%s.%s is no external id, so it names no parent", parent->name, f->name);
    }
}

/* ---- fields ---- */

static void unknown_field(const struct check *k, const char *path, const struct field *mapped)
{
    const char *nearest = describe_nearest(k->object, mapped->to);

    if (nearest)
        find(k, path, "%s has no field %s, " NOT_SEEN "; did you mean %s?", k->object->name, mapped->to, nearest);
    else
        find(k, path, "%s has no field %s, " NOT_SEEN "; `sfsink describe %s` lists them", k->object->name, mapped->to,
             k->object->name);
}

/* The external id and the Id name the record: Salesforce does not write them. */
static bool names_record(const struct route *route, size_t i)
{
    return (int)i == route->id_field || ((int)i == route->key_field && route->mode != MODE_INSERT);
}

static void check_writable(const struct check *k, const char *path, size_t i, const struct describe_field *f)
{
    const char *object = k->object->name;
    bool create = creates(k->route) && !f->createable, update = updates(k->route) && !f->updateable;

    if (names_record(k->route, i) || (!create && !update))
        return;
    if (!f->createable && !f->updateable)
        find(k, path, "%s.%s cannot be written%s", object, f->name,
             f->calculated    ? ": it is a formula; do not map it"
             : f->auto_number ? ": Salesforce numbers it; do not map it"
                              : ": read-only for this user; " PERMISSION " (edit access), or do not map it");
    else if (create)
        find(k, path, "%s.%s can be written in updates only, and mode = \"%s\" creates records, too", object, f->name,
             mode_name(k->route->mode));
    else
        find(k, path, "%s.%s can be written on create only, and mode = \"%s\" updates records, too", object, f->name,
             mode_name(k->route->mode));
}

/* A constant, or a default, against the describe. `json` NULL: there is none. */
static void check_constant(const struct check *k, size_t i, const char *what, const char *json,
                           const struct describe_field *f)
{
    struct json_doc doc = {0};
    struct buffer why = BUFFER_INIT(WORDS);
    char path[PATH_SIZE];

    if (json && json_doc_read(&doc, text_of(json)) && field_value_check(f, doc.nodes, &why)) {
        member_of(k->route, i, what, path);
        find(k, path, "%s.%s: %s", k->object->name, f->name, why.bytes);
    }
    buffer_release(&why);
    json_doc_release(&doc);
}

static void check_type(const struct check *k, size_t i, const struct describe_field *f)
{
    static const char *const names[] = {"",     "string",   "number", "integer",      "boolean",
                                        "date", "datetime", "time",   "multipicklist"};
    enum as as = k->route->fields[i].as;
    struct buffer type = BUFFER_INIT(WORDS);
    char path[PATH_SIZE];

    field_say_type(f, &type);
    if (field_takes(f, as)) {
        if ((int)i == k->route->version_field && f->precision - f->scale < VERSION_DIGITS && f->precision > 0)
            find(k, "version.field", "%s.%s is a %s, and versions have up to %d: make it a Number(%d, 0)",
                 k->object->name, f->name, type.bytes, VERSION_DIGITS, VERSION_DIGITS);
    } else {
        member_of(k->route, i, (int)i == k->route->version_field ? "to" : "as", path);
        find(k, path, "\"%s\" does not fit %s.%s, which is a %s", names[as], k->object->name, f->name, type.bytes);
    }
    buffer_release(&type);
}

static void check_field(const struct check *k, size_t i)
{
    const struct field *mapped = &k->route->fields[i];
    const struct describe_field *f =
        mapped->parent_key ? describe_relationship(k->object, mapped->name) : describe_find(k->object, mapped->to);
    char path[PATH_SIZE];

    member_of(k->route, i, "to", path);
    if (!f && mapped->parent_key)
        unknown_parent(k, path, mapped);
    else if (!f)
        unknown_field(k, path, mapped);
    else
        check_writable(k, path, i, f);
    if (f && mapped->parent_key)
        check_parent_key(k, path, mapped, f);
    const struct describe_field *target = mapping_target(k->describes, k->route, i);
    if (!target)
        return;
    check_type(k, i, target);
    check_constant(k, i, "value", mapped->value_json, target);
    check_constant(k, i, "default", mapped->default_json, target);
}

static bool is_mapped(const struct route *route, const struct describe_field *f)
{
    for (size_t i = 0; i < route->nfields; i++) {
        const struct field *mapped = &route->fields[i];
        if (strcasecmp(mapped->to, f->name) == 0 ||
            (mapped->parent_key && f->relationship_name[0] && strcasecmp(mapped->name, f->relationship_name) == 0))
            return true;
    }
    return false;
}

static void check_required(const struct check *k)
{
    for (size_t i = 0; creates(k->route) && i < k->object->nfields; i++) {
        const struct describe_field *f = &k->object->fields[i];
        if (describe_is_required(f) && !is_mapped(k->route, f))
            find(k, "fields", "%s.%s (%s) is required on create, and no field maps it: add { to = \"%s\"; … }",
                 k->object->name, f->name, f->type, f->name);
    }
}

static void check_route(const struct config *c, const struct describes *d, const struct route *route,
                        struct mistakes *findings)
{
    struct check k = {c, d, route, describes_of(d, route->object), findings};

    if (!k.object) {
        missing_object(&k);
        return;
    }
    check_object(&k);
    check_key(&k);
    for (size_t i = 0; i < route->nfields; i++)
        check_field(&k, i);
    check_required(&k);
}

void mapping_check(const struct config *c, const struct describes *d, struct mistakes *findings)
{
    for (size_t i = 0; i < c->nroutes; i++)
        check_route(c, d, c->routes[i], findings);
}
