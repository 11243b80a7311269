/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/lookup.h"

#include "common/memory.h"
#include "config/route.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { VALUE_CEILING = 65536, NUMBER_MAX = 40 };

static struct text trim(struct text t)
{
    while (t.len && isspace((unsigned char)t.at[0])) {
        t.at++;
        t.len--;
    }
    while (t.len && isspace((unsigned char)t.at[t.len - 1]))
        t.len--;
    return t;
}

/* [-]digits[.digits] */
static bool read_number(struct text t, double *out)
{
    char copy[NUMBER_MAX];
    bool dot = false, digit = false;

    if (t.len == 0 || t.len >= sizeof copy)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (c == '.' && !dot && digit)
            dot = true, digit = false;
        else if (c >= '0' && c <= '9')
            digit = true;
        else if (c != '-' || i > 0)
            return false;
    }
    memcpy(copy, t.at, t.len);
    copy[t.len] = '\0';
    *out = strtod(copy, NULL);
    return digit;
}

/* A SOQL string literal. Other backslashes than these are errors there. */
static void quote(struct buffer *b, struct text t)
{
    buffer_add_char(b, '\'');
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        if (c == '\'' || c == '\\')
            buffer_printf(b, "\\%c", c);
        else if (c == '\n')
            buffer_add_string(b, "\\n");
        else if (c == '\r')
            buffer_add_string(b, "\\r");
        else if ((unsigned char)c < ' ')
            buffer_printf(b, "\\u%04x", (unsigned)c);
        else
            buffer_add_char(b, c);
    }
    buffer_add_char(b, '\'');
}

/* The value, encoded for the address, in an empty buffer; false: it cannot be asked for. */
static bool encode_value(struct buffer *out, struct text key, bool numbers)
{
    struct buffer literal = BUFFER_INIT(VALUE_CEILING);
    double number;

    key = trim(key);
    if (!key.at || key.len == 0 || (numbers && !read_number(key, &number)))
        return false;
    if (numbers)
        buffer_add_text(&literal, key);
    else
        quote(&literal, key);
    request_escape(out, buffer_text(&literal));
    bool fits = !literal.full && !out->full && out->len < LOOKUP_ADDRESS / 2;
    buffer_release(&literal);
    return fits;
}

static void begin(struct buffer *path, const char *api_version, const struct route *route)
{
    buffer_printf(path, "/services/data/%s/query?q=", api_version);
    buffer_printf(path, "SELECT+Id,%s+FROM+%s+WHERE+%s+IN+%%28", route->external_id, route->object, route->external_id);
}

size_t lookup_path(struct buffer *path, const char *api_version, const struct route *route, const struct line *lines,
                   size_t n, bool numbers)
{
    struct buffer value = BUFFER_INIT(VALUE_CEILING);
    size_t i, values = 0;

    for (i = 0; i < n && values < LOOKUP_VALUES; i++) {
        buffer_clear(&value);
        if (!encode_value(&value, lines[i].write->record->key, numbers))
            continue;
        if (values && path->len + value.len > LOOKUP_ADDRESS)
            break;
        if (values++)
            buffer_add_char(path, ',');
        else
            begin(path, api_version, route);
        buffer_add_text(path, buffer_text(&value));
    }
    if (values)
        buffer_add_string(path, "%29");
    buffer_release(&value);
    return i;
}

/* ---- answer ---- */

static const json_t *member_any_case(const json_t *object, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (strcasecmp(key, name) == 0)
            return value;
    }
    return NULL;
}

static bool add_row(const json_t *record, const char *field, struct lookup_rows *rows)
{
    const char *id = json_string_value(member_any_case(record, "Id"));
    const json_t *value = member_any_case(record, field);

    if (!id || !request_is_id(text_of(id)))
        return false;
    rows->at = xreallocarray(rows->at, rows->n + 1, sizeof *rows->at);
    struct lookup_row *row = &rows->at[rows->n++];
    *row = (struct lookup_row){.number = json_number_value(value)};
    if (!json_is_number(value))
        row->text = xstrdup(json_is_string(value) ? json_string_value(value) : "");
    snprintf(row->id, sizeof row->id, "%s", id);
    return true;
}

bool lookup_read(struct text body, const struct route *route, struct lookup_rows *rows)
{
    json_t *root = json_loadb(body.at ? body.at : "", body.len, JSON_ALLOW_NUL, NULL);
    const json_t *records = json_object_get(root, "records"), *record;
    const char *next = json_string_value(json_object_get(root, "nextRecordsUrl"));
    bool good = json_is_array(records) && json_is_boolean(json_object_get(root, "done"));
    size_t i;

    free(rows->next);
    rows->next = NULL;
    json_array_foreach(records, i, record) good = good && add_row(record, route->external_id, rows);
    if (good && json_is_false(json_object_get(root, "done"))) {
        good = next && strncmp(next, "/services/data/", strlen("/services/data/")) == 0;
        rows->next = good ? xstrdup(next) : NULL;
    }
    json_decref(root);
    return good;
}

void lookup_rows_release(struct lookup_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        free(rows->at[i].text);
    free(rows->at);
    free(rows->next);
    *rows = (struct lookup_rows){0};
}

static bool row_is(const struct lookup_row *row, struct text key, bool any_case)
{
    double number;

    if (row->text && any_case)
        return strlen(row->text) == key.len && strncasecmp(key.at, row->text, key.len) == 0;
    if (row->text)
        return text_is(key, row->text);
    return read_number(key, &number) && !(number < row->number) && !(number > row->number);
}

enum lookup_found lookup_find(const struct lookup_rows *rows, struct text key, bool any_case, char id[ID_SIZE])
{
    const struct lookup_row *found = NULL;

    key = trim(key);
    for (size_t i = 0; i < rows->n; i++) {
        if (!row_is(&rows->at[i], key, any_case))
            continue;
        if (found)
            return LOOKUP_SEVERAL;
        found = &rows->at[i];
    }
    if (!found)
        return LOOKUP_NONE;
    memcpy(id, found->id, ID_SIZE);
    return LOOKUP_ONE;
}

bool lookup_wants_numbers(const struct failure *f)
{
    return strstr(f->refusals[0].message, "enclosed in quotes") != NULL;
}
