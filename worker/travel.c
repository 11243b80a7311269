/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/travel.h"

#include "common/memory.h"

#include <errno.h>
#include <stdlib.h>

const char *operation_name(enum operation op)
{
    static const char *const names[OPERATIONS] = {"upsert", "insert", "update", "delete"};

    return names[op];
}

const char *stage_name(enum stage stage)
{
    static const char *const names[] = {"decode", "map", "write"};

    return names[stage];
}

/* Copies t to *at, adds a NUL, moves *at on. None stays none. */
static struct text place(char **at, struct text t)
{
    if (!t.at)
        return TEXT_NONE;
    struct text copy = text_make(*at, t.len);
    if (t.len)
        memcpy(*at, t.at, t.len);
    (*at)[t.len] = '\0';
    *at += t.len + 1;
    return copy;
}

/* A whole decimal number, or false. The text has a NUL behind it. */
static bool whole_number(struct text t, int64_t *out)
{
    char *end;
    if (!t.at || t.len == 0 || t.len > 20)
        return false;
    errno = 0;
    long long n = strtoll(t.at, &end, 10);
    if (errno || end != t.at + t.len)
        return false;
    *out = n;
    return true;
}

/* A replayed dead letter says where it first came from; what it does not say, or says badly, is its present place. */
static void find_origin(struct message *m)
{
    struct origin first = {text_of(m->topic), m->partition, m->offset, m->timestamp_ms, 0};
    bool replayed = false;

    m->origin = first;
    for (size_t i = 0; i < m->nheaders; i++) {
        struct text name = m->headers[i].name, value = m->headers[i].value;
        int64_t n;
        if (text_is(name, "sfsink.replays") && whole_number(value, &n) && n > 0 && n <= INT32_MAX) {
            first.replays = (unsigned)n;
            replayed = true;
        } else if (text_is(name, "sfsink.topic") && value.len) {
            first.topic = value;
        } else if (text_is(name, "sfsink.partition") && whole_number(value, &n) && n >= 0 && n <= INT32_MAX) {
            first.partition = (int32_t)n;
        } else if (text_is(name, "sfsink.offset") && whole_number(value, &n) && n >= 0) {
            first.offset = n;
        } else if (text_is(name, "sfsink.timestamp") && whole_number(value, &n)) {
            first.timestamp_ms = n;
        }
    }
    if (replayed)
        m->origin = first;
}

struct message *message_new(uint64_t lease, const char *topic, int32_t partition, int64_t offset, int64_t timestamp_ms,
                            struct text key, struct text value, const struct header *headers, size_t nheaders)
{
    size_t size =
        sizeof(struct message) + nheaders * sizeof(struct header) + strlen(topic) + 1 + key.len + 1 + value.len + 1;
    for (size_t i = 0; i < nheaders; i++)
        size += headers[i].name.len + 1 + headers[i].value.len + 1;

    struct message *m = xmalloc(size);
    char *at = (char *)(m + 1) + nheaders * sizeof(struct header);
    m->lease = lease;
    m->topic = place(&at, text_of(topic)).at;
    m->partition = partition;
    m->offset = offset;
    m->timestamp_ms = timestamp_ms;
    m->key = place(&at, key);
    m->value = place(&at, value);
    m->headers = (struct header *)(void *)(m + 1);
    m->nheaders = nheaders;
    for (size_t i = 0; i < nheaders; i++) {
        m->headers[i].name = place(&at, headers[i].name);
        m->headers[i].value = place(&at, headers[i].value);
    }
    m->bytes = size;
    find_origin(m);
    return m;
}

struct failure *failure_new(enum stage stage, const char *code, const char *message, const char *fields)
{
    struct failure *f = xcalloc(1, sizeof *f);
    f->stage = stage;
    failure_add(f, code, message, fields);
    return f;
}

void failure_add(struct failure *f, const char *code, const char *message, const char *fields)
{
    f->refusals = xreallocarray(f->refusals, f->nrefusals + 1, sizeof *f->refusals);
    f->refusals[f->nrefusals++] = (struct refusal){xstrdup(code), xstrdup(message), xstrdup(fields ? fields : "")};
}

struct failure *failure_copy(const struct failure *f)
{
    if (!f)
        return NULL;
    struct failure *copy = xcalloc(1, sizeof *copy);
    copy->stage = f->stage;
    copy->http_status = f->http_status;
    copy->attempts = f->attempts;
    for (size_t i = 0; i < f->nrefusals; i++)
        failure_add(copy, f->refusals[i].code, f->refusals[i].message, f->refusals[i].fields);
    return copy;
}

void failure_free(struct failure *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->nrefusals; i++) {
        free(f->refusals[i].code);
        free(f->refusals[i].message);
        free(f->refusals[i].fields);
    }
    free(f->refusals);
    free(f);
}

void answer_release(struct answer *a)
{
    for (size_t i = 0; i < a->noutcomes; i++)
        failure_free(a->outcomes[i].failure);
    free(a->outcomes);
    failure_free(a->failure);
    *a = (struct answer){0};
}
