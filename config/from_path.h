/* SPDX-License-Identifier: Apache-2.0 */
/* from_path.h: what `from` says: where in the event a value comes from.
 *
 *     a.b.c   a["b.c"]   @key   @key.id   @source.lsn   @header.NAME   @topic …
 *
 * Pure. */
#ifndef SFSINK_CONFIG_FROM_PATH_H
#define SFSINK_CONFIG_FROM_PATH_H

#include "common/error.h"
#include "config/route.h"

/* Fills source and path; false and an error if the text is no such path. Give the path to from_path_release() in any case. */
bool from_path_parse(const char *text, enum source *source, struct path *path, struct error *e);
void from_path_release(struct path *path);

#endif
