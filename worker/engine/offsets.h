/* SPDX-License-Identifier: Apache-2.0 */
/* offsets.h: up to where a partition may be committed.
 *
 * Events finish in any order, Kafka wants one number. Each event taken gets a place here; the commit point moves over
 * the finished ones at the low end and never over one that is not.
 *
 *     taken     40 41 42 47        finish(42), finish(40)   commit point 41
 *     finished   x     x           finish(41)               commit point 47
 *
 * Offsets rise but need not be neighbours: compaction and aborted transactions leave holes.
 * Pure. Owner: the engine, one for each assigned partition. Memory: 16 bytes a place, from the lowest unfinished one
 * on. */
#ifndef SFSINK_WORKER_ENGINE_OFFSETS_H
#define SFSINK_WORKER_ENGINE_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offsets;

struct offsets *offsets_new(void);                        /* never NULL */
void offsets_free(struct offsets *o);                     /* NULL is fine */
uint64_t offsets_take(struct offsets *o, int64_t offset); /* offset > every one taken before; its place, for finish */
void offsets_finish(struct offsets *o, uint64_t place);   /* once for each place, in any order */

/* Its event is on its way to the dead-letter topic: if that does not get there it will be tried again, and then a later
 * change of the same record must come again too. So nothing above it counts as a run until it is finished. */
void offsets_doubt(struct offsets *o, uint64_t place);

bool offsets_doubtful(const struct offsets *o); /* is there one? */

/* The next run of finished neighbours from `place` on (0 at first, moved on), `to` not included; false: no more. */
bool offsets_next_run(const struct offsets *o, uint64_t *place, int64_t *from, int64_t *to);

int64_t
offsets_commit_point(const struct offsets *o); /* the next offset to read after a restart; -1: nothing to commit */
size_t offsets_held(const struct offsets *o);  /* places from the lowest unfinished one on */
int64_t offsets_last(const struct offsets *o); /* the last one taken; -1: none */

#endif
