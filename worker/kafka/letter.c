/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/letter.h"

#include "common/memory.h"
#include "worker/kafka/letter_headers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- headers ---- */

/* Of several the last one counts: writers append. */
static struct text header(const struct message *m, const char *name)
{
    struct text found = TEXT_NONE;
    for (size_t i = 0; i < m->nheaders; i++)
        if (text_is(m->headers[i].name, name))
            found = m->headers[i].value;
    return found;
}

/* A whole number that is not negative; -1: none. The text has a NUL behind it. */
static int64_t number(struct text t)
{
    char *end;
    if (!t.at || t.len == 0 || t.len > 19 || t.at[0] < '0' || t.at[0] > '9')
        return -1;
    errno = 0;
    long long n = strtoll(t.at, &end, 10);
    return errno || end != t.at + t.len ? -1 : n;
}

/* Spring's: so many bytes, most significant first. -1: not there, or negative. */
static int64_t binary(struct text t, size_t len)
{
    uint64_t n = 0;
    if (!t.at || t.len != len || (unsigned char)t.at[0] > 0x7f)
        return -1;
    for (size_t i = 0; i < len; i++)
        n = n << 8 | (unsigned char)t.at[i];
    return (int64_t)n;
}

/* 2026-11-23T10:15:30.000Z */
static int64_t time_of(struct text t)
{
    struct tm tm = {0};
    int ms = 0;
    const char *rest = t.at && t.len >= 20 && t.len < 40 ? strptime(t.at, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!rest)
        return -1;
    if (*rest == '.' && sscanf(rest, ".%3d", &ms) != 1)
        return -1;
    return (int64_t)timegm(&tm) * 1000 + ms;
}

/* ---- whose it is, and where it came from ---- */

/* Needs topic, partition and offset; the time may be unknown. */
static bool take_origin(struct letter *l, struct text topic, int64_t partition, int64_t offset, int64_t timestamp_ms)
{
    if (!topic.len || partition < 0 || partition > INT32_MAX || offset < 0)
        return false;
    l->origin.topic = topic;
    l->origin.partition = (int32_t)partition;
    l->origin.offset = offset;
    l->origin.timestamp_ms = timestamp_ms;
    return l->has_origin = true;
}

static void find_origin(struct letter *l)
{
    const struct message *m = l->message;
    int64_t replays = number(header(m, "sfsink.replays"));

    l->origin = (struct origin){.partition = -1, .offset = -1, .timestamp_ms = -1};
    l->origin.replays = replays > 0 && replays <= INT32_MAX ? (unsigned)replays : 0;
    if (take_origin(l, header(m, "sfsink.topic"), number(header(m, "sfsink.partition")),
                    number(header(m, "sfsink.offset")), number(header(m, "sfsink.timestamp"))))
        return;
    if (take_origin(l, header(m, "__connect.errors.topic"), number(header(m, "__connect.errors.partition")),
                    number(header(m, "__connect.errors.offset")), m->timestamp_ms))
        return;
    take_origin(l, header(m, "kafka_dlt-original-topic"), binary(header(m, "kafka_dlt-original-partition"), 4),
                binary(header(m, "kafka_dlt-original-offset"), 8),
                binary(header(m, "kafka_dlt-original-timestamp"), 8));
}

static enum letter_family family_of(const struct message *m)
{
    if (header(m, "sfsink.error.code").at)
        return LETTER_OURS;
    if (header(m, "kafka_dlt-original-topic").at || header(m, "kafka_dlt-exception-fqcn").at)
        return LETTER_SPRING;
    if (header(m, "__connect.errors.topic").at || header(m, "__connect.errors.exception.class.name").at)
        return LETTER_CONNECT;
    return LETTER_UNKNOWN;
}

/* Believed only where there is nothing instead. */
static struct left_out left_out(const struct message *m, const char *size_name, const char *digest_name,
                                struct text instead)
{
    struct left_out out = {number(header(m, size_name)), header(m, digest_name)};
    if (!out.sha256.at || instead.len)
        out.bytes = -1;
    return out;
}

static void take_ours(struct letter *l)
{
    const struct message *m = l->message;
    int64_t failed_at = time_of(header(m, "sfsink.failed.at"));

    l->route = header(m, "sfsink.route");
    l->object = header(m, "sfsink.object");
    l->mode = header(m, "sfsink.mode");
    l->key = header(m, "sfsink.record.key");
    l->stage = header(m, "sfsink.stage");
    l->code = header(m, "sfsink.error.code");
    l->why = header(m, "sfsink.error.message");
    l->fields = header(m, "sfsink.error.fields");
    l->errors = header(m, "sfsink.errors");
    l->http_status = header(m, "sfsink.http.status");
    l->attempts = header(m, "sfsink.attempts");
    l->worker = header(m, "sfsink.worker");
    l->value_out = left_out(m, "sfsink.value.omitted", "sfsink.value.sha256", m->value);
    l->key_out = left_out(m, "sfsink.key.omitted", "sfsink.key.sha256", m->key);
    l->headers_out = number(header(m, "sfsink.headers.omitted"));
    l->stub = l->value_out.bytes >= 0 || l->key_out.bytes >= 0 || l->headers_out >= 0;
    if (failed_at >= 0)
        l->failed_at_ms = failed_at;
}

void letter_read(const struct message *message, struct letter *out)
{
    *out = (struct letter){.message = message,
                           .family = family_of(message),
                           .failed_at_ms = message->timestamp_ms,
                           .value_out.bytes = -1,
                           .key_out.bytes = -1,
                           .headers_out = -1};
    find_origin(out);
    switch (out->family) {
    case LETTER_OURS:
        take_ours(out);
        break;
    case LETTER_CONNECT:
        out->code = header(message, "__connect.errors.exception.class.name");
        out->why = header(message, "__connect.errors.exception.message");
        out->stage = header(message, "__connect.errors.stage");
        out->worker = header(message, "__connect.errors.connector.name");
        break;
    case LETTER_SPRING:
        out->code = header(message, "kafka_dlt-exception-fqcn");
        out->why = header(message, "kafka_dlt-exception-message");
        out->worker = header(message, "kafka_dlt-original-consumer-group");
        break;
    case LETTER_UNKNOWN:
        break;
    }
}

/* ---- the event again ---- */

static bool begins(struct text name, const char *with)
{
    size_t len = strlen(with);
    return name.at && name.len >= len && memcmp(name.at, with, len) == 0;
}

bool letter_header_is_original(const struct letter *letter, struct text name)
{
    if (letter_header_is_ours(name))
        return false;
    return letter->family != LETTER_SPRING || (!begins(name, "kafka_dlt-") && !begins(name, "retry_topic-"));
}

enum { ORIGIN_HEADERS = 5 };

/* Five headers that message.origin is read from again. `texts` has room for the numbers. */
static size_t add_origin(struct header *to, const struct origin *o, unsigned replays, char texts[4][24])
{
    size_t n = 0;
    snprintf(texts[0], 24, "%" PRId32, o->partition);
    snprintf(texts[1], 24, "%" PRId64, o->offset);
    snprintf(texts[2], 24, "%" PRId64, o->timestamp_ms);
    snprintf(texts[3], 24, "%u", replays);
    to[n++] = (struct header){text_of("sfsink.topic"), o->topic};
    to[n++] = (struct header){text_of("sfsink.partition"), text_of(texts[0])};
    to[n++] = (struct header){text_of("sfsink.offset"), text_of(texts[1])};
    if (o->timestamp_ms >= 0)
        to[n++] = (struct header){text_of("sfsink.timestamp"), text_of(texts[2])};
    to[n++] = (struct header){text_of("sfsink.replays"), text_of(texts[3])};
    return n;
}

struct message *letter_revive(const struct letter *l, const struct message *source)
{
    const struct message *own = l->message, *from = l->headers_out >= 0 ? source : own;
    struct header *headers = xcalloc(from->nheaders + ORIGIN_HEADERS, sizeof *headers);
    char texts[4][24];
    size_t n = 0;

    for (size_t i = 0; i < from->nheaders; i++)
        if (letter_header_is_original(l, from->headers[i].name))
            headers[n++] = from->headers[i];
    n += add_origin(headers + n, &l->origin, l->origin.replays + 1, texts);
    char *topic = xstrndup(l->origin.topic.at, l->origin.topic.len);
    struct message *event = message_new(0, topic, l->origin.partition, l->origin.offset, l->origin.timestamp_ms,
                                        l->key_out.bytes >= 0 ? source->key : own->key,
                                        l->value_out.bytes >= 0 ? source->value : own->value, headers, n);
    free(topic);
    free(headers);
    return event;
}

struct message *letter_repeat(const struct message *event)
{
    struct letter as = {.message = event,
                        .family = LETTER_UNKNOWN,
                        .has_origin = true,
                        .origin = event->origin,
                        .value_out.bytes = -1,
                        .key_out.bytes = -1,
                        .headers_out = -1};
    return letter_revive(&as, NULL);
}
