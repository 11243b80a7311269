/* SPDX-License-Identifier: Apache-2.0 */
/* The simple consumer of librdkafka: a queue for each partition, no group, no rebalance. */
#include "worker/kafka/log_reader.h"

#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/copies.h"
#include "worker/kafka/properties.h"
#include "worker/kafka/reach.h"

#include <stdlib.h>

/* Seeking throws away what was read ahead, so a small gap is rather read over. */
enum { TIMEOUT_MS = 30000, POLL_MS = 200, GAP = 500 };
#define READ_AHEAD_KB "8192"

struct span {
    rd_kafka_topic_t *topic; /* of the reader */
    int32_t partition;
    int64_t from, next, to;
};

struct log_reader {
    const struct config *config;
    rd_kafka_t *rk;
    struct reach reach;
    rd_kafka_topic_t **topics;
    size_t ntopics;
    struct span *spans;
    size_t nspans;
};

/* ---- life ---- */

struct log_reader *log_reader_new(const struct config *config, enum log_view view, struct error *e)
{
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_READER, e);
    if (!conf)
        return NULL;
    struct log_reader *r = xcalloc(1, sizeof *r);
    r->config = config;
    reach_watch(&r->reach, conf);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    rd_kafka_conf_set(conf, "queued.max.messages.kbytes", READ_AHEAD_KB, NULL, 0);
    if (view == LOG_ALL)
        rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", NULL, 0);
    r->rk = properties_client(conf, CLIENT_READER, e);
    if (r->rk)
        return r;
    free(r);
    return NULL;
}

void log_reader_free(struct log_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nspans; i++)
        rd_kafka_consume_stop(r->spans[i].topic, r->spans[i].partition);
    for (size_t i = 0; i < r->ntopics; i++)
        rd_kafka_topic_destroy(r->topics[i]);
    rd_kafka_destroy_flags(r->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(r->topics);
    free(r->spans);
    free(r);
}

static rd_kafka_topic_t *topic_of(struct log_reader *r, const char *name)
{
    for (size_t i = 0; i < r->ntopics; i++)
        if (strcmp(rd_kafka_topic_name(r->topics[i]), name) == 0)
            return r->topics[i];
    r->topics = xreallocarray(r->topics, r->ntopics + 1, sizeof(rd_kafka_topic_t *));
    return r->topics[r->ntopics++] = rd_kafka_topic_new(r->rk, name, NULL);
}

static bool failed(struct log_reader *r, const char *topic, rd_kafka_resp_err_t err, struct error *e)
{
    rd_kafka_poll(r->rk, 0); /* brings what librdkafka has to say about the brokers */
    reach_error(&r->reach, r->config, err, e);
    return error_context(e, "%s", topic);
}

/* ---- asking ---- */

bool log_partitions(struct log_reader *r, const char *topic, int32_t *n, struct error *e)
{
    const struct rd_kafka_metadata *found;
    rd_kafka_resp_err_t err = rd_kafka_metadata(r->rk, 0, topic_of(r, topic), &found, TIMEOUT_MS);

    if (err)
        return failed(r, topic, err, e);
    *n = found->topic_cnt == 1 ? found->topics[0].partition_cnt : 0;
    err = found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(found);
    if (err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
        err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
        *n = err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ? *n : 0;
        return true;
    }
    return !err || failed(r, topic, err, e);
}

bool log_ends(struct log_reader *r, const char *topic, int32_t partition, int64_t *low, int64_t *high, struct error *e)
{
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(r->rk, topic, partition, low, high, TIMEOUT_MS);
    return !err || failed(r, topic, err, e);
}

bool log_offset_at(struct log_reader *r, const char *topic, int32_t partition, int64_t timestamp_ms, int64_t *offset,
                   struct error *e)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    int64_t low;

    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = timestamp_ms;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(r->rk, list, TIMEOUT_MS);
    if (!err)
        err = list->elems[0].err;
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        return failed(r, topic, err, e);
    return *offset >= 0 || log_ends(r, topic, partition, &low, offset, e);
}

/* ---- spans ---- */

static bool start(struct log_reader *r, const char *topic, int32_t partition, int64_t from, int64_t to, size_t *span,
                  struct error *e)
{
    rd_kafka_topic_t *handle = topic_of(r, topic);

    if (rd_kafka_consume_start(handle, partition, from) != 0)
        return failed(r, topic, rd_kafka_last_error(), e);
    r->spans = xreallocarray(r->spans, r->nspans + 1, sizeof *r->spans);
    *span = r->nspans;
    r->spans[r->nspans++] = (struct span){handle, partition, from, from, to};
    return true;
}

bool log_open(struct log_reader *r, const char *topic, int32_t partition, int64_t from, int64_t to, size_t *span,
              struct error *e)
{
    int64_t low = 0, high = 0;
    if (!log_ends(r, topic, partition, &low, &high, e))
        return false;
    return start(r, topic, partition, from < low ? low : from, to, span, e);
}

bool log_open_topic(struct log_reader *r, const char *topic, size_t *first, size_t *n, struct error *e)
{
    int32_t partitions = 0;

    *first = r->nspans;
    *n = 0;
    if (!log_partitions(r, topic, &partitions, e))
        return false;
    for (int32_t p = 0; p < partitions; p++, ++*n) {
        int64_t low, high;
        size_t span;
        if (!log_ends(r, topic, p, &low, &high, e) || !start(r, topic, p, low, high, &span, e))
            return false;
    }
    return true;
}

void log_until(struct log_reader *r, size_t span, int64_t to)
{
    r->spans[span].to = to;
}

/* One message at or behind the span's next, whatever its end; NULL and no error: none below `to` any more. */
static bool take(struct log_reader *r, struct span *s, int64_t to, struct message **m, struct error *e)
{
    const char *topic = rd_kafka_topic_name(s->topic);
    int64_t until = clock_ms() + TIMEOUT_MS;

    *m = NULL;
    while (s->next < to) {
        rd_kafka_message_t *got = rd_kafka_consume(s->topic, s->partition, POLL_MS);
        rd_kafka_poll(r->rk, 0);
        if (!got) {
            if (clock_ms() > until)
                return failed(r, topic, RD_KAFKA_RESP_ERR__TIMED_OUT, e);
            continue;
        }
        rd_kafka_resp_err_t err = got->err;
        if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF && got->offset > s->next)
            s->next = got->offset;
        else if (!err && got->offset >= s->next) {
            s->next = got->offset + 1;
            *m = got->offset < to ? copies_message(got, 0, topic) : NULL;
        }
        bool done = *m || (!err && got->offset >= to);
        rd_kafka_message_destroy(got);
        if (done)
            return true;
        if (err && err != RD_KAFKA_RESP_ERR__PARTITION_EOF && err != RD_KAFKA_RESP_ERR__TRANSPORT)
            return failed(r, topic, err, e);
    }
    return true;
}

bool log_next(struct log_reader *r, size_t span, struct message **m, struct error *e)
{
    return take(r, &r->spans[span], r->spans[span].to, m, e);
}

void log_progress(const struct log_reader *r, uint64_t *done, uint64_t *total)
{
    *done = *total = 0;
    for (size_t i = 0; i < r->nspans; i++) {
        const struct span *s = &r->spans[i];
        int64_t all = s->to > s->from ? s->to - s->from : 0, read = s->next - s->from;
        *total += (uint64_t)all;
        *done += (uint64_t)(read < all ? read : all);
    }
}

/* ---- single messages ---- */

static struct span *span_of(struct log_reader *r, const char *topic, int32_t partition)
{
    for (size_t i = 0; i < r->nspans; i++)
        if (r->spans[i].partition == partition && strcmp(rd_kafka_topic_name(r->spans[i].topic), topic) == 0)
            return &r->spans[i];
    return NULL;
}

/* *there false: the offset is not in the log. */
static bool go_to(struct log_reader *r, const char *topic, int32_t partition, int64_t offset, bool *there,
                  struct error *e)
{
    struct span *s = span_of(r, topic, partition);
    int64_t low, high;
    size_t span;

    *there = true;
    if (s && s->next <= offset && offset - s->next < GAP)
        return true;
    if (!log_ends(r, topic, partition, &low, &high, e))
        return false;
    *there = offset >= low && offset < high;
    if (!*there)
        return true;
    if (!s)
        return start(r, topic, partition, offset, high, &span, e);
    rd_kafka_resp_err_t err = rd_kafka_seek(s->topic, partition, offset, TIMEOUT_MS);
    if (err)
        return failed(r, topic, err, e);
    s->next = offset;
    return true;
}

bool log_fetch(struct log_reader *r, const char *topic, int32_t partition, int64_t offset, struct message **m,
               struct error *e)
{
    bool there;

    *m = NULL;
    if (!go_to(r, topic, partition, offset, &there, e))
        return false;
    while (there) {
        struct span *s = span_of(r, topic, partition);
        if (!take(r, s, offset + 1, m, e))
            return false;
        if (!*m || (*m)->offset == offset)
            return true;
        free(*m);
        *m = NULL;
    }
    return true;
}
