/* SPDX-License-Identifier: Apache-2.0 */
#include "config/routes.h"

#include "common/expression.h"
#include "common/memory.h"
#include "config/fields.h"
#include "config/route_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *mode_name(enum mode mode)
{
    static const char *const names[] = {[MODE_UPSERT] = "upsert", [MODE_INSERT] = "insert", [MODE_UPDATE] = "update"};
    return names[mode];
}

/* ---- what the file says ---- */

static void read_fields(const struct reading *r, const struct node *list, struct written_route *w)
{
    w->nfields = list && list->kind == NODE_LIST ? list->nchildren : 0;
    w->fields = xcalloc(w->nfields + 1, sizeof *w->fields);
    for (size_t i = 0; i < w->nfields; i++) {
        const struct node *n = &list->children[i];
        bool ok = n->kind == NODE_GROUP;
        if (!ok)
            node_mistake(r->mistakes, n, NULL, "%s given, a group { to = …; from = …; } expected",
                         node_kind_name(n->kind));
        values_read(r, &settings_field, ok ? n : NULL, &w->fields[i]);
    }
}

/* Understood and documented, so that its mistakes are found; but nothing works behind it yet. */
static void refuse_audience(const struct reading *r, const struct node *n)
{
    struct written_audience audience = {0};
    if (!n || n->kind != NODE_GROUP)
        return;
    values_read(r, &settings_audience, n, &audience);
    values_release(&settings_audience, &audience);
    node_mistake(r->mistakes, n, NULL,
                 "audiences are not in this version: to keep a field of the record, map it; a campaign's members "
                 "cannot be written yet");
}

static struct written_route *read_written(const struct reading *r, const struct node *n)
{
    struct written_route *w = xcalloc(1, sizeof *w);
    const struct node *version = node_find(n, "version");

    values_read(r, &settings_route, n, w);
    values_read(r, &settings_version, version && version->kind == NODE_GROUP ? version : NULL, &w->version);
    read_fields(r, node_find(n, "fields"), w);
    refuse_audience(r, node_find(n, "audience"));
    return w;
}

static void free_written(struct written_route *w)
{
    for (size_t i = 0; i < w->nfields; i++)
        values_release(&settings_field, &w->fields[i]);
    free(w->fields);
    values_release(&settings_version, &w->version);
    values_release(&settings_route, w);
    free(w);
}

/* ---- from there to a route ---- */

static int slot_named(const struct route *route, size_t nslots, const char *name)
{
    for (size_t i = 0; name[0] && i < nslots; i++)
        if (fields_is(&route->fields[i], name))
            return (int)i;
    return -1;
}

static void make_slots(const struct reading *r, const struct node *n, struct route *route)
{
    const struct written_route *w = route->written;
    const struct node *list = node_find(n, "fields"), *version = node_find(n, "version");

    route->fields = xcalloc(w->nfields + 1, sizeof *route->fields);
    for (size_t i = 0; i < w->nfields; i++) {
        const struct node *field = &list->children[i];
        fields_make(r, field->kind == NODE_GROUP ? field : NULL, &w->fields[i], &route->fields[i]);
    }
    route->nfields = w->nfields;
    route->id_field = slot_named(route, w->nfields, "Id");
    route->key_field = slot_named(route, w->nfields, w->external_id);
    route->group_field = slot_named(route, w->nfields, w->group_by);
    route->version_field = -1;
    if (version && version->kind == NODE_GROUP) {
        route->version_field = (int)route->nfields;
        fields_make_version(r, version, &w->version, &route->fields[route->nfields++]);
    }
}

static void compile_where(const struct reading *r, const struct node *n, struct route *route)
{
    struct error e = {0};
    if (!route->written->where[0])
        return;
    route->where = expression_compile(route->written->where, &e);
    if (!route->where)
        node_mistake(r->mistakes, n, "where", "%s", e.text);
}

static void compile_topic(const struct reading *r, const struct node *n, struct route *route)
{
    char why[200];
    if (route->topic[0] != '^')
        return;
    int code = regcomp(&route->pattern, route->topic, REG_EXTENDED | REG_NOSUB);
    route->topic_is_pattern = code == 0;
    if (code == 0)
        return;
    regerror(code, &route->pattern, why, sizeof why);
    node_mistake(r->mistakes, n, "topic", "\"%s\" given, which is no POSIX extended regular expression: %s",
                 route->topic, why);
}

static const char *object_name(const struct written_route *w)
{
    return w->object == OBJECT_CUSTOM ? w->custom_object
                                      : settings_choice_name(settings_find(&settings_route, "object"), (int)w->object);
}

static struct route *make_route(const struct reading *r, const struct node *n, size_t index)
{
    struct route *route = xcalloc(1, sizeof *route);
    struct written_route *w = route->written = read_written(r, n);

    route->index = index;
    route->line = n->line;
    route->name = xstrdup(w->name[0] ? w->name : w->topic);
    route->topic = xstrdup(w->topic);
    route->format = w->format;
    route->object = xstrdup(object_name(w));
    route->mode = w->mode;
    route->external_id = xstrdup(w->external_id);
    route->on_delete = w->on_delete;
    route->tombstones = w->tombstones;
    route->skip_unchanged = w->skip_unchanged;
    route->group_by = xstrdup(w->group_by);
    route->auto_assign = w->auto_assign;
    route->allow_duplicates = w->allow_duplicates;
    compile_topic(r, n, route);
    compile_where(r, n, route);
    make_slots(r, n, route);
    route_rules_check(route, w, n, r->mistakes);
    return route;
}

static void free_route(struct route *route)
{
    for (size_t i = 0; i < route->nfields; i++)
        fields_release(&route->fields[i]);
    if (route->topic_is_pattern)
        regfree(&route->pattern);
    expression_free(route->where);
    free_written(route->written);
    free(route->fields);
    free(route->name);
    free(route->topic);
    free(route->object);
    free(route->external_id);
    free(route->group_by);
    free(route);
}

/* ---- numbers that routes share ---- */

/* Which field names the records of a route; "" where none does. */
static const char *naming_field(const struct route *route)
{
    return route->id_field >= 0 ? "Id" : route->external_id;
}

static bool same_space(const struct route *a, const struct route *b)
{
    return strcasecmp(a->object, b->object) == 0 && strcasecmp(naming_field(a), naming_field(b)) == 0;
}

static bool same_target(const struct route *a, const struct route *b)
{
    return strcasecmp(a->object, b->object) == 0 && strcasecmp(a->external_id, b->external_id) == 0 &&
           a->auto_assign == b->auto_assign && a->allow_duplicates == b->allow_duplicates;
}

static void number(struct config *c)
{
    uint32_t spaces = 0, targets = 0;
    for (size_t i = 0; i < c->nroutes; i++) {
        struct route *route = c->routes[i];
        size_t space = 0, target = 0;
        while (!same_space(c->routes[space], route))
            space++;
        while (!same_target(c->routes[target], route))
            target++;
        route->key_space = space < i ? c->routes[space]->key_space : spaces++;
        route->target = target < i ? c->routes[target]->target : targets++;
    }
}

void routes_read(const struct reading *r, const struct node *list, struct config *c)
{
    size_t n = list && list->kind == NODE_LIST ? list->nchildren : 0;

    c->routes = xcalloc(n + 1, sizeof(struct route *));
    for (size_t i = 0; i < n; i++) {
        const struct node *child = &list->children[i];
        if (child->kind == NODE_GROUP) {
            c->routes[c->nroutes] = make_route(r, child, c->nroutes);
            c->nroutes++;
        } else
            node_mistake(r->mistakes, child, NULL, "%s given, a group { topic = …; object = …; } expected",
                         node_kind_name(child->kind));
    }
    number(c);
}

void routes_free(struct route **routes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free_route(routes[i]);
    free(routes);
}

/* ---- routes beside each other ---- */

static bool reads(const struct route *route, const char *topic)
{
    return route->topic_is_pattern ? regexec(&route->pattern, topic, 0, NULL, 0) == 0
                                   : strcmp(route->topic, topic) == 0;
}

static void check_pair(const struct route *a, const struct route *b, const struct node *n, struct mistakes *m)
{
    if (b->topic[0] && strcmp(a->topic, b->topic) == 0)
        node_mistake(m, n, "topic", "\"%s\" given, but line %d has a route for it already: a topic has one route",
                     b->topic, a->line);
    else if (b->name[0] && strcmp(a->name, b->name) == 0)
        node_mistake(m, n, "name", "\"%s\" given, but the route in line %d is called so already", b->name, a->line);
}

static void check_own_topic(const struct route *route, const char *setting, const char *topic, const struct node *n,
                            struct mistakes *m)
{
    if (!topic[0] || !reads(route, topic))
        return;
    node_mistake(m, n, "topic", "\"%s\" given, which would read %s \"%s\", what the worker itself writes: %s",
                 route->topic, setting, topic,
                 route->topic_is_pattern
                     ? "make the pattern narrower, or name that topic so that the pattern does not fit"
                     : "use another topic");
}

void routes_check_together(const struct config *c, const struct node *root, struct mistakes *m)
{
    const struct node *list = node_find(root, "routes");
    if (!list || c->nroutes != list->nchildren)
        return; /* what is no route has its mistake already */
    for (size_t i = 0; i < c->nroutes; i++) {
        const struct node *n = &list->children[i];
        for (size_t j = 0; j < i; j++)
            check_pair(c->routes[j], c->routes[i], n, m);
        check_own_topic(c->routes[i], "dead_letter.topic", c->dead_letter.topic, n, m);
        check_own_topic(c->routes[i], "dead_letter.progress_topic", c->dead_letter.progress_topic, n, m);
        check_own_topic(c->routes[i], "dead_letter.parking_topic", c->dead_letter.parking_topic, n, m);
    }
}

const struct route *config_route_of(const struct config *c, const char *topic)
{
    for (size_t i = 0; i < c->nroutes; i++)
        if (!c->routes[i]->topic_is_pattern && strcmp(c->routes[i]->topic, topic) == 0)
            return c->routes[i];
    for (size_t i = 0; i < c->nroutes; i++)
        if (c->routes[i]->topic_is_pattern && reads(c->routes[i], topic))
            return c->routes[i];
    return NULL;
}
