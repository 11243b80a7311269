/* SPDX-License-Identifier: Apache-2.0 */
/* properties.h: kafka.properties, "NAME=VALUE" for librdkafka. Which names exist is for librdkafka to say, when it starts; which of them
 * the worker owns is said here. */
#ifndef SFSINK_CONFIG_PROPERTIES_H
#define SFSINK_CONFIG_PROPERTIES_H

#include "config/config.h"
#include "config/document.h"

/* Reads the list; paths of "NAME_file=PATH" are relative to `dir`. */
void properties_read(const struct node *list, const char *dir, struct mistakes *m, struct property **properties,
                     size_t *n);
void properties_free(struct property *properties, size_t n);

/* True if the value must not be shown. */
bool properties_secret(const char *name);

#endif
