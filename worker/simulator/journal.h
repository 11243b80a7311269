/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h: what was asked of the org and what became of it, call by call; the tests' witness.
 *
 * An entry is an object: n (rises by one), time, method, path (with the query, without secrets), status, ms (how long it took to carry
 * out), fault (id, where one was met), records: [{operation, object, key, id, success, created, codes, order, values}]. `order` rises by
 * one with each record, over all calls: the order in which they were applied. Kept as text; the oldest calls go when the records are
 * more than allowed. Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_JOURNAL_H
#define SFSINK_WORKER_SIMULATOR_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *j);
void journal_clear(struct journal *j);

uint64_t journal_next_order(struct journal *j);
/* Gives the entry its number and keeps it. `most_records`: of all entries together. */
void journal_add(struct journal *j, json_t *entry, int64_t most_records);

/* {"entries": […], "next": n, "dropped": how many are gone}, as text, malloc'd: entries after number `after`, at most `limit`. */
char *journal_page(const struct journal *j, uint64_t after, uint64_t limit);

#endif
