/* SPDX-License-Identifier: Apache-2.0 */
/* check_kafka.h: what Kafka has against the configuration: topics that are missing, or that may not be read or written. */
#ifndef SFSINK_WORKER_COMMANDS_CHECK_KAFKA_H
#define SFSINK_WORKER_COMMANDS_CHECK_KAFKA_H

#include "config/config.h"
#include "config/mistakes.h"

/* Adds findings, and notes of what is no mistake yet. False and an error (69, 77) if Kafka cannot be asked. */
bool check_kafka(const struct config *c, struct mistakes *findings, struct mistakes *notes, struct error *e);

#endif
