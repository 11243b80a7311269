/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/kafka/consumer.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer_state.h"
#include "worker/kafka/copies.h"
#include "worker/kafka/properties.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- events ---- */

struct consumer_event *consumer_emit(struct consumer *c, enum consumer_event_kind kind, const char *why)
{
    if (c->taken == c->nevents)
        c->taken = c->nevents = 0;
    c->events = xreallocarray(c->events, c->nevents + 1, sizeof *c->events);
    struct consumer_event *event = &c->events[c->nevents++];
    *event = (struct consumer_event){.kind = kind};
    snprintf(event->why, sizeof event->why, "%s", why);
    return event;
}

static void lend_assigned(struct consumer *c, struct consumer_event *out)
{
    free(c->assigned);
    out->assigned = c->assigned = xcalloc(c->owned.n + 1, sizeof *c->assigned);
    for (size_t i = 0; i < c->owned.n; i++) {
        const struct partition *p = &c->owned.all[i];
        if (!out->anew || p->lease == out->lease)
            c->assigned[out->nassigned++] =
                (struct assigned){p->lease, p->route, p->topic, p->id, p->start, p->committed < 0 ? NULL : p->metadata};
    }
}

/* ---- messages ---- */

static void take_data_error(struct consumer *c, const rd_kafka_message_t *m)
{
    struct partition *p = m->rkt ? partitions_find(&c->owned, rd_kafka_topic_name(m->rkt), m->partition) : NULL;

    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && p)
        p->gone = true;
    else
        trouble_take(c, m->err, rd_kafka_message_errstr(m));
}

/* Our copy, if its partition is ours and it was not there before. */
static struct message *take_in(struct consumer *c, const rd_kafka_message_t *m, struct partition **owner)
{
    struct partition *p = partitions_find(&c->owned, rd_kafka_topic_name(m->rkt), m->partition);

    if (!p || m->offset < p->next_expected || p->flow == FLOW_STALLED) {
        c->dropped++;
        return NULL;
    }
    p->next_expected = m->offset + 1;
    *owner = p;
    return copies_message(m, p->lease, p->topic);
}

struct message *consumer_next_message(struct consumer *c, const struct route **route)
{
    if (!c->joined || c->asked_back)
        return NULL;
    struct message *waited = partitions_next_waiting(&c->owned, c->rk, c->data, route);
    if (waited)
        return waited;
    for (rd_kafka_message_t *m; (m = rd_kafka_consume_queue(c->data, 0));) {
        struct partition *p = NULL;
        struct message *copy = NULL;
        if (m->err)
            take_data_error(c, m);
        else
            copy = take_in(c, m, &p);
        rd_kafka_message_destroy(m);
        if (!copy)
            continue;
        if (p->flow != FLOW_ON) {
            partition_wait(p, copy);
            continue;
        }
        problems_end(&c->problems, PROBLEM_BROKERS);
        *route = p->route;
        return copy;
    }
    return NULL;
}

void consumer_park(struct consumer *c, uint64_t lease)
{
    struct partition *p = partitions_find_lease(&c->owned, lease);
    if (p)
        partition_park(&c->owned, p, c->rk);
}

void consumer_unpark(struct consumer *c, uint64_t lease)
{
    struct partition *p = partitions_find_lease(&c->owned, lease);
    if (p)
        partition_unpark(&c->owned, p);
}

/* ---- the control side ---- */

static void poll_control(struct consumer *c)
{
    for (rd_kafka_message_t *m; (m = rd_kafka_consumer_poll(c->rk, 0));) {
        /* a message here has lost its forward: it is read again where it belongs, or what is before it would be dropped as seen */
        if (m->err)
            take_data_error(c, m);
        else
            c->misrouted = true;
        rd_kafka_message_destroy(m);
    }
    if (c->closing)
        rd_kafka_queue_poll_callback(c->closing, 0);
}

void consumer_next_event(struct consumer *c, struct consumer_event *out)
{
    if (c->taken == c->nevents) {
        poll_control(c);
        assignment_take_answers(c);
        committing_take_answers(c);
    }
    *out = (struct consumer_event){.kind = CONSUMER_NOTHING};
    if (c->taken < c->nevents)
        *out = c->events[c->taken++];
    else if (problems_changed(&c->problems, out->why, sizeof out->why))
        out->kind = CONSUMER_PROBLEM;
    if (out->kind == CONSUMER_ASSIGNED || out->anew)
        lend_assigned(c, out);
}

static void read_watermarks(struct consumer *c)
{
    for (size_t i = 0; i < c->owned.n; i++) {
        struct partition *p = &c->owned.all[i];
        int64_t low, high;
        if (!rd_kafka_get_watermark_offsets(c->rk, p->topic, p->id, &low, &high) && high >= 0)
            p->high = high;
    }
}

void consumer_tick(struct consumer *c, int64_t now)
{
    problems_age(&c->problems, now);
    trouble_look_at_topics(c, now);
    if (c->offered)
        assignment_take_up(c);
    if (c->joined && !c->asked_back) {
        assignment_look_for_gone(c);
        partitions_forward(&c->owned, c->rk, c->data);
        read_watermarks(c);
    }
    committing_of_our_own(c, now);
}

bool consumer_joined(const struct consumer *c)
{
    return c->joined;
}

uint64_t consumer_dropped(const struct consumer *c)
{
    return c->dropped;
}

size_t consumer_lags(const struct consumer *c, struct consumer_lag *out, size_t room)
{
    for (size_t i = 0; i < c->owned.n && i < room; i++) {
        const struct partition *p = &c->owned.all[i];
        int64_t committed = p->committed < 0 ? p->start : p->committed;
        int64_t lag = p->high < 0 ? -1 : p->high < committed ? 0 : p->high - committed;
        out[i] = (struct consumer_lag){p->lease, p->topic, p->id, lag, committed};
    }
    return c->owned.n;
}

/* ---- life ---- */

static void wake_by(rd_kafka_queue_t *queue, int wake_fd)
{
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue, wake_fd, &one, sizeof one);
}

static bool subscribe(struct consumer *c, struct error *e)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)c->config->nroutes);

    for (size_t i = 0; i < c->config->nroutes; i++) {
        const char *topic = c->config->routes[i]->topic;
        if (!rd_kafka_topic_partition_list_find(topics, topic, RD_KAFKA_PARTITION_UA))
            rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    }
    rd_kafka_resp_err_t err = rd_kafka_subscribe(c->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return !err || error_set(e, STATUS_CONFIGURATION, "the topics of the routes cannot be subscribed to: %s",
                             rd_kafka_err2str(err));
}

struct consumer *consumer_new(const struct config *config, int wake_fd, struct error *e)
{
    rd_kafka_conf_t *conf = properties_conf(config, CLIENT_CONSUMER, e);
    if (!conf)
        return NULL;
    struct consumer *c = xcalloc(1, sizeof *c);
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_error_cb(conf, trouble_on_error);
    rd_kafka_conf_set_rebalance_cb(conf, assignment_rebalance);
    c->config = config;
    c->wake_fd = wake_fd;
    c->since_ms = clock_wall_ms();
    c->rk = properties_client(conf, CLIENT_CONSUMER, e);
    if (!c->rk) {
        free(c);
        return NULL;
    }
    rd_kafka_poll_set_consumer(c->rk);
    c->control = rd_kafka_queue_get_consumer(c->rk);
    c->data = rd_kafka_queue_new(c->rk);
    wake_by(c->control, wake_fd);
    wake_by(c->data, wake_fd);
    c->commits = commits_new(c->rk, wake_fd);
    if (!subscribe(c, e)) {
        consumer_free(c);
        return NULL;
    }
    return c;
}

void consumer_close(struct consumer *c)
{
    if (c->closing)
        return;
    c->closing = rd_kafka_queue_new(c->rk);
    rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(c->rk, c->closing);
    if (failed) {
        log_event(LOG_LEVEL_WARN, "kafka_problem", "why", LOG_STR(rd_kafka_error_string(failed)), NULL);
        rd_kafka_error_destroy(failed);
    }
}

bool consumer_closed(const struct consumer *c)
{
    return rd_kafka_consumer_closed(c->rk);
}

/* Whatever librdkafka lent has to be back before rd_kafka_destroy(), which would wait for it for ever. */
void consumer_free(struct consumer *c)
{
    if (!c)
        return;
    assignment_withdraw_offer(c);
    inquiry_free(c->starts);
    inquiry_free(c->watermarks);
    partitions_release(&c->owned);
    commits_free(c->commits);
    rd_kafka_queue_destroy(c->control);
    rd_kafka_queue_destroy(c->data);
    if (c->closing)
        rd_kafka_queue_destroy(c->closing);
    rd_kafka_destroy_flags(c->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(c->events);
    free(c->assigned);
    free(c);
}
