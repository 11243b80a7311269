/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h (P): which letters a person means: --route --code --object --topic --key --since --until --id. */
#ifndef SFSINK_WORKER_DLQ_FILTER_H
#define SFSINK_WORKER_DLQ_FILTER_H

#include "worker/kafka/letter.h"

struct place { /* TOPIC/PARTITION/OFFSET */
    char *topic;
    int32_t partition;
    int64_t offset;
};

struct filter { /* start with FILTER_ALL; strings are lent */
    const char *route, *code, *object, *topic, *key;
    int64_t since_ms, until_ms; /* of the failure; since <= t < until */
    struct place *ids;          /* of the letter, or of the event's first arrival; none: any */
    size_t nids;
};
#define FILTER_ALL ((struct filter){.since_ms = INT64_MIN, .until_ms = INT64_MAX})

/* RFC 3339 (2026-11-23T10:15:30Z, also with an offset, or the date alone: UTC), or so long ago: 90s, 30m, 2h, 3d, 1w. */
bool filter_read_time(const char *text, int64_t now_ms, int64_t *out);

/* Takes TOPIC/PARTITION/OFFSET apart; the topic is a new string. */
bool filter_read_place(const char *text, struct place *out);

bool filter_fits(const struct filter *f, const struct letter *l);

#endif
