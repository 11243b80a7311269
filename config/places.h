/* SPDX-License-Identifier: Apache-2.0 */
/* places.h: where each setting stands, kept when the document is gone: for what the org or Kafka has against it. Read-only once made. */
#ifndef SFSINK_CONFIG_PLACES_H
#define SFSINK_CONFIG_PLACES_H

#include "config/document.h"

struct places;

struct places *places_new(const struct node *root); /* copies */
void places_free(struct places *p);                 /* NULL is fine */

/* The file (lent) and the line of the setting with this path, or of the nearest group around it; else `otherwise` and line 0. */
const char *places_find(const struct places *p, const char *path, const char *otherwise, int *line);

#endif
