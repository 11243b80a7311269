/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/substitution.h"

#include "common/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_PATH = 200, LARGEST_TEXT = 50 << 20 };

/* One step of a path: a name, or an index in brackets. */
static const json_t *step(const json_t *at, const char **path)
{
    char name[LONGEST_PATH];
    size_t n;

    if (**path == '[') {
        char *end;
        unsigned long i = strtoul(*path + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end + strlen(end);
        at = *end == ']' || end[0] ? json_array_get(at, i) : NULL;
    } else {
        n = strcspn(*path, ".[");
        snprintf(name, sizeof name, "%.*s", (int)n, *path);
        at = json_object_get(at, name);
        *path += n;
    }
    if (**path == '.')
        (*path)++;
    return at;
}

static const json_t *find(const char *reference, const json_t *answers)
{
    const char *path = reference;
    const json_t *at = answers;

    while (at && *path)
        at = step(at, &path);
    return json_is_object(at) || json_is_array(at) || json_is_null(at) ? NULL : at;
}

static void add_value(struct buffer *b, const json_t *value)
{
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    buffer_add_string(b, text ? text : json_string_value(value));
    free(text);
}

char *substitute_text(const char *text, const json_t *answers, char why[512])
{
    struct buffer b = BUFFER_INIT(LARGEST_TEXT);
    const char *at;

    while ((at = strstr(text, "@{"))) {
        size_t n = strcspn(at + 2, "}");
        char reference[LONGEST_PATH];
        if (!at[2 + n] || n >= sizeof reference)
            break; /* not closed: it is text */
        memcpy(reference, at + 2, n);
        reference[n] = '\0';
        const json_t *value = find(reference, answers);
        if (!value) {
            const char *dot = strchr(reference, '.');
            snprintf(why, 512, "Invalid reference specified. No value for %s found in %.*s", reference,
                     (int)(dot ? dot - reference : (ptrdiff_t)n), reference);
            buffer_release(&b);
            return NULL;
        }
        buffer_add(&b, text, (size_t)(at - text));
        add_value(&b, value);
        text = at + 2 + n + 1;
    }
    buffer_add_string(&b, text);
    return buffer_steal(&b);
}

static json_t *substitute_object(const json_t *value, const json_t *answers, char why[512])
{
    json_t *all = json_object(), *member;
    const char *key;

    json_object_foreach((json_t *)value, key, member)
    {
        json_t *made = substitute_json(member, answers, why);
        if (!made) {
            json_decref(all);
            return NULL;
        }
        json_object_set_new(all, key, made);
    }
    return all;
}

json_t *substitute_json(const json_t *value, const json_t *answers, char why[512])
{
    if (json_is_string(value)) {
        char *text = substitute_text(json_string_value(value), answers, why);
        json_t *made = text ? json_string(text) : NULL;
        free(text);
        return made;
    }
    if (json_is_object(value))
        return substitute_object(value, answers, why);
    if (!json_is_array(value))
        return json_incref((json_t *)value);
    json_t *all = json_array(), *made = all;
    for (size_t i = 0; made && i < json_array_size(value); i++) {
        made = substitute_json(json_array_get(value, i), answers, why);
        if (made)
            json_array_append_new(all, made);
    }
    if (!made)
        json_decref(all);
    return made ? all : NULL;
}
