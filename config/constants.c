/* SPDX-License-Identifier: Apache-2.0 */
#include "config/constants.h"

#include "common/memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

bool constants_is_utf8(const char *text)
{
    json_t *string = json_string(text);
    bool ok = string;
    json_decref(string);
    return ok;
}

static char *json_of_string(const char *text, struct error *e)
{
    json_t *string = json_string(text);
    char *json = string ? json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (!json)
        error_set(e, STATUS_CONFIGURATION, "the text is not UTF-8");
    json_decref(string);
    return json;
}

/* The shortest of the texts that are this number. */
static char *json_of_real(double real)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    return xstrdup(text);
}

char *constants_json(const struct node *n, struct error *e)
{
    switch (n->kind) {
    case NODE_STRING:
        return json_of_string(n->text, e);
    case NODE_INT:
        return xasprintf("%lld", n->number);
    case NODE_REAL:
        return json_of_real(n->real);
    case NODE_BOOL:
        return xstrdup(n->truth ? "true" : "false");
    case NODE_TOO_LARGE:
        error_set(
            e, STATUS_CONFIGURATION,
            "%s given, which is too large for libconfig; a whole number beyond 32 bits, up to 63, needs an L behind it",
            n->text);
        return NULL;
    default:
        return NULL;
    }
}

void constants_print_string(struct buffer *out, const char *text)
{
    buffer_add_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if (c == '\n')
            buffer_add_string(out, "\\n");
        else if (c < ' ' || c == 127)
            buffer_printf(out, "\\x%02x", c);
        else if (strncmp(text, "${", 2) == 0)
            buffer_add_string(out, "$$");
        else
            buffer_add_char(out, (char)c);
    }
    buffer_add_char(out, '"');
}

void constants_print(struct buffer *out, const char *json)
{
    if (json[0] == '"') {
        json_t *string = json_loads(json, JSON_DECODE_ANY, NULL);
        constants_print_string(out, json_string_value(string));
        json_decref(string);
    } else if (json[0] == 't' || json[0] == 'f' || strpbrk(json, ".e")) {
        bool sign =
            strpbrk(json, "e") && !strchr(json, '.') && json[0] != '-'; /* libconfig wants a sign or a point: +1e300 */
        buffer_printf(out, "%s%s", json[0] != 't' && json[0] != 'f' && sign ? "+" : "", json);
    } else {
        long long number = strtoll(json, NULL, 10);
        buffer_printf(out, "%s%s", json, number > INT_MAX || number < INT_MIN ? "L" : "");
    }
}
