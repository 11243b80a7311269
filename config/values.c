/* SPDX-License-Identifier: Apache-2.0 */
#include "config/values.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "common/spelling.h"
#include "config/config.h"
#include "config/constants.h"
#include "config/files.h"
#include "config/properties.h"

#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static void add_choices(struct buffer *out, const struct setting *s)
{
    const char *between = "";
    for (const struct choice *c = s->choices; c->name; c++) {
        if (c->refused || !c->name[0])
            continue;
        const struct choice *next = c + 1;
        while (next->name && next->refused)
            next++;
        buffer_printf(out, "%s\"%s\"", between[0] && !next->name ? " or " : between, c->name);
        between = ", ";
    }
}

char *values_allowed(const struct setting *s)
{
    static const char *const words[] = {
        [SET_BOOL] = "true or false",
        [SET_STRING] = "a string",
        [SET_URL] = "a string",
        [SET_PATH] = "a string, the path of a file",
        [SET_SECRET] = "a string",
        [SET_SECRET_FILE] = "a string, the path of a file",
        [SET_CONSTANT] = "a string, a number, true or false",
        [SET_PROPERTIES] = "a list of strings [ \"NAME=VALUE\", … ]",
        [SET_GROUP] = "a group { … }",
        [SET_LIST] = "a list of groups ( { … }, … )",
    };
    struct buffer out = BUFFER_INIT(4096);
    if (s->type == SET_INT)
        buffer_printf(&out, "a whole number from %lld to %lld", s->min, s->max);
    else if (s->type == SET_CHOICE)
        add_choices(&out, s);
    else
        buffer_add_string(&out, words[s->type]);
    return buffer_steal(&out);
}

/* What stands in the file, as far as it may be shown. */
static char *given(const struct setting *s, const struct node *n)
{
    switch (n->kind) {
    case NODE_STRING:
        return s->type == SET_SECRET ? xstrdup("a text that is not shown") : mistakes_quote(n->text);
    case NODE_TOO_LARGE:
        return xstrdup(n->text);
    case NODE_INT:
        return xasprintf("%lld", n->number);
    case NODE_REAL:
        return xasprintf("%g, a number with a fraction,", n->real);
    case NODE_BOOL:
        return xstrdup(n->truth ? "true" : "false");
    default:
        return xstrdup(node_kind_name(n->kind));
    }
}

static void wrong(const struct reading *r, const struct setting *s, const struct node *n)
{
    char *it = given(s, n), *allowed = values_allowed(s);
    node_mistake(r->mistakes, n, NULL, "%s given, %s allowed", it, allowed);
    free(it);
    free(allowed);
}

/* ---- one value by type; `text` is a default or what a string in the file says ---- */

static void store_text(const struct setting *s, void *into, char *text)
{
    char **at = setting_at(s, into);
    free(*at);
    *at = text;
}

static bool store_choice(const struct setting *s, void *into, const char *text, const char **refused)
{
    for (const struct choice *c = s->choices; c->name; c++) {
        if (strcmp(c->name, text) != 0)
            continue;
        *refused = c->refused;
        if (!c->refused)
            memcpy(setting_at(s, into), &c->value, sizeof c->value);
        return true;
    }
    return false;
}

static char *without_slash(const char *text)
{
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    return xstrndup(text, len);
}

static char *text_to_keep(const struct reading *r, const struct setting *s, const char *text)
{
    if (s->type == SET_PATH && text[0])
        return files_relative(r->dir, text);
    return s->type == SET_URL ? without_slash(text) : xstrdup(text);
}

/* The table is ours, so what does not fit is a defect. */
static void set_default(const struct reading *r, const struct setting *s, void *into)
{
    const char *text = s->initial ? s->initial : "", *refused = NULL;
    int number;

    switch (s->type) {
    case SET_BOOL:
        *(bool *)setting_at(s, into) = strcmp(text, "true") == 0;
        break;
    case SET_INT:
        number = (int)strtol(text, NULL, 10);
        memcpy(setting_at(s, into), &number, sizeof number);
        break;
    case SET_CHOICE:
        if (s->initial && (!store_choice(s, into, text, &refused) || refused))
            bug("%s: its default is none of its choices", s->path);
        break;
    case SET_STRING:
    case SET_URL:
    case SET_PATH:
    case SET_SECRET:
        store_text(s, into, text_to_keep(r, s, text));
        break;
    default: /* lists, groups, constants: nothing */
        break;
    }
}

static void read_int(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    if (n->kind != NODE_INT || n->number < s->min || n->number > s->max) {
        wrong(r, s, n);
        return;
    }
    int number = (int)n->number;
    memcpy(setting_at(s, into), &number, sizeof number);
}

static void read_choice(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    const char *names[16], *refused = NULL;
    size_t count = 0;

    if (n->kind != NODE_STRING) {
        wrong(r, s, n);
        return;
    }
    if (store_choice(s, into, n->text, &refused)) {
        if (refused)
            node_mistake(r->mistakes, n, NULL, "\"%s\" given: %s", n->text, refused);
        return;
    }
    for (const struct choice *c = s->choices; c->name && count < 16; c++)
        names[count++] = c->name;
    const char *nearest = spelling_nearest(n->text, names, count);
    char *it = given(s, n), *allowed = values_allowed(s);
    node_mistake(r->mistakes, n, NULL, "%s given, %s allowed%s%s%s", it, allowed, nearest ? "; did you mean \"" : "",
                 nearest ? nearest : "", nearest ? "\"?" : "");
    free(it);
    free(allowed);
}

static void read_text(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    if (n->kind != NODE_STRING) {
        wrong(r, s, n);
        return;
    }
    size_t len = strlen(n->text);
    const char *why = len && s->shape ? s->shape(n->text) : NULL;
    char *it = given(s, n);
    if ((long long)len < s->min)
        node_mistake(r->mistakes, n, NULL, "%s given, but it may not be empty", it);
    else if ((long long)len > s->max && s->type != SET_SECRET)
        node_mistake(r->mistakes, n, NULL, "%s given, which is longer than %lld bytes", it, s->max);
    else if (why)
        node_mistake(r->mistakes, n, NULL, "%s given, but %s", it, why);
    else if (!constants_is_utf8(n->text))
        node_mistake(r->mistakes, n, NULL, "%s given, which is not UTF-8", it);
    else
        store_text(s, into, text_to_keep(r, s, n->text));
    free(it);
}

static void read_secret_file(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    char **secret = setting_at(s, into);
    struct error e = {0};

    if (n->kind != NODE_STRING) {
        wrong(r, s, n);
        return;
    }
    if (!n->text[0])
        return;
    if ((*secret)[0]) {
        node_mistake(r->mistakes, n, NULL, "given beside the secret itself: give one of them");
        return;
    }
    char *path = files_relative(r->dir, n->text), *text = files_read_secret(path, &e);
    if (text)
        store_text(s, into, text);
    else
        node_mistake(r->mistakes, n, NULL, "%s", e.text);
    free(path);
}

static void read_constant(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    struct error e = {0};
    char *json = constants_json(n, &e);
    if (json)
        store_text(s, into, json);
    else if (e.text[0])
        node_mistake(r->mistakes, n, NULL, "%s", e.text);
    else
        wrong(r, s, n);
}

static void read_value(const struct reading *r, const struct setting *s, const struct node *n, void *into)
{
    if (n->refused)
        return;
    switch (s->type) {
    case SET_BOOL:
        if (n->kind == NODE_BOOL)
            *(bool *)setting_at(s, into) = n->truth;
        else
            wrong(r, s, n);
        break;
    case SET_INT:
        read_int(r, s, n, into);
        break;
    case SET_CHOICE:
        read_choice(r, s, n, into);
        break;
    case SET_SECRET_FILE:
        read_secret_file(r, s, n, into);
        break;
    case SET_CONSTANT:
        read_constant(r, s, n, into);
        break;
    case SET_PROPERTIES: {
        struct config *c = into;
        if (n->kind == NODE_LIST)
            properties_read(n, r->dir, r->mistakes, &c->kafka.properties, &c->kafka.nproperties);
        else
            wrong(r, s, n);
        break;
    }
    case SET_GROUP:
    case SET_LIST:
        if (n->kind != (s->type == SET_GROUP ? NODE_GROUP : NODE_LIST))
            wrong(r, s, n);
        break;
    default:
        read_text(r, s, n, into);
    }
}

/* ---- names that no row has ---- */

static const char *rows_under(const struct table *t, const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < t->n; i++)
        if (strncmp(t->rows[i].path, path, len) == 0 && t->rows[i].path[len] == '.')
            return t->rows[i].path;
    return NULL;
}

/* The nearest known path: with the same last part elsewhere, else of similar spelling. */
static const char *nearest_path(const struct table *t, const char *path)
{
    const char **paths = xcalloc(t->n, sizeof *paths), *found = NULL;
    for (size_t i = 0; i < t->n; i++) {
        paths[i] = t->rows[i].path;
        if (!found && strcmp(settings_leaf(paths[i]), settings_leaf(path)) == 0)
            found = paths[i];
    }
    if (!found)
        found = spelling_nearest(path, paths, t->n);
    free(paths);
    return found;
}

static void unknown(const struct reading *r, const struct table *t, const struct node *n, const char *path)
{
    const char *nearest = nearest_path(t, path);
    /* of the table for the whole file, paths are whole; of the others, members of the same group */
    if (nearest)
        node_mistake(r->mistakes, n, NULL, "no such setting; did you mean %s?", nearest);
    else
        node_mistake(r->mistakes, n, NULL, "no such setting; all of them: sfsink help config");
}

static void find_unknown(const struct reading *r, const struct table *t, const struct node *group, const char *prefix)
{
    for (size_t i = 0; i < group->nchildren; i++) {
        const struct node *n = &group->children[i];
        char *path = xasprintf("%s%s%s", prefix, prefix[0] ? "." : "", n->name);
        if (settings_find(t, path))
            ;
        else if (!rows_under(t, path))
            unknown(r, t, n, path);
        else if (n->kind == NODE_GROUP)
            find_unknown(r, t, n, path);
        else
            node_mistake(r->mistakes, n, NULL, "%s given, a group { … } expected", node_kind_name(n->kind));
        free(path);
    }
}

/* ---- tables ---- */

void values_read(const struct reading *r, const struct table *t, const struct node *group, void *into)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct setting *s = &t->rows[i];
        const struct node *n = node_find(group, s->path);
        set_default(r, s, into);
        if (n)
            read_value(r, s, n, into);
        else if (!s->initial && group) {
            char *allowed = values_allowed(s);
            node_mistake(r->mistakes, group, s->path, "missing; %s expected", allowed);
            free(allowed);
        }
    }
    if (group)
        find_unknown(r, t, group, "");
}

void values_release(const struct table *t, void *into)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct setting *s = &t->rows[i];
        if (s->type == SET_STRING || s->type == SET_URL || s->type == SET_PATH || s->type == SET_SECRET ||
            s->type == SET_CONSTANT)
            free(*(char **)setting_at(s, into));
    }
}
