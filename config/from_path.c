/* SPDX-License-Identifier: Apache-2.0 */
#include "config/from_path.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "common/spelling.h"

#include <stdlib.h>
#include <string.h>

/* What begins with @, and what may follow it. */
static const struct {
    const char *name;
    enum source source;
    enum { NO_PATH, MAY_HAVE_PATH, HAS_PATH, HAS_NAME } follows;
} events[] = {
    {"key", SOURCE_KEY, MAY_HAVE_PATH},       {"topic", SOURCE_TOPIC, NO_PATH},
    {"partition", SOURCE_PARTITION, NO_PATH}, {"offset", SOURCE_OFFSET, NO_PATH},
    {"timestamp", SOURCE_TIMESTAMP, NO_PATH}, {"op", SOURCE_OP, NO_PATH},
    {"before", SOURCE_BEFORE, HAS_PATH},      {"source", SOURCE_SOURCE, HAS_PATH},
    {"header", SOURCE_HEADER, HAS_NAME},
};
enum { NEVENTS = sizeof events / sizeof *events };

static void add_step(struct path *path, char *step)
{
    path->steps = xreallocarray(path->steps, path->nsteps + 1, sizeof *path->steps);
    path->steps[path->nsteps++] = step;
}

/* At `["`: takes the quoted name; NULL if it does not end. */
static const char *take_quoted(const char *at, struct path *path)
{
    struct buffer name = BUFFER_INIT(4096);
    for (at += 2; *at && *at != '"'; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        buffer_add_char(&name, *at);
    }
    bool ended = at[0] == '"' && at[1] == ']';
    add_step(path, buffer_steal(&name));
    return ended ? at + 2 : NULL;
}

static bool take_steps(const char *text, const char *at, struct path *path, struct error *e)
{
    while (*at) {
        if (at[0] == '[' && at[1] == '"') {
            at = take_quoted(at, path);
            if (!at)
                return error_set(e, STATUS_CONFIGURATION, "a name in [\"…\"] does not end");
        } else {
            size_t len = strcspn(at, ".[");
            if (at[len] == '[' && at[len + 1] != '"')
                return error_set(
                    e, STATUS_CONFIGURATION,
                    "a name that holds a dot is written [\"a.b\"]; for an element of an array use jq: \".%s\"", text);
            if (len == 0)
                return error_set(e, STATUS_CONFIGURATION, "a step of the path is empty");
            add_step(path, xstrndup(at, len));
            at += len;
        }
        if (*at == '.' && !*++at)
            return error_set(e, STATUS_CONFIGURATION, "a step of the path is empty");
        if (*at && at[-1] != '.' && *at != '[')
            return error_set(e, STATUS_CONFIGURATION, "a dot is missing between two steps");
    }
    return true;
}

static bool unknown_event(const char *text, size_t len, struct error *e)
{
    const char *names[NEVENTS];
    char given[64];
    for (size_t i = 0; i < NEVENTS; i++)
        names[i] = events[i].name;
    memcpy(given, text + 1, len < sizeof given ? len : sizeof given - 1);
    given[len < sizeof given ? len : sizeof given - 1] = '\0';
    const char *nearest = spelling_nearest(given, names, NEVENTS);
    return error_set(e, STATUS_CONFIGURATION,
                     "there are @key, @topic, @partition, @offset, @timestamp, @op, @before.PATH, @source.PATH and "
                     "@header.NAME (a column "
                     "whose name begins with @ is written [\"@name\"])%s%s%s",
                     nearest ? "; did you mean @" : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* The rest of the text is the header's name, dots and all. */
static bool take_header(const char *text, const char *at, struct path *path, struct error *e)
{
    if (at[0] == '[')
        return take_steps(text, at, path, e);
    if (at[0] != '.' || !at[1])
        return error_set(e, STATUS_CONFIGURATION, "@header.NAME is expected");
    add_step(path, xstrdup(at + 1));
    return true;
}

static bool take_event(const char *text, enum source *source, struct path *path, struct error *e)
{
    size_t len = strcspn(text + 1, ".["), i = 0;
    const char *at = text + 1 + len;

    while (i < NEVENTS && !(strlen(events[i].name) == len && strncmp(events[i].name, text + 1, len) == 0))
        i++;
    if (i == NEVENTS)
        return unknown_event(text, len, e);
    *source = events[i].source;
    if (events[i].follows == HAS_NAME)
        return take_header(text, at, path, e);
    if (*at && events[i].follows == NO_PATH)
        return error_set(e, STATUS_CONFIGURATION, "@%s has no parts", events[i].name);
    if (!*at && events[i].follows == HAS_PATH)
        return error_set(e, STATUS_CONFIGURATION, "@%s.PATH is expected", events[i].name);
    if (*at == '.' && !*++at)
        return error_set(e, STATUS_CONFIGURATION, "a step of the path is empty");
    return take_steps(text, at, path, e);
}

bool from_path_parse(const char *text, enum source *source, struct path *path, struct error *e)
{
    *path = (struct path){0};
    *source = SOURCE_ROW;
    if (!text[0])
        return error_set(e, STATUS_CONFIGURATION, "the path is empty");
    return text[0] == '@' ? take_event(text, source, path, e) : take_steps(text, text, path, e);
}

void from_path_release(struct path *path)
{
    for (size_t i = 0; i < path->nsteps; i++)
        free(path->steps[i]);
    free(path->steps);
    *path = (struct path){0};
}
