/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/call.h"

#include "common/form.h"
#include "common/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char base[] = "/services/data";

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* In a path a plus is a plus, unlike in a form. */
static char *decode_segment(const char *at, size_t len)
{
    char *out = xmalloc(len + 1), *to = out;

    for (size_t i = 0; i < len; i++) {
        if (at[i] == '%' && i + 2 < len && hex(at[i + 1]) >= 0 && hex(at[i + 2]) >= 0) {
            *to++ = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
            i += 2;
        } else {
            *to++ = at[i];
        }
    }
    *to = '\0';
    return out;
}

static int read_version(const char *s)
{
    int major, used = 0;

    if (sscanf(s, "v%3d.0%n", &major, &used) != 1 || !used || s[used] || major < FIRST_VERSION || major > LAST_VERSION)
        return -1;
    return major;
}

static void split(struct call *c, const char *path, size_t len)
{
    bool first = true;

    if (len && path[len - 1] == '/') /* one at the end is nothing; two are an empty segment */
        len--;
    while (len) {
        path++, len--; /* the slash */
        size_t n = 0;
        while (n < len && path[n] != '/')
            n++;
        char *segment = decode_segment(path, n);
        if (first) {
            c->version = read_version(segment);
            free(segment);
        } else if (c->nsegments < CALL_SEGMENTS) {
            c->segments[c->nsegments++] = segment;
        } else {
            c->too_deep = true;
            free(segment);
        }
        first = false;
        path += n;
        len -= n;
    }
}

bool call_init(struct call *c, const char *method, const char *url)
{
    size_t n = sizeof base - 1;

    *c = (struct call){.method = method, .url = xstrdup(url), .seen = UINT64_MAX};
    if (strncmp(c->url, base, n) != 0 || (c->url[n] && c->url[n] != '/' && c->url[n] != '?'))
        return false;
    const char *path = c->url + n, *question = strchr(path, '?');
    c->query = question ? text_of(question + 1) : text_of("");
    split(c, path, question ? (size_t)(question - path) : strlen(path));
    return true;
}

void call_release(struct call *c)
{
    for (size_t i = 0; i < c->nsegments; i++)
        free(c->segments[i]);
    free(c->url);
    *c = (struct call){0};
}

bool call_is(const struct call *c, size_t nsegments, const char *first, const char *second)
{
    return c->nsegments == nsegments && strcasecmp(c->segments[0], first) == 0 &&
           (!second || strcasecmp(c->segments[1], second) == 0);
}

char *call_query(const struct call *c, const char *name)
{
    return form_value(c->query, name);
}

bool call_query_true(const struct call *c, const char *name)
{
    char *value = call_query(c, name);
    bool is = value && strcasecmp(value, "true") == 0;
    free(value);
    return is;
}
