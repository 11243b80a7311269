/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/loop.h"

#include "common/clock.h"
#include "common/http_client.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/kafka/consumer.h"
#include "worker/loop_state.h"
#include "worker/salesforce/sender.h"
#include "worker/web/web.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PUBLISH_EVERY_MS = 250,
    TICK_EVERY_MS = 1000,
    CONFIRM_TURN_MS = 100,
    CLOSING_TURN_MS = 20, /* nothing wakes us when the consumer is closed */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void wait_for_work(struct loop *l, bool more)
{
    int64_t due = earlier(engine_due(l->engine), sender_due(l->sender));
    due = earlier(due, earlier(l->publish_at, l->tick_at));
    if (l->stopping)
        due = earlier(due, l->stop_by);
    int wait = (int)earlier(more || due <= l->now ? 0 : due - l->now, TICK_EVERY_MS);
    uint64_t woken;

    if (l->closing && wait > CLOSING_TURN_MS)
        wait = CLOSING_TURN_MS;
    if (l->confirming) {
        /* no byte goes to Salesforce before the group has said that we are still in it */
        struct pollfd ours[] = {{l->signal_fd, POLLIN, 0}, {l->wake_fd, POLLIN, 0}};
        poll(ours, sizeof ours / sizeof *ours, CONFIRM_TURN_MS);
    } else {
        int fds[] = {l->signal_fd, l->wake_fd};
        http_client_wait(l->http, fds, sizeof fds / sizeof *fds, wait);
    }
    if (read(l->wake_fd, &woken, sizeof woken) < 0 && errno != EAGAIN)
        bug("the wake-up descriptor cannot be read: %s", strerror(errno));
}

/* Their order is that of arrival, and nobody knows whether that is right. */
static void warn_of_scattered(struct loop *l)
{
    uint64_t n = engine_counts(l->engine)->cross_partition;

    if (n == l->scattered_told)
        return;
    l->scattered_told = n;
    log_event(LOG_LEVEL_WARN, "record_in_several_partitions", "why",
              LOG_STR("changes of one record came from several partitions: their order is not known"), "todo",
              LOG_STR("key the messages of its topic by the record; sfsink_cross_partition_events_total counts them"),
              NULL);
}

static void keep_house(struct loop *l)
{
    if (l->now >= l->tick_at) {
        l->tick_at = l->now + TICK_EVERY_MS;
        consumer_tick(l->consumer, l->now);
        engine_time_of_day(l->engine, clock_wall_ms() - l->now);
        warn_of_scattered(l);
    }
    if (l->now >= l->publish_at) {
        l->publish_at = l->now + PUBLISH_EVERY_MS;
        loop_publish(l);
    }
    if (l->web)
        web_beat(l->web, l->now);
}

/* True: there may be more to read. */
static bool turn(struct loop *l)
{
    struct action a;
    bool more = false;

    loop_take_signals(l);
    loop_take_kafka_events(l);
    loop_take_reports(l);
    if (!l->confirming) {
        loop_take_answers(l);
        more = loop_take_messages(l);
        while (engine_next(l->engine, l->now, &a))
            loop_perform(l, &a);
    }
    keep_house(l);
    return more;
}

/* After a long stop (SIGSTOP, a suspended machine) the partitions may be somebody else's, who has written newer things: nothing goes
 * out before the group has confirmed that we are in it. */
static void read_clock(struct loop *l)
{
    int64_t now = clock_ms(), wall = clock_wall_ms();
    bool stood_still = now - l->now > l->stood_still_ms || wall - l->wall > l->stood_still_ms;

    if (stood_still && l->wall) {
        log_event(LOG_LEVEL_WARN, "stood_still", "ms", LOG_INT(wall - l->wall), NULL);
        l->confirming = true;
        consumer_confirm(l->consumer);
    }
    l->now = now;
    l->wall = wall;
}

static bool is_done(struct loop *l)
{
    if (l->exit_status)
        return true;
    if (!l->stopping)
        return false;
    if (!l->closing && engine_idle(l->engine)) {
        consumer_close(l->consumer);
        l->closing = true;
    }
    return (l->closing && consumer_closed(l->consumer)) || l->now >= l->stop_by;
}

static void say_goodbye(const struct loop *l)
{
    const struct engine_counts *c = engine_counts(l->engine);
    uint64_t sums[DISPOSITIONS] = {0};
    for (size_t i = 0; i < l->config->nroutes; i++)
        for (int d = 0; d < DISPOSITIONS; d++)
            sums[d] += c->events[i][d];
    log_event(LOG_LEVEL_INFO, "stopped", "consumed", LOG_INT(c->consumed), "applied",
              LOG_INT(sums[DISPOSITION_APPLIED]), "superseded", LOG_INT(sums[DISPOSITION_SUPERSEDED]), "skipped",
              LOG_INT(sums[DISPOSITION_SKIPPED]), "dead_lettered", LOG_INT(sums[DISPOSITION_DEAD_LETTERED]), "returned",
              LOG_INT(sums[DISPOSITION_RETURNED]), NULL);
}

static volatile sig_atomic_t status_in_the_end;

static void end_now(int signal)
{
    (void)signal;
    _exit(status_in_the_end);
}

/* librdkafka 2.0 waits for ever for a partition whose topic was deleted. All is settled and committed by now: whatever
 * hangs, the process ends. */
static void end_in_any_case(int status, int64_t within_ms)
{
    status_in_the_end = status;
    signal(SIGALRM, end_now);
    alarm(within_ms > 1000 ? (unsigned)(within_ms / 1000) : 1);
}

static void say_hello(const struct config *config)
{
    log_event(LOG_LEVEL_INFO, "starting", "version", LOG_STR(SFSINK_VERSION), "config", LOG_STR(config->file), "group",
              LOG_STR(config->kafka.group), "routes", LOG_INT(config->nroutes), NULL);
    for (size_t i = 0; i < config->nroutes; i++) {
        const struct route *r = config->routes[i];
        log_event(LOG_LEVEL_INFO, "route", "name", LOG_STR(r->name), "topic", LOG_STR(r->topic), "object",
                  LOG_STR(r->object), "mode", LOG_STR(mode_name(r->mode)), NULL);
    }
}

int loop_run(const struct config *config)
{
    struct loop *l = xcalloc(1, sizeof *l);
    struct error e = {0};
    int status = STATUS_OK;

    l->config = config;
    say_hello(config);
    if (loop_set_up(l, &e)) {
        bool more = false;
        while (!is_done(l)) {
            wait_for_work(l, more);
            read_clock(l);
            more = turn(l);
        }
        status = l->exit_status;
        say_goodbye(l);
        if (l->now >= l->stop_by && l->stopping) {
            log_event(LOG_LEVEL_WARN, "stopped_by_deadline", "shutdown_ms", LOG_INT(config->shutdown_ms), NULL);
            log_flush();
            _exit(STATUS_OK); /* leaving the group politely can hang; what is not committed comes again */
        }
    } else if (e.status) {
        status = error_print(&e);
    }
    log_flush();
    end_in_any_case(status, l->stopping ? l->stop_by - l->now : config->shutdown_ms);
    loop_tear_down(l);
    alarm(0);
    free(l);
    return status;
}
