/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/check_kafka.h"

#include "config/route.h"
#include "worker/kafka/topics.h"
#include "worker/salesforce/mapping_check.h"

#include <stdio.h>

enum { TIMEOUT_MS = 10000, PATH_SIZE = 64 };

/* A topic and the setting that names it. */
struct topic {
    const char *name, *path;
    bool read, write;
    const char *missing; /* what to do, before the command that creates it */
};

/* True: it was refused, which is a finding; false: *e says why Kafka could not be asked. */
static bool is_refusal(struct error *e, struct error *why, const struct config *c, const struct topic *t,
                       const char *doing, struct mistakes *findings)
{
    if (why->status != STATUS_NOT_ALLOWED) {
        *e = *why;
        return false;
    }
    finding_add(findings, c, t->path, "the topic \"%s\" may not be %s: %s: give the right in the broker's ACLs",
                t->name, doing, why->text);
    return true;
}

/* May the topic be used as it is meant to be? */
static bool check_use(const struct config *c, const struct topic *t, struct mistakes *findings, struct error *e)
{
    struct error why = {0};

    if (t->read && !kafka_topic_readable(c, t->name, TIMEOUT_MS, &why) &&
        !is_refusal(e, &why, c, t, "read, or the group not used", findings))
        return false;
    why = (struct error){0};
    return !t->write || kafka_topic_writable(c, t->name, TIMEOUT_MS, &why) ||
           is_refusal(e, &why, c, t, "written", findings);
}

static bool check_topic(const struct config *c, const struct topic *t, struct mistakes *findings, struct error *e)
{
    struct error why = {0};
    bool exists = false, pattern = t->name[0] == '^';

    if (!kafka_topic_exists(c, t->name, TIMEOUT_MS, &exists, &why))
        return is_refusal(e, &why, c, t, "looked at", findings);
    if (exists)
        return pattern || check_use(c, t, findings, e);
    if (pattern)
        finding_add(findings, c, t->path, "no topic fits the pattern \"%s\"", t->name);
    else
        finding_add(findings, c, t->path, "the topic \"%s\" does not exist%s: %s", t->name, t->missing,
                    kafka_topic_command(c, t->name));
    return true;
}

static bool check_routes(const struct config *c, struct mistakes *findings, struct error *e)
{
    char path[PATH_SIZE];
    bool asked = true;

    for (size_t i = 0; asked && i < c->nroutes; i++) {
        snprintf(path, sizeof path, "routes[%zu].topic", i);
        const struct topic t = {c->routes[i]->topic, path, true, false, "; correct the name, or create it"};
        asked = check_topic(c, &t, findings, e);
    }
    return asked;
}

bool check_kafka(const struct config *c, struct mistakes *findings, struct mistakes *notes, struct error *e)
{
    const struct topic letters = {c->dead_letter.topic, "dead_letter.topic", false, true, "; create it"},
                       parking = {c->dead_letter.parking_topic, "dead_letter.parking_topic", false, true,
                                  "; create it"},
                       progress = {c->dead_letter.progress_topic, "dead_letter.progress_topic", true, true,
                                   ", and `sfsink dlq replay` needs it; create it, compacted"};

    return kafka_reach(c, TIMEOUT_MS, e) && check_routes(c, findings, e) && check_topic(c, &letters, findings, e) &&
           (!parking.name[0] || check_topic(c, &parking, findings, e)) && check_topic(c, &progress, notes, e);
}
