/* SPDX-License-Identifier: Apache-2.0 */
/* topics.h: are the topics there, and may we use them? Short-lived clients of their own; each call waits up to timeout_ms. */
#ifndef SFSINK_WORKER_KAFKA_TOPICS_H
#define SFSINK_WORKER_KAFKA_TOPICS_H

#include "common/error.h"

struct config;

/* Can the cluster be reached and does it let us in? Says nothing of any topic. */
bool kafka_reach(const struct config *config, int timeout_ms, struct error *e);

/* Does the topic exist (of a pattern, "^…": does any topic fit it)? False and an error if Kafka cannot be asked, or does not let us
 * know (STATUS_NOT_ALLOWED). */
bool kafka_topic_exists(const struct config *config, const char *topic, int timeout_ms, bool *exists, struct error *e);

/* May it be read, and may the group be used? Reads from the end of the log, takes no message and commits nothing. */
bool kafka_topic_readable(const struct config *config, const char *topic, int timeout_ms, struct error *e);

/* May it be written? Sends a message that no broker takes, since it asks for two acknowledgements, which is none of the three numbers that the protocol
 * knows: a broker looks for the right to write first, and then refuses it. Nothing is written. */
bool kafka_topic_writable(const struct config *config, const char *topic, int timeout_ms, struct error *e);

/* The command that creates a topic, for a person: lent until the next call, one thread. */
const char *kafka_topic_command(const struct config *config, const char *topic);

#endif
