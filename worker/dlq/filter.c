/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/filter.h"

#include "common/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

/* ---- times ---- */

static bool read_ago(const char *text, int64_t now_ms, int64_t *out)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    char *end;

    errno = 0;
    long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno || n > 1000000 || !*end || end[1])
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit) {
            *out = now_ms - n * units[i].ms;
            return true;
        }
    return false;
}

/* Z, +05:30 or nothing; in milliseconds to be taken off. */
static bool read_zone(const char *s, int64_t *ms)
{
    *ms = 0;
    if (!*s || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
        return true;
    for (int i = 1; i < 6 && (s[0] == '+' || s[0] == '-'); i++)
        if (i == 3 ? s[i] != ':' : s[i] < '0' || s[i] > '9')
            return false;
    if ((s[0] != '+' && s[0] != '-') || s[6])
        return false;
    int64_t minutes = ((s[1] - '0') * 10 + s[2] - '0') * 60 + (s[4] - '0') * 10 + s[5] - '0';
    *ms = (s[0] == '-' ? -minutes : minutes) * 60000;
    return true;
}

bool filter_read_time(const char *text, int64_t now_ms, int64_t *out)
{
    struct tm t = {0};
    int64_t zone, ms = 0;

    if (read_ago(text, now_ms, out))
        return true;
    const char *rest = strptime(text, "%Y-%m-%d", &t);
    if (!rest)
        return false;
    if (*rest) {
        rest = *rest == 'T' || *rest == 't' || *rest == ' ' ? strptime(rest + 1, "%H:%M:%S", &t) : NULL;
        if (!rest)
            return false;
    }
    if (*rest == '.') {
        int64_t unit = 100;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            ms += (*rest - '0') * unit;
    }
    if (!read_zone(rest, &zone))
        return false;
    *out = (int64_t)timegm(&t) * 1000 + ms - zone;
    return true;
}

/* ---- places ---- */

/* Whole and not negative. */
static bool read_number(const char *from, const char *to, int64_t most, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(from, &end, 10);
    return from < to && *from >= '0' && *from <= '9' && end == to && !errno && *out <= most;
}

bool filter_read_place(const char *text, struct place *out)
{
    const char *offset = strrchr(text, '/'), *partition = NULL;
    int64_t p, o;

    for (const char *s = text; offset && s < offset; s++)
        if (*s == '/')
            partition = s;
    if (!partition || partition == text || !read_number(partition + 1, offset, INT32_MAX, &p) ||
        !read_number(offset + 1, text + strlen(text), INT64_MAX, &o))
        return false;
    *out = (struct place){xstrndup(text, (size_t)(partition - text)), (int32_t)p, o};
    return true;
}

/* ---- fitting ---- */

static bool is_at(const struct place *id, struct text topic, int32_t partition, int64_t offset)
{
    return id->partition == partition && id->offset == offset && text_is(topic, id->topic);
}

static bool named(const struct filter *f, const struct letter *l)
{
    const struct message *m = l->message;
    for (size_t i = 0; i < f->nids; i++) {
        const struct place *id = &f->ids[i];
        if (is_at(id, text_of(m->topic), m->partition, m->offset) ||
            (l->has_origin && is_at(id, l->origin.topic, l->origin.partition, l->origin.offset)))
            return true;
    }
    return f->nids == 0;
}

/* The key as Salesforce knows it, or where that is unknown the message's. */
static bool has_key(const struct letter *l, const char *key)
{
    return text_is(l->key, key) || text_is(l->message->key, key);
}

static bool is_object(struct text object, const char *wanted)
{
    return object.at && object.len == strlen(wanted) && strncasecmp(object.at, wanted, object.len) == 0;
}

bool filter_fits(const struct filter *f, const struct letter *l)
{
    return (!f->route || text_is(l->route, f->route)) && (!f->code || text_is(l->code, f->code)) &&
           (!f->object || is_object(l->object, f->object)) && (!f->topic || text_is(l->origin.topic, f->topic)) &&
           (!f->key || has_key(l, f->key)) && l->failed_at_ms >= f->since_ms && l->failed_at_ms < f->until_ms &&
           named(f, l);
}
