/* SPDX-License-Identifier: Apache-2.0 */
/* dead_letters.h: publishes refused events, and says when the topic has them. The only file with librdkafka's producer calls.
 *
 * A letter is acknowledged when its delivery report says so (acks=all), never earlier. What cannot be delivered is reported as such;
 * trying again is the engine's decision. Only a letter that its topic found too large is tried again here: by itself, because the
 * topic's limit is one of batches, then without its value. One thread; nothing blocks. */
#ifndef SFSINK_WORKER_KAFKA_DEAD_LETTERS_H
#define SFSINK_WORKER_KAFKA_DEAD_LETTERS_H

#include "common/error.h"
#include "worker/travel.h"

struct config;
struct dead_letters;

/* What goes into a letter beside the message itself. All lent for the call. */
struct dead_letter {
    uint64_t id; /* comes back in the report */
    const struct message *message;
    const struct route *route;
    enum operation op;
    struct text key; /* none: unknown */
    const struct failure *failure;
};

struct dead_letters *dead_letters_new(const struct config *config, int wake_fd, struct error *e);
void dead_letters_free(struct dead_letters *d); /* NULL is fine; what has no report yet is given up */

/* Copies what it needs. Always ends in exactly one report. */
void dead_letters_publish(struct dead_letters *d, int64_t wall_ms, const struct dead_letter *letter);

struct dead_letter_report {
    uint64_t id;
    bool ok;
    char why[256]; /* not ok */
};
bool dead_letters_next_report(struct dead_letters *d, struct dead_letter_report *out);

#endif
