/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reference.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "config/constants.h"
#include "config/layout.h"
#include "config/reference_text.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

enum { CEILING = 1 << 20, WIDTH = 100 };

/* ---- one row in words ---- */

static bool is_number(const struct setting *s)
{
    return s->type == SET_BOOL || s->type == SET_INT;
}

/* The default in libconfig's syntax; NULL where there is none. */
static char *default_of(const struct setting *s)
{
    struct buffer out = BUFFER_INIT(CEILING);
    if (!s->initial || s->of || s->type == SET_CONSTANT)
        return NULL;
    if (s->type == SET_PROPERTIES)
        buffer_add_string(&out, "[ ]");
    else if (is_number(s))
        buffer_add_string(&out, s->initial);
    else
        constants_print_string(&out, s->initial);
    return buffer_steal(&out);
}

/* "0 to 60000", "\"a\" or \"b\""; empty where any text will do; free() it. */
static char *range_of(const struct setting *s)
{
    if (s->type == SET_INT)
        return xasprintf("%lld to %lld", s->min, s->max);
    return s->type == SET_CHOICE ? values_allowed(s) : xstrdup("");
}

/* Adds words, with a line break and `margin` in front of each line. */
static void add_wrapped(struct buffer *out, const char *text, const char *margin)
{
    size_t column = WIDTH + 1;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column + 1 + len > WIDTH) {
            buffer_printf(out, "%s%s", out->len && out->bytes[out->len - 1] != '\n' ? "\n" : "", margin);
            column = strlen(margin);
        } else {
            buffer_add_char(out, ' ');
            column++;
        }
        buffer_add(out, text, len);
        column += len;
        text += len + (text[len] == ' ');
    }
    buffer_add_char(out, '\n');
}

/* ---- Markdown ---- */

/* A cell of a table: "|" would end it. */
static void add_cell(struct buffer *out, const char *text, bool code)
{
    buffer_printf(out, " %s", code && *text ? "`" : "");
    for (; *text; text++)
        buffer_printf(out, "%s%c", *text == '|' ? "\\" : "", *text);
    buffer_printf(out, "%s |", code && text[-1] != ' ' ? "`" : "");
}

static void add_markdown_row(struct buffer *out, const struct setting *s)
{
    char *standard = default_of(s), *range = range_of(s);
    buffer_add_string(out, "|");
    add_cell(out, s->path, true);
    if (standard)
        add_cell(out, standard, true);
    else
        add_cell(out, s->initial ? "" : "to be given", false);
    add_cell(out, range, false);
    add_cell(out, s->reload ? "yes" : "", false);
    add_cell(out, s->help, false);
    buffer_add_string(out, "\n");
    free(standard);
    free(range);
}

static void add_markdown_table(struct buffer *out, const char *title, const struct table *t)
{
    buffer_printf(out, "\n## %s\n\n", title);
    buffer_add_string(out, "| setting | default | allowed | SIGHUP | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < t->n; i++)
        add_markdown_row(out, &t->rows[i]);
}

char *reference_markdown(void)
{
    struct buffer out = BUFFER_INIT(CEILING);
    buffer_add_string(&out, reference_text_before);
    add_markdown_table(&out, "Settings", &settings_config);
    add_markdown_table(&out, "A route", &settings_route);
    add_markdown_table(&out, "A field: an entry of `fields`", &settings_field);
    buffer_add_string(&out, reference_text_fields);
    add_markdown_table(&out, "`version`: the stale-write guard", &settings_version);
    add_markdown_table(&out, "`audience` (not in this version)", &settings_audience);
    buffer_add_string(&out, reference_text_behind);
    return buffer_steal(&out);
}

/* ---- help ---- */

static void add_help_table(struct buffer *out, const char *title, const struct table *t)
{
    buffer_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < t->n; i++) {
        const struct setting *s = &t->rows[i];
        char *standard = default_of(s), *range = range_of(s);
        buffer_printf(out, "\n  %s", s->path);
        if (standard)
            buffer_printf(out, " = %s", standard);
        else if (!s->initial)
            buffer_add_string(out, " (to be given)");
        buffer_printf(out, "%s%s%s\n", range[0] ? "    " : "", range, s->reload ? "    SIGHUP takes it over" : "");
        add_wrapped(out, s->help, "      ");
        free(standard);
        free(range);
    }
}

char *reference_help(void)
{
    struct buffer out = BUFFER_INIT(CEILING);
    buffer_add_string(&out, reference_text_help);
    add_help_table(&out, "SETTINGS", &settings_config);
    add_help_table(&out, "A ROUTE, an entry of routes", &settings_route);
    add_help_table(&out, "A FIELD, an entry of fields", &settings_field);
    add_help_table(&out, "version, of a route", &settings_version);
    add_help_table(&out, "audience, of a route (not in this version)", &settings_audience);
    return buffer_steal(&out);
}

/* ---- an example file ---- */

static void add_comment(struct buffer *out, const struct setting *s, int depth)
{
    char *range = range_of(s);
    char *words = xasprintf("%s%s%s", s->help, range[0] ? " Allowed: " : "", range);
    char *margin = xasprintf("%*s// ", 2 * depth, "");
    add_wrapped(out, words, margin);
    free(margin);
    free(words);
    free(range);
}

static void example_row(void *context, const struct setting *s, int depth)
{
    struct buffer *out = context;
    char *standard = default_of(s);
    const char *shown = s->example ? s->example : standard;

    if (depth == 0)
        buffer_add_string(out, "\n");
    add_comment(out, s, depth);
    layout_indent(out, depth);
    if (s == settings_find(&settings_config, "routes")) {
        const struct layout inner = {out, NULL, example_row, NULL};
        buffer_add_string(out, "routes = ( {\n");
        layout_walk(s->of, &inner, depth + 1);
        buffer_add_string(out, "} );\n");
    } else if (s->type == SET_LIST) {
        buffer_printf(out, "%s = (\n%s  );\n", s->path, reference_text_example_fields);
    } else if (s->type == SET_GROUP)
        buffer_printf(out, "// %s: %s;\n", s->path, shown);
    else
        buffer_printf(out, "%s = %s;\n", settings_leaf(s->path), shown);
    free(standard);
}

static void example_open(void *context, const char *group, int depth)
{
    struct buffer *out = context;
    buffer_printf(out, "%s", depth ? "" : "\n");
    layout_indent(out, depth);
    buffer_printf(out, "%s: {\n", group);
}

static void example_close(void *context, int depth)
{
    struct buffer *out = context;
    layout_indent(out, depth);
    buffer_add_string(out, "};\n");
}

char *reference_example(void)
{
    struct buffer out = BUFFER_INIT(CEILING);
    const struct layout layout = {&out, example_open, example_row, example_close};
    buffer_add_string(&out, reference_text_example);
    layout_walk(&settings_config, &layout, 0);
    return buffer_steal(&out);
}
