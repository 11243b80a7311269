/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/http_client.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/dead_letters.h"
#include "worker/kafka/topics.h"
#include "worker/loop.h"
#include "worker/loop_history.h"
#include "worker/loop_state.h"
#include "worker/loop_trouble.h"
#include "worker/salesforce/sender.h"
#include "worker/web/web.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    COMMIT_EVERY_MS = 1000,
    STOOD_STILL_MS = 5000,
    LEAST_STOOD_STILL_MS = 1500, /* an idle turn takes a second */
    DRAIN_MS = 20000,            /* well under max.poll.interval.ms: the other members of the group wait for us */
    MAX_MERGE = 1000,
    TOPIC_TIMEOUT_MS = 2000,
};

static bool any_group(const struct config *c)
{
    for (size_t i = 0; i < c->nroutes; i++)
        if (c->routes[i]->group_by[0])
            return true;
    return false;
}

struct engine_limits loop_limits(const struct config *c)
{
    return (struct engine_limits){
        .max_events = (size_t)c->buffer.max_events,
        .max_bytes = (size_t)c->buffer.max_mb * 1024 * 1024,
        .batch_records = (size_t)c->batch.max_records,
        .collections = (unsigned)c->batch.collections_per_call,
        .batch_bytes = (size_t)c->batch.max_bytes,
        .linger_ms = c->batch.linger_ms,
        .in_flight = (unsigned)c->salesforce.requests_in_flight,
        .max_attempts = (unsigned)c->retry.max_attempts,
        .backoff_ms = c->retry.backoff_ms,
        .backoff_max_ms = c->retry.backoff_max_ms,
        .hold_ms = c->salesforce.ambiguous_hold_ms,
        .commit_every_ms = COMMIT_EVERY_MS,
        .drain_ms = DRAIN_MS,
        .max_merge = MAX_MERGE,
        .group = any_group(c),
        .commit_map = c->kafka.commit_map,
        .usage_slow_at = (unsigned)c->salesforce.api_usage.slow_at,
        .usage_stop_at = (unsigned)c->salesforce.api_usage.stop_at,
        .stop_above_percent = (unsigned)c->dead_letter.stop_above_percent,
        .nroutes = c->nroutes,
    };
}

/* Signals come through a descriptor, so that they have their place in the turn. Threads started later inherit the mask.
 */
static bool open_descriptors(struct loop *l, struct error *e)
{
    sigset_t set = loop_signals();
    loop_hold_signals();
    l->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->signal_fd < 0 || l->wake_fd < 0)
        return error_set(e, STATUS_DEFECT, "no descriptor for signals and events: %s", strerror(errno));
    return true;
}

static bool start_web(struct loop *l, struct error *e)
{
    if (!l->config->http.listen[0])
        return true;
    l->web = web_start(l->config->http.listen, e);
    if (!l->web)
        return false;
    log_event(LOG_LEVEL_INFO, "http_listening", "address", LOG_STR(l->config->http.listen), "port",
              LOG_INT(web_port(l->web)), NULL);
    return true;
}

static bool start_salesforce(struct loop *l, struct error *e)
{
    struct http_client_options options = {.ca_file = l->config->salesforce.ca_file,
                                          .compress = l->config->salesforce.compress};

    l->http = http_client_new(&options);
    l->sender = sender_new(l->config, l->http);
    if (sender_no_login(l->sender)) {
        error_set(e, STATUS_NOT_ALLOWED, "%s: there is no stored login", l->config->salesforce.auth.token_file);
        return error_hint(e, "run `sfsink login` with the same configuration, or choose another salesforce.auth.flow");
    }
    sender_prepare(l->sender, l->now);
    return true;
}

/* Kafka is away: says so, lives on, and lets itself be stopped. */
static bool wait_on(struct loop *l, const struct error *away)
{
    l->now = clock_ms();
    loop_take_signals(l);
    log_event(LOG_LEVEL_WARN, "kafka_problem", "why", LOG_STR(away->text), NULL);
    snprintf(l->problem, sizeof l->problem, "%.500s", away->text);
    loop_publish(l);
    if (l->web)
        web_beat(l->web, l->now);
    return !l->stopping;
}

/* Waits until Kafka says whether a topic for refused events is there: without it nothing may be read, since such an event would
 * have nowhere to go. False with no error: told to stop before that. */
static bool wait_for_topic(struct loop *l, const char *setting, const char *topic, struct error *e)
{
    bool exists = false;
    struct error away = {0};

    while (!kafka_topic_exists(l->config, topic, TOPIC_TIMEOUT_MS, &exists, &away)) {
        if (away.status == STATUS_CONFIGURATION) {
            *e = away;
            return false;
        }
        if (!wait_on(l, &away))
            return false;
        away = (struct error){0};
    }
    if (exists)
        return true;
    error_set(e, STATUS_CONFIGURATION, "%s: the topic \"%s\" does not exist", setting, topic);
    return error_hint(e, "create it: %s", kafka_topic_command(l->config, topic));
}

static bool wait_for_topics(struct loop *l, struct error *e)
{
    const char *parking = l->config->dead_letter.parking_topic;
    return wait_for_topic(l, "dead_letter.topic", l->config->dead_letter.topic, e) &&
           (!parking[0] || wait_for_topic(l, "dead_letter.parking_topic", parking, e));
}

static bool start_kafka(struct loop *l, struct error *e)
{
    if (!wait_for_topics(l, e))
        return false;
    l->problem[0] = '\0';
    l->dead_letters = dead_letters_new(l->config, l->wake_fd, e);
    l->consumer = l->dead_letters ? consumer_new(l->config, l->wake_fd, e) : NULL;
    if (!l->consumer)
        return false;
    int64_t half_session = consumer_session_ms(l->consumer) / 2;
    l->stood_still_ms = half_session > STOOD_STILL_MS         ? STOOD_STILL_MS
                        : half_session < LEAST_STOOD_STILL_MS ? LEAST_STOOD_STILL_MS
                                                              : half_session;
    return true;
}

bool loop_set_up(struct loop *l, struct error *e)
{
    struct engine_limits limits = loop_limits(l->config);

    l->signal_fd = l->wake_fd = -1;
    l->now = clock_ms();
    if (getrandom(&limits.seed, sizeof limits.seed, GRND_NONBLOCK) < 0)
        limits.seed = (uint64_t)clock_wall_ms(); /* only the jitter hangs on it */
    l->engine = engine_new(&limits);
    engine_time_of_day(l->engine, clock_wall_ms() - l->now);
    l->mapper = mapper_new();
    l->metrics = loop_metrics_new(l->config);
    l->history = loop_history_new();
    l->trouble = trouble_new();
    l->config_text = config_print(l->config);
    l->started_at = l->now;
    return open_descriptors(l, e) && start_web(l, e) && start_salesforce(l, e) && start_kafka(l, e);
}

void loop_tear_down(struct loop *l)
{
    web_stop(l->web);
    sender_free(l->sender);
    http_client_free(l->http);
    consumer_free(l->consumer);
    dead_letters_free(l->dead_letters);
    engine_free(l->engine);
    mapper_free(l->mapper);
    loop_metrics_free(l->metrics);
    loop_history_free(l->history);
    trouble_free(l->trouble);
    free(l->config_text);
    config_free(l->reloaded);
    free(l->batches);
    if (l->signal_fd >= 0)
        close(l->signal_fd);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
}
