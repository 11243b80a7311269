/* SPDX-License-Identifier: Apache-2.0 */
#include "config/route_rules.h"

#include "common/memory.h"
#include "common/spelling.h"
#include "config/fields.h"
#include "config/shapes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What Salesforce requires of a new record of a standard object; a person account has a LastName instead. */
static const struct {
    enum object object;
    const char *field, *instead;
} required[] = {
    {OBJECT_CONTACT, "LastName", NULL},      {OBJECT_LEAD, "LastName", NULL},
    {OBJECT_LEAD, "Company", NULL},          {OBJECT_ACCOUNT, "Name", "LastName"},
    {OBJECT_OPPORTUNITY, "Name", NULL},      {OBJECT_OPPORTUNITY, "StageName", NULL},
    {OBJECT_OPPORTUNITY, "CloseDate", NULL},
};

struct check {
    const struct route *route;
    const struct written_route *w;
    const struct node *n;
    struct mistakes *m;
};

static const struct field *mapped(const struct route *route, const char *name)
{
    for (size_t i = 0; i < route->nfields; i++)
        if (fields_is(&route->fields[i], name))
            return &route->fields[i];
    return NULL;
}

static const char *nearest_mapped(const struct route *route, const char *name)
{
    const char **names = xcalloc(route->nfields + 1, sizeof *names), *nearest;
    for (size_t i = 0; i < route->nfields; i++)
        names[i] = route->fields[i].to;
    nearest = spelling_nearest(name, names, route->nfields);
    free(names);
    return nearest;
}

/* "…, and no entry of fields maps it; did you mean "External_ID__c"?" */
static void not_mapped(const struct check *c, const char *setting, const char *name)
{
    const char *nearest = nearest_mapped(c->route, name);
    node_mistake(c->m, c->n, setting, "\"%s\" given, but no entry of fields has it in to%s%s%s", name,
                 nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

/* For a text that is empty now: was there one, which has its mistake already? */
static bool was_refused(const struct node *n, const char *name)
{
    const struct node *member = node_find(n, name);
    return member && (member->kind != NODE_STRING || member->text[0]);
}

static void check_object(const struct check *c)
{
    const struct written_route *w = c->w;
    const struct node *object = node_find(c->n, "object");
    bool custom = w->object == OBJECT_CUSTOM;

    if (object && object->kind == NODE_STRING && !shape_custom_object(object->text))
        node_mistake(c->m, object, NULL,
                     "a custom object is written object = \"Custom Object\"; custom_object = \"%s\"", object->text);
    if (custom && !w->custom_object[0] && !was_refused(c->n, "custom_object"))
        node_mistake(c->m, c->n, "custom_object",
                     "missing; object = \"Custom Object\" needs its API name, such as \"My_Object__c\"");
    if (!custom && w->custom_object[0] && object)
        node_mistake(c->m, c->n, "custom_object", "\"%s\" given, which needs object = \"Custom Object\"",
                     w->custom_object);
}

static void check_required(const struct check *c)
{
    const struct node *object = node_find(c->n, "object");
    bool known = object && object->kind == NODE_STRING &&
                 (c->w->object == OBJECT_CUSTOM || strcmp(object->text, c->route->object) == 0);
    if (c->w->mode == MODE_UPDATE || !known || !node_find(c->n, "fields"))
        return; /* what is missing itself has its mistake already */
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        const char *field = required[i].field, *instead = required[i].instead;
        if (required[i].object != c->w->object || mapped(c->route, field) || (instead && mapped(c->route, instead)))
            continue;
        node_mistake(c->m, c->n, "fields", "a new %s needs %s, and no field has to = \"%s\"%s", c->route->object, field,
                     field, instead ? " (for a person account: \"LastName\")" : "");
    }
}

/* The record's own name: without it, or with the same one for all, every event would hit the wrong record. */
static void check_naming_field(const struct check *c, int slot, const char *what)
{
    if (slot < 0)
        return;
    const struct field *f = &c->route->fields[slot];
    const char *wrong = f->source == SOURCE_VALUE ? "value" : f->default_json ? "default" : NULL;
    const struct node *list = node_find(c->n, "fields");
    const struct node *n = list && (size_t)slot < list->nchildren ? &list->children[slot] : c->n;
    if (wrong)
        node_mistake(c->m, n, wrong, "%s names the record: a constant would make one record of many", what);
    if (node_find(n, "on_null"))
        node_mistake(c->m, n, "on_null",
                     "%s names the record and is never cleared: remove it (an event without it is refused)", what);
}

static void check_external_id(const struct check *c)
{
    const struct written_route *w = c->w;
    bool given = w->external_id[0];

    if (!given && was_refused(c->n, "external_id"))
        return;
    if (given && strcasecmp(w->external_id, "Id") == 0)
        node_mistake(c->m, c->n, "external_id",
                     "\"Id\" given, which is no external id: to write records by Id, map Id and use mode = \"update\"");
    else if (given && c->route->key_field < 0)
        not_mapped(c, "external_id", w->external_id);
    else if (!given && w->mode == MODE_UPSERT)
        node_mistake(c->m, c->n, "external_id",
                     "missing; mode \"upsert\" finds records by it, such as \"External_Id__c\"");
    else if (!given && w->mode == MODE_UPDATE && c->route->id_field < 0)
        node_mistake(c->m, c->n, "external_id", "missing; mode \"update\" needs it, or a field with to = \"Id\"");
    else if (!given && w->mode == MODE_INSERT && w->on_delete == ON_DELETE_DELETE)
        node_mistake(c->m, c->n, "external_id", "missing; on_delete = \"delete\" finds the record by it");
    check_naming_field(c, c->route->key_field, "the external id");
}

static void check_id(const struct check *c)
{
    int slot = c->route->id_field;
    const struct node *list = node_find(c->n, "fields");
    if (slot >= 0 && c->w->mode != MODE_UPDATE && list)
        node_mistake(c->m, &list->children[slot], "to",
                     "\"Id\" given, which Salesforce refuses in mode \"%s\"; mode \"update\" writes by Id",
                     mode_name(c->w->mode));
    else
        check_naming_field(c, slot, "Id");
}

static void check_tombstones(const struct check *c)
{
    const struct written_route *w = c->w;
    if (w->on_delete == ON_DELETE_IGNORE)
        return;
    if (w->format == FORMAT_DEBEZIUM && !node_find(c->n, "tombstones"))
        node_mistake(c->m, c->n, "tombstones",
                     "missing; with on_delete = \"%s\" say what a message without a value is: \"skip\" where "
                     "Debezium's delete event comes "
                     "before it, \"delete\" where it comes alone",
                     w->on_delete == ON_DELETE_DELETE ? "delete" : "dead_letter");
    if (w->format == FORMAT_ROW && node_find(c->n, "tombstones") && w->tombstones == TOMBSTONES_SKIP)
        node_mistake(c->m, c->n, "tombstones",
                     "\"skip\" given, but in format \"row\" a message without a value is the delete: use on_delete = "
                     "\"ignore\"");
}

/* A row alone has no before image and no source block. */
static void check_format(const struct check *c)
{
    const struct node *list = node_find(c->n, "fields");
    if (c->w->format != FORMAT_ROW)
        return;
    if (c->w->skip_unchanged)
        node_mistake(c->m, c->n, "skip_unchanged",
                     "true given, but events of format \"row\" have no before image to compare with");
    for (size_t i = 0; i < c->route->nfields; i++) {
        enum source source = c->route->fields[i].source;
        const struct node *n = (int)i == c->route->version_field ? node_find(c->n, "version")
                               : list                            ? &list->children[i]
                                                                 : NULL;
        if (n && (source == SOURCE_BEFORE || source == SOURCE_SOURCE))
            node_mistake(c->m, n, "from", "\"%s\" given, but events of format \"row\" have none",
                         node_find(n, "from")->text);
    }
}

static void check_doubles(const struct check *c)
{
    const struct node *list = node_find(c->n, "fields");
    for (size_t i = 0; list && i < c->route->nfields; i++)
        for (size_t j = 0; j < i; j++) {
            const struct field *a = &c->route->fields[j], *b = &c->route->fields[i];
            if (!b->to[0] || strcasecmp(a->null_name, b->null_name) != 0)
                continue;
            bool is_version = (int)i == c->route->version_field;
            const struct node *n = is_version ? node_find(c->n, "version") : &list->children[i];
            node_mistake(c->m, n, is_version ? "field" : "to", "\"%s\" given, but line %d maps \"%s\" already", b->to,
                         a->line, a->to);
            break;
        }
}

void route_rules_check(const struct route *route, const struct written_route *w, const struct node *n,
                       struct mistakes *m)
{
    const struct check c = {route, w, n, m};
    const struct node *list = node_find(n, "fields");

    check_object(&c);
    check_external_id(&c);
    check_id(&c);
    check_required(&c);
    check_tombstones(&c);
    check_format(&c);
    check_doubles(&c);
    if (list && list->kind == NODE_LIST && list->nchildren == 0)
        node_mistake(m, n, "fields", "empty; at least one field is expected");
    if (w->group_by[0] && route->group_field < 0)
        not_mapped(&c, "group_by", w->group_by);
}
