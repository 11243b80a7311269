/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink dlq`: dead letters: how many, which, why, and back again. */
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/dlq/catalogue.h"
#include "worker/dlq/listing.h"
#include "worker/dlq/options.h"
#include "worker/dlq/replay.h"
#include "worker/dlq/retry_check.h"
#include "worker/dlq/stats.h"

#include <unistd.h>

static int check(struct catalogue *c, const struct dlq_options *o)
{
    struct error e = {0};
    bool found;
    if (!retry_check(c, o, &found, &e))
        return error_print(&e);
    return found ? STATUS_FOUND : STATUS_OK;
}

static int carry_out(struct catalogue *c, const struct dlq_options *o)
{
    struct error e = {0};
    bool good = true;

    switch (o->verb) {
    case DLQ_STATS:
        good = stats_print(c, o, clock_wall_ms(), &e);
        break;
    case DLQ_LIST:
        good = listing_list(c, o, &e);
        break;
    case DLQ_SHOW:
        good = listing_show(c, o, &e);
        break;
    case DLQ_REPLAY:
        return replay_run(c, o);
    case DLQ_RETRY_CHECK:
        return check(c, o);
    }
    return good ? STATUS_OK : error_print(&e);
}

/* Nobody can be asked: then it has to be said beforehand. */
static bool may_ask(const struct dlq_options *o, struct error *e)
{
    if (o->verb != DLQ_REPLAY || o->yes || o->dry_run || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !o->json))
        return true;
    error_set(e, STATUS_USAGE, "dlq replay: asks before it starts, and there is no terminal to ask on");
    return error_hint(e, "--yes goes ahead without asking; --dry-run says what would go");
}

static int run(int argc, char **argv, const char *config_file)
{
    struct dlq_options o;
    struct catalogue c = {0};
    struct error e = {0};
    int status = STATUS_OK;

    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    if (!dlq_options_read(argc, argv, clock_wall_ms(), &o, &e) || !may_ask(&o, &e)) {
        dlq_options_release(&o);
        return error_print(&e);
    }
    struct config *config = configured(config_file, &status);
    if (config) {
        struct terminal show = terminal_of(stderr);
        status = catalogue_read(&c, config, &o.filter, &show, &e) ? carry_out(&c, &o) : error_print(&e);
    }
    catalogue_release(&c);
    config_free(config);
    dlq_options_release(&o);
    return status;
}

const struct command command_dlq = {
    "dlq",
    "stats | list | show | replay | retry-check [filters] [--all] [--limit N] [--json]",
    "dead letters: how many, which, why, and back again",
    "    stats        how many, by route, code, object and age\n"
    "    list         one line each, the newest last\n"
    "    show         the whole letter: its errors, what they mean and what to do, headers, key and value\n"
    "    replay       sends their events back to the topics that they came from\n"
    "    retry-check  how many would pass with the present mapping and the org's describe; sends nothing\n\n"
    "Which letters (all that are given have to fit):\n"
    "    --route R --code C --object O --topic T    T: where the event came from\n"
    "    --key K                                    of the record, or of the message\n"
    "    --since T --until T                        when it failed: 2026-11-23T10:15:30Z, 2026-11-23, or so long ago: "
    "30m, 2h, 3d\n"
    "    --id TOPIC/PARTITION/OFFSET                of the letter or of the event's first arrival; may be repeated\n"
    "    --limit N                                  the newest N; of a replay the oldest\n"
    "    --all      also those that were replayed already; without it only open ones\n"
    "    --json     for programs: one line a letter, or one line in all\n\n"
    "Letters that Kafka Connect (__connect.errors.*) or Spring (kafka_dlt-*) wrote are read, too.\n\n"
    "Of replay:\n"
    "    --dry-run  says what would go where, and sends nothing\n"
    "    --yes      does not ask before it starts; to be given where there is no terminal\n"
    "    --rate N   at the most N events a second\n"
    "    --to T     to this topic instead; workers that read it map each event by the route of the topic where it "
    "first "
    "arrived\n"
    "    --into-compacted       also into compacted topics, where an old event may become the value that stays\n"
    "    --even-if-superseded   also where it may undo a newer change of the same record\n\n"
    "A replay sends key, value and original headers as they were, to the same partition, in the original order of each "
    "record; every\n"
    "reader of the topic sees them. Killed and started again it goes on where it stopped, and sends nothing twice. A "
    "letter that newer\n"
    "events of its record have overtaken stays where it is; where they have overtaken only some of its fields, they "
    "are "
    "sent again\n"
    "behind it. Letters that were replayed dead_letter.max_replays times are left out and named.\n\n"
    "Exit status: 0 done; 1 a letter could not be sent back, or would fail again (retry-check); 64 wrong usage; 69 "
    "Kafka cannot be\n"
    "reached; 77 not allowed; 78 wrong configuration, or no dead-letter topic.\n",
    run,
};
