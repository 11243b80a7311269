/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "config/source.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

enum { DEEPEST = 32 };

struct document {
    struct source source;
    struct node root;
};

/* ---- from libconfig's tree to ours ---- */

static void take_scalar(struct node *n, const config_setting_t *from)
{
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        n->kind = NODE_INT;
        n->number = config_setting_get_int64(from);
        break;
    case CONFIG_TYPE_FLOAT:
        n->kind = NODE_REAL;
        n->real = config_setting_get_float(from);
        if (!isfinite(n->real)) {
            n->kind = NODE_TOO_LARGE;
            n->text = xstrdup("a number beyond 1.8e308");
        }
        break;
    case CONFIG_TYPE_BOOL:
        n->kind = NODE_BOOL;
        n->truth = config_setting_get_bool(from);
        break;
    default: {
        const char *text = config_setting_get_string(from);
        bool too_large = text && text[0] == SOURCE_TOO_LARGE;
        n->kind = too_large ? NODE_TOO_LARGE : NODE_STRING;
        n->text = xstrdup(text ? text + too_large : "");
    }
    }
}

static void take_setting(struct node *n, const struct node *parent, config_setting_t *from, const struct source *source,
                         int depth)
{
    struct place place = source_place(source, (int)config_setting_source_line(from));
    const char *name = config_setting_name(from);

    *n = (struct node){.parent = parent, .name = name ? xstrdup(name) : NULL, .file = place.file, .line = place.line};
    if (!config_setting_is_aggregate(from)) {
        take_scalar(n, from);
        return;
    }
    n->kind = config_setting_is_group(from) ? NODE_GROUP : NODE_LIST;
    n->nchildren = depth < DEEPEST ? (size_t)config_setting_length(from) : 0; /* nothing of ours lies that deep */
    n->children = xcalloc(n->nchildren + 1, sizeof *n->children);
    for (size_t i = 0; i < n->nchildren; i++)
        take_setting(&n->children[i], n, config_setting_get_elem(from, (unsigned)i), source, depth + 1);
}

static void node_release(struct node *n)
{
    for (size_t i = 0; i < n->nchildren; i++)
        node_release(&n->children[i]);
    free(n->children);
    free(n->name);
    free(n->text);
}

struct document *document_read(const char *file, struct mistakes *m)
{
    struct document *d = xcalloc(1, sizeof *d);
    config_t parsed;
    bool ok = source_read(&d->source, file, m);

    config_init(&parsed);
    if (ok) {
        ok = config_read_string(&parsed, d->source.text.bytes ? d->source.text.bytes : "");
        struct place place = source_place(&d->source, config_error_line(&parsed));
        if (!ok)
            mistakes_add(m, place.file, place.line, NULL, "%s; a setting is: name = value;",
                         config_error_text(&parsed));
    }
    if (ok)
        take_setting(&d->root, NULL, config_root_setting(&parsed), &d->source, 0);
    config_destroy(&parsed);
    if (ok)
        return d;
    document_free(d);
    return NULL;
}

void document_free(struct document *d)
{
    if (!d)
        return;
    node_release(&d->root);
    source_release(&d->source);
    free(d);
}

struct node *document_root(struct document *d)
{
    return &d->root;
}

/* ---- nodes ---- */

const struct node *node_find(const struct node *group, const char *path)
{
    while (group && group->kind == NODE_GROUP) {
        size_t len = strcspn(path, ".");
        const struct node *found = NULL;
        for (size_t i = 0; i < group->nchildren && !found; i++) {
            const char *name = group->children[i].name;
            if (strncmp(name, path, len) == 0 && !name[len])
                found = &group->children[i];
        }
        if (!path[len])
            return found;
        path += len + 1;
        group = found;
    }
    return NULL;
}

static void add_path(struct buffer *out, const struct node *n)
{
    if (!n->parent)
        return;
    add_path(out, n->parent);
    if (n->name)
        buffer_printf(out, "%s%s", out->len ? "." : "", n->name);
    else
        buffer_printf(out, "[%td]", n - n->parent->children);
}

char *node_path(const struct node *n, const char *member)
{
    struct buffer out = BUFFER_INIT(4096);
    add_path(&out, n);
    if (member)
        buffer_printf(&out, "%s%s", out.len ? "." : "", member);
    return buffer_steal(&out);
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = {
        [NODE_GROUP] = "a group { … }",
        [NODE_LIST] = "a list",
        [NODE_STRING] = "a string",
        [NODE_INT] = "a whole number",
        [NODE_REAL] = "a number with a fraction",
        [NODE_BOOL] = "true or false",
        [NODE_TOO_LARGE] = "a number",
    };
    return names[kind];
}

/* The place of a member, or, where it is not there, of the innermost group that should have it. */
static const struct node *nearest_place(const struct node *n, const char *member)
{
    const struct node *found = node_find(n, member);
    char *path = xstrdup(member), *dot;
    while (!found && (dot = strrchr(path, '.'))) {
        *dot = '\0';
        found = node_find(n, path);
    }
    free(path);
    return found ? found : n;
}

void node_mistake(struct mistakes *m, const struct node *n, const char *member, const char *format, ...)
{
    char text[1536], *path = node_path(n, member);
    const struct node *place = member ? nearest_place(n, member) : n;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mistakes_add(m, place->file, place->line, path[0] ? path : NULL, "%s", text);
    free(path);
}
