/* SPDX-License-Identifier: Apache-2.0 */
/* row.h: a record's slots as members of a JSON object. `map` prints and `run` sends what is written here.
 *
 *     slots  "x1" | absent | {"Ext__c":"a"} | null      ──►  "LastName":"x1","Account":{"Ext__c":"a"},"Birthdate":null
 *
 * Absent slots are left out; a parent that is to be cleared goes under its reference field ("AccountId":null). Pure. */
#ifndef SFSINK_WORKER_ROW_H
#define SFSINK_WORKER_ROW_H

#include "common/buffer.h"
#include "worker/travel.h"

/* Appends "Name":value,… for the first n slots of the route, in the order of the mapping, without braces. `first`:
 * nothing stands before them in the object; else each member, the first one too, gets a comma in front. Returns true if
 * the object is still empty. */
bool row_write(struct buffer *b, const struct route *route, const slot *slots, size_t n, bool first);

/* Most bytes that row_write() adds to the slots' own: quotes, names, colons, commas. */
size_t row_overhead(const struct route *route);

#endif
