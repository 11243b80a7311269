/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/copies.h"

#include "common/memory.h"

#include <stdlib.h>

struct header *copies_headers(const rd_kafka_message_t *rkm, size_t *n)
{
    rd_kafka_headers_t *theirs;

    *n = 0;
    if (rd_kafka_message_headers(rkm, &theirs))
        return NULL;
    size_t room = rd_kafka_header_cnt(theirs);
    struct header *ours = xcalloc(room + 1, sizeof *ours);
    const char *name;
    const void *value;
    size_t size;
    while (*n < room && !rd_kafka_header_get_all(theirs, *n, &name, &value, &size))
        ours[(*n)++] = (struct header){text_of(name), text_make(value, value ? size : 0)};
    return ours;
}

struct message *copies_message(const rd_kafka_message_t *rkm, uint64_t lease, const char *topic)
{
    rd_kafka_timestamp_type_t kind;
    int64_t timestamp_ms = rd_kafka_message_timestamp(rkm, &kind);
    size_t n;
    struct header *headers = copies_headers(rkm, &n);

    if (kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        timestamp_ms = -1;
    struct message *m = message_new(lease, topic, rkm->partition, rkm->offset, timestamp_ms,
                                    text_make(rkm->key, rkm->key ? rkm->key_len : 0),
                                    text_make(rkm->payload, rkm->payload ? rkm->len : 0), headers, n);
    free(headers);
    return m;
}
