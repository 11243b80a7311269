/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/replay.h"

#include "common/memory.h"
#include "config/config.h"
#include "worker/dlq/replay_words.h"
#include "worker/dlq/resend.h"
#include "worker/kafka/topic_policy.h"
#include "worker/kafka/topics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking ---- */

static bool confirmed(void)
{
    char answer[16];

    printf("Go on? [y/N] ");
    fflush(stdout);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}

/* ---- the record of what was replayed ---- */

static bool cannot_make(const struct config *config, const char *topic, struct error *e)
{
    error_context(e, "dead_letter.progress_topic: it does not exist and cannot be made");
    e->status = STATUS_CONFIGURATION;
    e->hint[0] = '\0';
    return error_hint(e, "create it: %s", kafka_topic_command(config, topic));
}

static bool ensure_progress(const struct config *config, struct error *e)
{
    const char *topic = config->dead_letter.progress_topic;
    enum topic_policy policy;
    bool exists;

    if (!kafka_topic_exists(config, topic, 30000, &exists, e))
        return false;
    if (!exists)
        return topic_make_compacted(config, topic, e) || cannot_make(config, topic, e);
    if (!topic_policy_read(config, topic, &policy, e))
        return false;
    if (policy == POLICY_KEPT)
        fprintf(stderr,
                "sfsink: %s: is not compacted, so Kafka will forget what was replayed\n"
                "set it: kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s "
                "--add-config cleanup.policy=compact\n",
                topic, config->kafka.brokers, topic);
    return true;
}

/* ---- the replay ---- */

/* Whoever else replays these letters is stopped before it is asked what there is left to do. */
static bool send(struct plan *p, const struct terminal *show, struct error *e)
{
    const struct config *config = p->catalogue->config;
    if (!ensure_progress(config, e))
        return false;
    struct replay_producer *producer = replay_producer_new(config, e);
    bool good = producer && replay_start(producer, e) && catalogue_read_progress(p->catalogue, e);

    if (good) {
        plan_drop_replayed(p);
        good = resend_all(p, producer, show, e);
    }
    replay_producer_free(producer);
    return good;
}

static int conclude(const struct plan *p, bool good, const struct error *e)
{
    if (!good)
        return error_print(e);
    return words_trouble(p) ? STATUS_FOUND : STATUS_OK;
}

static int carry_out(struct plan *p, const struct dlq_options *o, const struct terminal *show)
{
    struct error e = {0};
    uint64_t going = plan_count(p, GOES);

    if (!o->json)
        words_intent(p);
    if (o->dry_run || !going) {
        if (o->json)
            words_json(p);
        return words_trouble(p) ? STATUS_FOUND : STATUS_OK;
    }
    if (!o->yes && !confirmed()) {
        printf("nothing was sent\n");
        return STATUS_OK;
    }
    fflush(stdout);
    bool good = send(p, show, &e);
    if (o->json)
        words_json(p);
    else
        words_result(p);
    return conclude(p, good, &e);
}

int replay_run(struct catalogue *c, const struct dlq_options *o)
{
    struct terminal show = terminal_of(o->json ? stderr : stdout);
    struct error e = {0};
    struct plan plan;
    int status = plan_make(&plan, c, o, &show, &e) ? carry_out(&plan, o, &show) : error_print(&e);

    plan_release(&plan);
    return status;
}
