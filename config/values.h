/* SPDX-License-Identifier: Apache-2.0 */
/* values.h: from a group of the file to a struct, by a table of settings.h: defaults, types, ranges, unknown names.
 *
 * Every mistake is collected, and the member keeps its default. The struct must be zeroed before. */
#ifndef SFSINK_CONFIG_VALUES_H
#define SFSINK_CONFIG_VALUES_H

#include "config/document.h"
#include "config/settings.h"

struct reading {
    struct mistakes *mistakes;
    const char *dir; /* of the configuration file: paths are relative to it */
};

/* `group` NULL: all defaults. SET_GROUP and SET_LIST rows are checked for their kind only: their owner reads them. */
void values_read(const struct reading *r, const struct table *t, const struct node *group, void *into);

/* Frees what a table's rows own in the struct. */
void values_release(const struct table *t, void *into);

/* What a row allows, in words: "a whole number from 0 to 60000"; free() it. */
char *values_allowed(const struct setting *s);

#endif
