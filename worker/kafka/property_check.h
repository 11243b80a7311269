/* SPDX-License-Identifier: Apache-2.0 */
/* property_check.h: would librdkafka take what the user set? Touches no network. */
#ifndef SFSINK_WORKER_KAFKA_PROPERTY_CHECK_H
#define SFSINK_WORKER_KAFKA_PROPERTY_CHECK_H

#include "common/error.h"

#include <stddef.h>

struct config;

/* False and an error that names it if kafka.properties[i] is unknown, has a value that cannot be, or belongs to the worker. */
bool kafka_property_usable(const struct config *config, size_t i, struct error *e);

#endif
