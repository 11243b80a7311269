/* SPDX-License-Identifier: Apache-2.0 */
/* write.h: one record created, updated, upserted or deleted: what the collections, the single-record resources and through them the
 * composite resource share. Each fills a result that the caller has initialised; nothing is stored when it has errors. What was
 * written can be undone by store_rollback() until the call ends. */
#ifndef SFSINK_WORKER_SIMULATOR_WRITE_H
#define SFSINK_WORKER_SIMULATOR_WRITE_H

#include "worker/simulator/validate.h"

void write_create(struct world *w, const struct call *c, struct object *o, const json_t *given, struct result *r);
/* id as it was given, of 15 or 18 characters; NULL: none was. */
void write_update(struct world *w, const struct call *c, const struct object *o, const char *id, const json_t *given,
                  struct result *r);
/* By a key field and its value. matches: how many records have it; the first two in found. */
void write_upsert(struct world *w, const struct call *c, struct object *o, const struct field *key, const char *value,
                  const json_t *given, bool update_only, struct result *r);
void write_delete(struct world *w, const char *id, const struct object *o, struct result *r); /* o NULL: any */

/* The id of a field by which one may upsert: external id, id lookup or Id itself. NULL: it is none. */
const struct field *write_key_field(const struct object *o, const char *name);

#endif
