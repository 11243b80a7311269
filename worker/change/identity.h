/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h: a key as Salesforce compares it at the loosest.
 *
 *     " Ab-1 "          ──►  "ab-1"                    blanks off, ASCII case folded
 *     001D000000IRt53   ──►  "001d000000irt53iaj"      an Id of 15 characters with its checksum first: there case counts
 *     42.0              ──►  "42"                      a number without zeros behind the point
 *
 * Too loose costs a moment's waiting, too strict costs the order of two changes. Pure. */
#ifndef SFSINK_WORKER_CHANGE_IDENTITY_H
#define SFSINK_WORKER_CHANGE_IDENTITY_H

#include "common/buffer.h"

#include <stdbool.h>

/* Appends the identity; `is_id`: the key is a Salesforce Id. */
void identity_write(struct text key, bool is_id, struct buffer *out);

#endif
