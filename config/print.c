/* SPDX-License-Identifier: Apache-2.0 */
#include "config/print.h"

#include "common/memory.h"
#include "config/constants.h"
#include "config/layout.h"
#include "config/properties.h"
#include "config/values.h"
#include "config/written.h"

#include <stdlib.h>
#include <string.h>

#define MASK "********"

/* Where the rows of a table come from and go to. */
struct printing {
    struct buffer *out;
    const void *from;         /* the struct that the table fills */
    const struct config *all; /* for the routes; NULL inside of one */
    bool only_given;          /* leave out what is as by default */
};

static void print_table(const struct table *t, const struct printing *p, int depth);

static const void *member(const struct setting *s, const void *from)
{
    return (const char *)from + s->offset;
}

static const char *text_of_row(const struct setting *s, const void *from)
{
    const char *text = *(char *const *)member(s, from);
    return text ? text : "";
}

static int number_of_row(const struct setting *s, const void *from)
{
    int number;
    memcpy(&number, member(s, from), sizeof number);
    return number;
}

static void print_properties(struct buffer *out, const struct config *c)
{
    buffer_add_string(out, "[");
    for (size_t i = 0; i < c->kafka.nproperties; i++) {
        const struct property *p = &c->kafka.properties[i];
        char *text = xasprintf("%s%s=%s",
                               p->consumer && p->producer ? ""
                               : p->consumer              ? "consumer."
                                                          : "producer.",
                               p->name, properties_secret(p->name) ? MASK : p->value);
        buffer_add_string(out, i ? ", " : " ");
        constants_print_string(out, text);
        free(text);
    }
    buffer_add_string(out, " ]");
}

/* The value of a row that is neither a group nor a list of groups. */
static void print_value(struct buffer *out, const struct setting *s, const void *from)
{
    switch (s->type) {
    case SET_BOOL:
        buffer_add_string(out, *(const bool *)member(s, from) ? "true" : "false");
        break;
    case SET_INT:
        buffer_printf(out, "%d", number_of_row(s, from));
        break;
    case SET_CHOICE:
        constants_print_string(out, settings_choice_name(s, number_of_row(s, from)));
        break;
    case SET_CONSTANT:
        constants_print(out, text_of_row(s, from));
        break;
    case SET_SECRET:
        constants_print_string(out, text_of_row(s, from)[0] ? MASK : "");
        break;
    case SET_PROPERTIES:
        print_properties(out, from);
        break;
    default:
        constants_print_string(out, text_of_row(s, from));
    }
}

static bool is_default(const struct setting *s, const void *from)
{
    switch (s->type) {
    case SET_BOOL:
        return *(const bool *)member(s, from) == (s->initial && strcmp(s->initial, "true") == 0);
    case SET_CHOICE:
        return s->initial && strcmp(settings_choice_name(s, number_of_row(s, from)), s->initial) == 0;
    case SET_STRING:
    case SET_CONSTANT:
        return !text_of_row(s, from)[0];
    default:
        return false;
    }
}

/* Rows that say nothing, or would be refused when read again. */
static bool leave_out(const struct setting *s, const struct printing *p)
{
    if (s->type == SET_SECRET_FILE || s->of == &settings_audience)
        return true;
    if (s->of == &settings_version)
        return !((const struct written_route *)p->from)->version.field[0];
    if (!s->of && p->only_given)
        return is_default(s, p->from);
    /* of a row, a message without a value is a delete, whatever this says */
    return s == settings_find(&settings_route, "tombstones") &&
           ((const struct written_route *)p->from)->format == FORMAT_ROW;
}

static void print_group(const struct table *t, const struct printing *p, const void *from, int depth)
{
    const struct printing inner = {p->out, from, NULL, t != &settings_route};
    buffer_add_string(p->out, "{\n");
    print_table(t, &inner, depth + 1);
    layout_indent(p->out, depth);
    buffer_add_string(p->out, "}");
}

static void print_routes(const struct setting *s, const struct printing *p, int depth)
{
    buffer_add_string(p->out, "(");
    for (size_t i = 0; i < p->all->nroutes; i++) {
        const struct route *route = p->all->routes[i];
        struct written_route shown = *route->written;
        shown.name = route->name; /* which is the topic's, where none is written */
        buffer_add_string(p->out, i ? ", " : " ");
        print_group(s->of, p, &shown, depth);
    }
    buffer_add_string(p->out, " )");
}

static void print_fields(const struct setting *s, const struct printing *p, int depth)
{
    const struct written_route *w = p->from;
    buffer_add_string(p->out, "(");
    for (size_t i = 0; i < w->nfields; i++) {
        buffer_add_string(p->out, i ? ", " : " ");
        print_group(s->of, p, &w->fields[i], depth);
    }
    buffer_add_string(p->out, " )");
}

static void open_group(void *context, const char *group, int depth)
{
    struct printing *p = context;
    layout_indent(p->out, depth);
    buffer_printf(p->out, "%s: {\n", group);
}

static void close_group(void *context, int depth)
{
    struct printing *p = context;
    layout_indent(p->out, depth);
    buffer_add_string(p->out, "};\n");
}

static void print_row(void *context, const struct setting *s, int depth)
{
    struct printing *p = context;
    if (leave_out(s, p))
        return;
    layout_indent(p->out, depth);
    buffer_printf(p->out, "%s%s", settings_leaf(s->path), s->type == SET_GROUP ? ": " : " = ");
    if (s->type == SET_GROUP)
        print_group(s->of, p, member(s, p->from), depth);
    else if (s->of == &settings_route)
        print_routes(s, p, depth);
    else if (s->of == &settings_field)
        print_fields(s, p, depth);
    else
        print_value(p->out, s, p->from);
    buffer_add_string(p->out, ";\n");
}

static void print_table(const struct table *t, const struct printing *p, int depth)
{
    struct printing here = *p;
    const struct layout layout = {&here, open_group, print_row, close_group};
    layout_walk(t, &layout, depth);
}

void print_setting(struct buffer *out, const struct setting *s, const struct config *c)
{
    struct printing p = {out, c, c, false};
    print_row(&p, s, 0);
}

char *config_print(const struct config *c)
{
    struct buffer out = BUFFER_INIT(16 << 20);
    const struct printing p = {&out, c, c, false};
    print_table(&settings_config, &p, 0);
    return buffer_steal(&out);
}
