/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.h: one letter's event on its way back: what is sent for it, and what Kafka said. */
#ifndef SFSINK_WORKER_DLQ_OUTGOING_H
#define SFSINK_WORKER_DLQ_OUTGOING_H

#include "worker/dlq/plan.h"
#include "worker/kafka/replay_producer.h"

struct outgoing {
    size_t entry; /* in the catalogue */
    struct message *event;
    struct message **repeats;
    size_t nrepeats;
    int32_t partition;
    struct replay_report *reports; /* of the event, the mark, each repeat */
};

/* Reads the letter. Where it cannot go, the plan's verdict says so. False: Kafka did not answer. */
bool outgoing_load(struct outgoing *o, struct plan *p, struct log_reader *letters, struct error *e);

/* Reads what its watch wants behind it, where that has become more. */
bool outgoing_load_repeats(struct outgoing *o, struct plan *p, struct error *e);

void outgoing_send(struct outgoing *o, const struct plan *p, struct replay_producer *producer);

/* The first report that tells of a failure; NULL: there is none. */
const struct replay_report *outgoing_failure(const struct outgoing *o);

void outgoing_release(struct outgoing *o);

#endif
