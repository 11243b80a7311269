/* SPDX-License-Identifier: Apache-2.0 */
/* merge.h: two changes of one record become one write.
 *
 * Slot by slot the later change's value wins, and what it does not name stays; where changes carry a version, the
 * higher one wins, in whatever order they came. What is gained: one write for many events. What must hold: the write
 * leaves the record as the changes one by one would. */
#ifndef SFSINK_WORKER_ENGINE_MERGE_H
#define SFSINK_WORKER_ENGINE_MERGE_H

#include "worker/engine/state.h"

/* A turn of this one event. */
struct turn *turn_new(struct entry *entry);
void turn_free(struct engine *e, struct turn *t); /* not its entries */

/* May the event go along in this turn? False where one after the other is not the same as both at once: then it waits
 * its own turn. */
bool turn_takes(const struct turn *t, const struct entry *entry, size_t max_merge);

/* The version of the change that slot i's value came with; of a turn whose record has a version. The slot is not absent. */
int64_t turn_slot_version(const struct turn *t, size_t i);

/* Leaves out the slots that a higher version (given by slot) has written already; how many are left to be written, not counting what names
 * the record, which stays. */
size_t turn_drop_written(struct turn *t, const int64_t *versions);

/* Merges it in. t->op and t->write.bytes may change. */
void turn_fold(struct turn *t, struct entry *entry);

#endif
