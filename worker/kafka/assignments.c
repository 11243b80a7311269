/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "config/config.h"
#include "worker/kafka/consumer_state.h"
#include "worker/kafka/starts.h"

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

/* Without knowing where to begin nothing is read; consumer_tick() asks again. */
void assignment_take_up(struct consumer *c)
{
    struct error e = {0};
    if (!starts_resolve(c->rk, c->offered, c->config->kafka.start, c->since_ms, &e)) {
        problems_set(&c->problems, PROBLEM_GROUP, clock_ms(), e.text);
        return;
    }
    partitions_take(&c->owned, c->config, c->offered);
    assignment_withdraw_offer(c);
    assign_owned(c);
    problems_end(&c->problems, PROBLEM_GROUP);
    problems_end(&c->problems, PROBLEM_BROKERS);
    c->joined = true;
    c->asked_back = c->gave_up = c->stood_still = false;
    consumer_emit(c, CONSUMER_ASSIGNED, "");
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

/* A fetcher that ran into this has stopped, and takes no seek: the whole assignment is made again, each partition at its next offset. */
void assignment_look_for_gone(struct consumer *c)
{
    bool again = c->misrouted;

    for (size_t i = 0; i < c->owned.n; i++) {
        struct partition *p = &c->owned.all[i];
        int64_t low, high;
        struct error e = {0};
        if (!p->gone)
            continue;
        if (!starts_watermarks(c->rk, p->topic, p->id, &low, &high, &e))
            break; /* asked again with the next tick */
        p->gone = false;
        if (p->next_expected < low || p->next_expected > high)
            settle_gone(c, p, low, high);
        again = again || p->flow != FLOW_STALLED;
    }
    if (again)
        assign_owned(c);
    c->misrouted = false;
}
