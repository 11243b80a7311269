/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: which letters a replay sends back, and why it leaves the others out.
 *
 *     the letters that are meant ──► has it a place to go to? ──► its value? ──► has a newer change overtaken it? ──► goes
 *
 * Reads the letters once and the later events of their topics once; sends nothing. */
#ifndef SFSINK_WORKER_DLQ_PLAN_H
#define SFSINK_WORKER_DLQ_PLAN_H

#include "worker/dlq/catalogue.h"
#include "worker/dlq/options.h"
#include "worker/dlq/scan.h"
#include "worker/dlq/targets.h"

enum verdict {
    NOT_MEANT, /* does not fit, is not open, beyond --limit */
    GOES,
    SENT,
    OUT_LIMIT,      /* replayed max_replays times */
    OUT_SUPERSEDED, /* all it would write was written later */
    OUT_STUCK,      /* some of it was, and what is newer cannot be sent again behind it */
    OUT_NOWHERE,    /* nobody knows where it came from */
    OUT_NO_TOPIC,
    OUT_COMPACTED,
    OUT_GONE,    /* it was too large for the letter to be whole, and is not at its source any more */
    OUT_CHANGED, /* what is there is not it */
    OUT_LOST,    /* the letter itself is gone */
    OUT_REFUSED  /* Kafka does not take it */
};

const char *verdict_why(enum verdict v);  /* for a person */
const char *verdict_name(enum verdict v); /* for --json */
bool verdict_is_trouble(enum verdict v);  /* one that makes the replay end with status 1 */

struct plan {
    struct catalogue *catalogue; /* lent */
    const struct dlq_options *options;
    struct targets targets;
    struct mapper *mapper;
    struct overtaken *overtaken;
    struct scan scan;
    struct log_reader *sources; /* single events of the origin topics */
    unsigned char *verdicts;    /* enum verdict of each entry */
    struct watch **watches;     /* of each entry, NULL: not watched */
};

bool plan_make(struct plan *p, struct catalogue *c, const struct dlq_options *o, const struct terminal *show,
               struct error *e);
void plan_release(struct plan *p);

/* Takes over what the watch of one entry has found since. */
void plan_judge(struct plan *p, size_t entry);

/* After the progress was read again: what another replay has sent does not go. */
void plan_drop_replayed(struct plan *p);

uint64_t plan_count(const struct plan *p, enum verdict v);

/* The topic that the entry's event goes to; NULL: unknown. */
const char *plan_topic(const struct plan *p, const struct entry *e);

#endif
