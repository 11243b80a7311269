/* SPDX-License-Identifier: Apache-2.0 */
/* usable.h: what only the libraries can say about a configuration, before anything is started: a Kafka property that librdkafka does
 * not know, a key that is none, a file of certificates that cannot be read. Touches no network. */
#ifndef SFSINK_WORKER_COMMANDS_USABLE_H
#define SFSINK_WORKER_COMMANDS_USABLE_H

#include "config/mistakes.h"

struct config;

void usable_check(const struct config *c, struct mistakes *m);

#endif
