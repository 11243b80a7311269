/* SPDX-License-Identifier: Apache-2.0 */
/* entries.h: partitions and the events held of them; the books are kept here.
 *
 * Every event ends in exactly one of entry_finish() (its offset may be committed) and entry_return() (it may not:
 * another owner gets it). */
#ifndef SFSINK_WORKER_ENGINE_ENTRIES_H
#define SFSINK_WORKER_ENGINE_ENTRIES_H

#include "worker/engine/state.h"

struct part *part_find(const struct engine *e, uint64_t lease);
void part_free_all(struct engine *e);
/* A write of it fails alone. Only another's success tells that from an outage: if the partition is parked because of it,
 * a few more events are let in, so that there is another. */
void part_let_in(struct engine *e, struct part *part);

void parts_check(struct engine *e, size_t route); /* a route was halted or goes on: which of its partitions to park */

/* The partition of a message that may be taken: assigned, its offset not seen before, not finished before by the word of
 * the commit. Else counts it as dropped or restored and gives NULL. */
struct part *entry_admit(struct engine *e, const struct message *m);

/* Takes the message and the record (NULL: none) of an admitted event. */
struct entry *entry_new(struct engine *e, int64_t now, struct part *part, size_t route, struct message *m,
                        struct record *r);

/* A place in the offsets for an event that is settled the moment it comes. */
void entry_skip(struct engine *e, struct part *part, size_t route, int64_t offset);

/* Both free the entry with its message and record. */
void entry_finish(struct engine *e, struct entry *entry, enum disposition d);
void entry_return(struct engine *e, struct entry *entry);

#endif
