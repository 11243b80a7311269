/* SPDX-License-Identifier: Apache-2.0 */
/* record_ids.h: Salesforce's ids: 15 characters, the first three the object's prefix, and three more that are made from the case of
 * the fifteen. Pure. */
#ifndef SFSINK_WORKER_SIMULATOR_RECORD_IDS_H
#define SFSINK_WORKER_SIMULATOR_RECORD_IDS_H

#include <stdbool.h>
#include <stdint.h>

enum { RECORD_ID_SIZE = 19 };

void record_id_make(const char prefix[4], uint64_t number, char id[RECORD_ID_SIZE]);

/* The 18-character form of an id of 15 or 18 characters; false: it is no id. */
bool record_id_read(const char *text, char id[RECORD_ID_SIZE]);

#endif
