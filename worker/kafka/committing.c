/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/kafka/consumer_state.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIRM_EVERY_MS = 2000 };

static void add_point(rd_kafka_topic_partition_list_t *list, const struct partition *p, int64_t offset,
                      const char *metadata)
{
    rd_kafka_topic_partition_t *e = rd_kafka_topic_partition_list_add(list, p->topic, p->id);
    e->offset = offset;
    e->opaque = (void *)(uintptr_t)p->lease;
    if (metadata && metadata[0]) {
        e->metadata = xstrdup(metadata);
        e->metadata_size = strlen(metadata);
    }
}

void consumer_commit(struct consumer *c, const struct consumer_offset *offsets, size_t n)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);

    for (size_t i = 0; i < n; i++) {
        /* the broker takes offsets of partitions that we do not own, and rewinds their owner: so only by lease */
        const struct partition *p = partitions_find_lease(&c->owned, offsets[i].lease);
        if (p)
            add_point(list, p, offsets[i].offset, offsets[i].metadata);
    }
    if (list->cnt) {
        commits_start(c->commits, clock_ms(), COMMIT_ASKED, list);
        return;
    }
    rd_kafka_topic_partition_list_destroy(list);
    consumer_emit(c, CONSUMER_COMMITTED, "")->ok = true;
}

static void note_committed(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *e = &list->elems[i];
        struct partition *p = partitions_find_lease(&c->owned, (uint64_t)(uintptr_t)e->opaque);
        if (!p)
            continue;
        char *metadata = xstrndup(e->metadata ? e->metadata : "", e->metadata ? e->metadata_size : 0);
        partition_committed(p, e->offset, metadata);
        free(metadata);
        if (p->next_expected < e->offset)
            p->next_expected = e->offset; /* over what is never delivered */
    }
}

/* What was refused to an earlier membership says nothing about the one of now. */
static bool is_of_now(struct consumer *c, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; list && i < list->cnt; i++)
        if (partitions_find_lease(&c->owned, (uint64_t)(uintptr_t)list->elems[i].opaque))
            return true;
    return false;
}

static void lose(struct consumer *c, const char *why)
{
    c->confirm = CONFIRM_NOT;
    if (c->joined)
        consumer_emit(c, CONSUMER_LOST, why);
}

static void take_commit(struct consumer *c, const struct commit_result *r)
{
    if (r->ok && r->list)
        note_committed(c, r->list);
    if (r->ok) {
        problems_end(&c->problems, PROBLEM_BROKERS);
        problems_end(&c->problems, PROBLEM_GROUP);
    }
    if (r->kind == COMMIT_ASKED && !r->unasked)
        consumer_emit(c, CONSUMER_COMMITTED, r->why)->ok = r->ok;
    if (r->kind == COMMIT_CONFIRM && c->confirm == CONFIRM_ASKED) {
        c->confirm = r->ok ? CONFIRM_NOT : CONFIRM_WANTED;
        if (r->ok)
            consumer_emit(c, CONSUMER_CONFIRMED, "");
    }
    if (r->lost && is_of_now(c, r->list))
        lose(c, r->why);
}

void committing_take_answers(struct consumer *c)
{
    struct commit_result result;
    while (commits_next_result(c->commits, clock_ms(), &result))
        take_commit(c, &result);
}

/* Control records and aborted transactions move the position and are never delivered. Once everything that was is committed, the
 * position may be too. (Where reading began at the end of the log, that is committed at once: a restart must not begin at a later end.) */
static int64_t idle_offset(const struct consumer *c, const struct partition *p, int64_t position)
{
    int64_t base = p->committed < 0 ? p->start : p->committed;
    if (p->flow != FLOW_ON || base != p->next_expected)
        return -1;
    if (position > base && position != p->stale)
        return position;
    return p->committed < 0 && c->config->kafka.start == START_LATEST ? base : -1;
}

static void commit_idle(struct consumer *c, int64_t now)
{
    rd_kafka_topic_partition_list_t *positions = partitions_list(&c->owned);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(positions->cnt);

    rd_kafka_position(c->rk, positions);
    for (int i = 0; i < positions->cnt; i++) {
        const rd_kafka_topic_partition_t *e = &positions->elems[i];
        const struct partition *p = partitions_find(&c->owned, e->topic, e->partition);
        int64_t offset = idle_offset(c, p, e->offset);
        if (offset >= 0)
            add_point(list, p, offset, NULL);
    }
    rd_kafka_topic_partition_list_destroy(positions);
    if (list->cnt)
        commits_start(c->commits, now, COMMIT_IDLE, list);
    else
        rd_kafka_topic_partition_list_destroy(list);
}

static void commit_again(struct consumer *c, int64_t now)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->owned.n);
    for (size_t i = 0; i < c->owned.n; i++) {
        const struct partition *p = &c->owned.all[i];
        add_point(list, p, p->committed < 0 ? p->start : p->committed, p->metadata);
    }
    c->confirm_at = now + CONFIRM_EVERY_MS;
    commits_start(c->commits, now, COMMIT_CONFIRM, list);
}

static bool in_trouble(const struct consumer *c)
{
    return c->problems.why[PROBLEM_BROKERS][0] || c->problems.why[PROBLEM_GROUP][0];
}

/* While the brokers seem to be away, an idle worker would not see them return: it asks. */
void committing_of_our_own(struct consumer *c, int64_t now)
{
    if (!c->joined || !c->owned.n || commits_busy(c->commits))
        return;
    if (c->confirm == CONFIRM_WANTED) {
        c->confirm = CONFIRM_ASKED;
        commit_again(c, now);
    } else if (in_trouble(c) && now >= c->confirm_at) {
        commit_again(c, now);
    } else if (!c->asked_back) {
        commit_idle(c, now);
    }
}

int64_t consumer_session_ms(const struct consumer *c)
{
    char text[24];
    size_t size = sizeof text;
    if (rd_kafka_conf_get(rd_kafka_conf(c->rk), "session.timeout.ms", text, &size) != RD_KAFKA_CONF_OK)
        bug("librdkafka has no session.timeout.ms");
    return strtoll(text, NULL, 10);
}

void consumer_confirm(struct consumer *c)
{
    if (!c->joined || !c->owned.n) {
        consumer_emit(c, CONSUMER_CONFIRMED, "");
        return;
    }
    c->confirm = CONFIRM_WANTED;
    committing_of_our_own(c, clock_ms());
}
