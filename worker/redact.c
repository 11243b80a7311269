/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/redact.h"

#include "common/buffer.h"
#include "common/memory.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHORT = 2, LONGEST = 1 << 16 };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool stands_alone(const char *message, const char *at, size_t len)
{
    return (at == message || !is_word(at[-1])) && !is_word(at[len]);
}

/* Replaces `value` in *message. */
static void blank(char **message, const char *value)
{
    size_t len = strlen(value);
    struct buffer out = BUFFER_INIT(LONGEST);
    const char *from = *message, *at = from;

    if (len == 0)
        return;
    for (; *at; at++) {
        if (strncasecmp(at, value, len) != 0 || (len <= SHORT && !stands_alone(*message, at, len)))
            continue;
        buffer_add(&out, from, (size_t)(at - from));
        buffer_add_string(&out, "***");
        from = at + len;
        at = from - 1;
    }
    if (from != *message) {
        buffer_add_string(&out, from);
        free(*message);
        *message = buffer_steal(&out);
    }
    buffer_release(&out);
}

static void blank_json(char **message, const json_t *value)
{
    const char *name;
    json_t *inner;

    if (json_is_string(value)) {
        blank(message, json_string_value(value));
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, inner) blank_json(message, inner);
    } else if (json_is_number(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        if (text)
            blank(message, text);
        free(text);
    }
}

/* A number is quoted back as it was sent, with digits that no double holds, or as Salesforce understood it. */
static void blank_slot(char **message, slot s)
{
    json_t *value = json_loadb(s.at, s.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

    if (s.len && (isdigit((unsigned char)s.at[0]) || s.at[0] == '-')) {
        char *digits = xstrndup(s.at, s.len);
        blank(message, digits);
        free(digits);
    }
    if (value)
        blank_json(message, value);
    json_decref(value);
}

static void blank_row(char **message, const slot *slots, size_t n, struct text key)
{
    for (size_t i = 0; i < n; i++)
        if (slots[i].at)
            blank_slot(message, slots[i]);
    if (key.at) {
        char *text = xstrndup(key.at, key.len);
        blank(message, text);
        free(text);
    }
}

char *redact(const char *message, const struct record *record)
{
    char *out = xstrndup(message, strnlen(message, LONGEST));

    if (record)
        blank_row(&out, record->slots, record->nslots, record->key);
    return out;
}

char *redact_batch(const char *message, const struct batch *b)
{
    char *out = xstrndup(message, strnlen(message, LONGEST));

    for (size_t i = 0; b && i < b->nwrites && out[0]; i++) {
        const struct write *w = b->writes[i];
        blank_row(&out, w->slots, w->record->nslots, w->record->key);
    }
    return out;
}
