/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "config/config.h"
#include "worker/kafka/consumer_state.h"

#include <stdio.h>

/* librdkafka's position may be that of an earlier assignment until the first message; what it is now is remembered as such. */
static void note_positions(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = partitions_list(&c->owned);
    rd_kafka_position(c->rk, list);
    for (int i = 0; i < list->cnt; i++)
        partitions_find(&c->owned, list->elems[i].topic, list->elems[i].partition)->stale = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
}

/* A stop of fetching clears the forwards: so before and after. */
static void assign_owned(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = partitions_list(&c->owned);
    partitions_forward(&c->owned, c->rk, c->data);
    rd_kafka_resp_err_t err = rd_kafka_assign(c->rk, list);
    partitions_forward(&c->owned, c->rk, c->data);
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        problems_set(&c->problems, PROBLEM_GROUP, clock_ms(), rd_kafka_err2str(err));
    note_positions(c);
}

void assignment_withdraw_offer(struct consumer *c)
{
    if (c->offered)
        rd_kafka_topic_partition_list_destroy(c->offered);
    c->offered = NULL;
}

/* Nothing is read before it is known where to begin: an answer that is for nothing is asked for again by consumer_tick(). */
void assignment_take_up(struct consumer *c)
{
    if (c->starts)
        return;
    c->starts = inquiry_starts(c->rk, c->offered, c->config->kafka.start, c->since_ms, c->wake_fd);
    c->starts_of = c->offers;
}

static void take_up(struct consumer *c, const rd_kafka_topic_partition_list_t *starts)
{
    partitions_take(&c->owned, c->config, starts);
    assignment_withdraw_offer(c);
    assign_owned(c);
    problems_end(&c->problems, PROBLEM_GROUP);
    problems_end(&c->problems, PROBLEM_BROKERS);
    c->joined = true;
    c->asked_back = c->gave_up = c->stood_still = false;
    consumer_emit(c, CONSUMER_ASSIGNED, "");
}

static void take_starts(struct consumer *c)
{
    struct inquiry *q = c->starts;
    struct error e = {0};

    c->starts = NULL;
    if (c->offered && c->starts_of != c->offers) { /* that was of an offer before this one */
        assignment_take_up(c);
    } else if (c->offered) {
        const rd_kafka_topic_partition_list_t *starts = inquiry_answer(q, &e);
        if (starts)
            take_up(c, starts);
        else
            problems_set(&c->problems, PROBLEM_GROUP, clock_ms(), e.text);
    }
    inquiry_free(q);
}

static void ask_back(struct consumer *c)
{
    bool lost = rd_kafka_assignment_lost(c->rk) || c->stood_still;

    assignment_withdraw_offer(c);
    if (!c->joined || c->gave_up) {
        rd_kafka_assign(c->rk, NULL);
        c->gave_up = false;
        return;
    }
    c->asked_back = true;
    if (!lost)
        consumer_emit(c, CONSUMER_REVOKED, "");
    else
        consumer_emit(c, CONSUMER_LOST,
                      c->stood_still ? "the worker stood still for longer than max.poll.interval.ms"
                                     : "the group has gone on without this worker (session.timeout.ms)");
}

void assignment_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct consumer *c = opaque;

    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assignment_withdraw_offer(c);
        c->offered = rd_kafka_topic_partition_list_copy(list);
        c->offers++;
        assignment_take_up(c);
    } else if (err == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        ask_back(c);
    } else {
        problems_set(&c->problems, PROBLEM_GROUP, clock_ms(), rd_kafka_err2str(err));
        rd_kafka_assign(rk, NULL);
    }
}

void consumer_release(struct consumer *c)
{
    if (!c->joined)
        return;
    commits_drop_held(c->commits);
    partitions_clear(&c->owned);
    c->joined = false;
    c->confirm = CONFIRM_NOT;
    c->gave_up = !c->asked_back;
    if (c->asked_back)
        rd_kafka_assign(c->rk, NULL);
    c->asked_back = false;
}

/* ---- offsets that are not in the log ---- */

static void settle_gone(struct consumer *c, struct partition *p, int64_t low, int64_t high)
{
    bool goes_on = c->config->kafka.on_data_loss == DATA_LOSS_CONTINUE;
    char why[512];

    if (p->next_expected < low)
        snprintf(why, sizeof why,
                 "%s partition %d: %lld events were deleted before they were read (offsets %lld to %lld)", p->topic,
                 (int)p->id, (long long)(low - p->next_expected), (long long)p->next_expected, (long long)low - 1);
    else
        snprintf(why, sizeof why,
                 "%s partition %d: offset %lld is beyond the log, which ends at %lld: was the topic made anew, or cut?",
                 p->topic, (int)p->id, (long long)p->next_expected, (long long)high);
    bool anew = p->next_expected > high;
    p->high = high;
    if (!goes_on)
        partition_stall(&c->owned, p, c->rk);
    else if (anew) /* its offsets have been seen, and are other events now */
        partition_begin_anew(&c->owned, p, low);
    else
        p->next_expected = low;
    struct consumer_event *event = consumer_emit(c, goes_on ? CONSUMER_DATA_LOSS : CONSUMER_STALLED, why);
    event->lease = p->lease;
    event->anew = goes_on && anew;
}

static void take_watermarks(struct consumer *c)
{
    struct inquiry *q = c->watermarks;
    struct error none;
    const rd_kafka_topic_partition_list_t *list = inquiry_answer(q, &none);
    bool of_now = list && c->joined && !c->asked_back && c->watermarks_of == c->offers, again = false;

    c->watermarks = NULL;
    for (int i = 0; of_now && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct partition *p = partitions_find(&c->owned, at->topic, at->partition);
        int64_t low = at->offset, high = (int64_t)(intptr_t)at->opaque;
        if (!p || !p->gone || at->err) /* asked again with the next tick */
            continue;
        p->gone = false;
        if (p->next_expected < low || p->next_expected > high)
            settle_gone(c, p, low, high);
        again = again || p->flow != FLOW_STALLED;
    }
    if (again)
        assign_owned(c);
    inquiry_free(q);
}

static void ask_for_watermarks(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *gone = rd_kafka_topic_partition_list_new((int)c->owned.n);

    for (size_t i = 0; i < c->owned.n; i++)
        if (c->owned.all[i].gone)
            rd_kafka_topic_partition_list_add(gone, c->owned.all[i].topic, c->owned.all[i].id);
    if (gone->cnt) {
        c->watermarks = inquiry_watermarks(c->rk, gone, c->wake_fd);
        c->watermarks_of = c->offers;
    }
    rd_kafka_topic_partition_list_destroy(gone);
}

/* A fetcher that ran into this has stopped, and takes no seek: the whole assignment is made again, each partition at its next offset. */
void assignment_look_for_gone(struct consumer *c)
{
    if (c->misrouted)
        assign_owned(c);
    c->misrouted = false;
    if (!c->watermarks)
        ask_for_watermarks(c);
}

/* ---- answers ---- */

void assignment_take_answers(struct consumer *c)
{
    if (inquiry_done(c->starts))
        take_starts(c);
    if (inquiry_done(c->watermarks))
        take_watermarks(c);
}
