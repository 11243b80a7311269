/* SPDX-License-Identifier: Apache-2.0 */
/* record_ids.h: the Ids of records that are known by their external id, as far as they are remembered.
 *
 *     (object, field, value) ──► Id
 *
 * Bounded: beyond `max` the one that was put first is forgotten. An Id can be wrong by the time it is used. Where the record was deleted, or
 * made again, Salesforce says so, and the entry is dropped; where the value was given to another record it does not, so each is forgotten
 * after RECORD_IDS_MS. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_RECORD_IDS_H
#define SFSINK_WORKER_SALESFORCE_RECORD_IDS_H

#include "worker/salesforce/request.h"

enum { RECORD_IDS_MS = 10 * 60 * 1000 };

struct record_ids;

struct record_ids *record_ids_new(size_t max);
void record_ids_free(struct record_ids *ids); /* NULL is fine */

/* Of the route's object and external id field. */
bool record_ids_get(const struct record_ids *ids, int64_t now, const struct route *route, struct text key,
                    char id[ID_SIZE]);
void record_ids_put(struct record_ids *ids, int64_t now, const struct route *route, struct text key, const char *id);
void record_ids_drop(struct record_ids *ids, const struct route *route, struct text key);

#endif
