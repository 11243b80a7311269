/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/inquiry.h"

#include "common/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

struct inquiry {
    rd_kafka_t *rk;
    rd_kafka_topic_partition_list_t *list;
    bool watermarks; /* else where reading begins */
    enum start start;
    int64_t since_ms;
    int wake_fd;

    pthread_t thread;
    bool started;
    atomic_bool done; /* what follows is the thread's until then */
    bool ok;
    struct error why;
};

static void *ask(void *inquiry)
{
    struct inquiry *q = inquiry;

    if (q->watermarks) {
        starts_watermarks(q->rk, q->list);
        q->ok = true;
    } else {
        q->ok = starts_resolve(q->rk, q->list, q->start, q->since_ms, &q->why);
    }
    atomic_store(&q->done, true);
    eventfd_write(q->wake_fd, 1);
    return NULL;
}

static struct inquiry *begin(struct inquiry *q)
{
    q->started = pthread_create(&q->thread, NULL, ask, q) == 0;
    if (!q->started) {
        error_set(&q->why, STATUS_UNAVAILABLE, "no thread to ask Kafka with");
        q->done = true;
    }
    return q;
}

struct inquiry *inquiry_starts(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list, enum start start,
                               int64_t since_ms, int wake_fd)
{
    struct inquiry *q = xcalloc(1, sizeof *q);
    q->rk = rk;
    q->list = rd_kafka_topic_partition_list_copy(list);
    q->start = start;
    q->since_ms = since_ms;
    q->wake_fd = wake_fd;
    return begin(q);
}

struct inquiry *inquiry_watermarks(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list, int wake_fd)
{
    struct inquiry *q = xcalloc(1, sizeof *q);
    q->rk = rk;
    q->list = rd_kafka_topic_partition_list_copy(list);
    q->watermarks = true;
    q->wake_fd = wake_fd;
    return begin(q);
}

void inquiry_free(struct inquiry *q)
{
    if (!q)
        return;
    if (q->started)
        pthread_join(q->thread, NULL);
    rd_kafka_topic_partition_list_destroy(q->list);
    free(q);
}

bool inquiry_done(const struct inquiry *q)
{
    return q && atomic_load(&q->done);
}

const rd_kafka_topic_partition_list_t *inquiry_answer(const struct inquiry *q, struct error *e)
{
    if (!q->ok)
        *e = q->why;
    return q->ok ? q->list : NULL;
}
