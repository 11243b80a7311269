/* SPDX-License-Identifier: Apache-2.0 */
/* cursors.h: the rows of a query that are still to be fetched, by the locator in nextRecordsUrl. At most ten are open, as in Salesforce: an
 * eleventh closes the oldest. Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_CURSORS_H
#define SFSINK_WORKER_SIMULATOR_CURSORS_H

#include "worker/simulator/record_ids.h"

#include <jansson.h>

struct cursors;

struct cursors *cursors_new(void);
void cursors_free(struct cursors *c);
void cursors_clear(struct cursors *c);

/* Keeps all rows of an answer (takes them) until `until_ms`; its locator in id. */
void cursors_open(struct cursors *c, json_t *rows, int64_t until_ms, char id[RECORD_ID_SIZE]);
/* Lent until the next cursors_open(); NULL: unknown or expired. */
const json_t *cursors_rows(const struct cursors *c, const char *id, int64_t now_ms);

#endif
