/* SPDX-License-Identifier: Apache-2.0 */
/* problems.h (P): what is wrong with Kafka now, in words, and when it is over.
 *
 * librdkafka tells of troubles, never of their end. So each kind has its own end: with brokers and group all is well again with the first
 * commit or assignment, or when nothing was heard of the trouble for a while; with a topic when a look at the metadata finds it. */
#ifndef SFSINK_WORKER_KAFKA_PROBLEMS_H
#define SFSINK_WORKER_KAFKA_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum problem { PROBLEM_BROKERS, PROBLEM_GROUP, PROBLEM_TOPIC, PROBLEMS };

struct problems {
    char why[PROBLEMS][512]; /* "": none */
    int64_t at[PROBLEMS];
    bool changed; /* since problems_changed() */
};

void problems_set(struct problems *p, enum problem which, int64_t now, const char *why);
void problems_end(struct problems *p, enum problem which);
void problems_age(struct problems *p, int64_t now); /* ends those that were only heard of long ago */

/* True once after a change: `why` (size bytes) is the worst that is left; "": none. */
bool problems_changed(struct problems *p, char *why, size_t size);

#endif
