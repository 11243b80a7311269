/* SPDX-License-Identifier: Apache-2.0 */
/* slots.h: a record while it is being made: each field's JSON text, in place or in scratch.
 *
 *     look ──look_for()──► value ──convert()──► draft      in the message, in the route, or in `scratch` (which moves: by offset)
 *
 * Pure. */
#ifndef SFSINK_WORKER_CHANGE_SLOTS_H
#define SFSINK_WORKER_CHANGE_SLOTS_H

#include "worker/change/lookup.h"

struct draft {
    const char *at; /* in place; NULL: in scratch, or absent */
    size_t offset;  /* in scratch */
    size_t len;
    bool present;
};

struct scratch {
    struct buffer texts; /* of the record being made */
    struct buffer work;  /* of one conversion */
};

/* None where it is absent; `texts`: the bytes that scratch had, there or where they were copied. */
struct text draft_text(const struct draft *d, const char *texts);

/* What scratch has from `offset` on. */
struct draft draft_from(const struct scratch *s, size_t offset);

/* Fills the draft for a field, or sets the problem. `key`: it names the record, so it has to be there. */
bool draft_field(struct look *l, const struct field *f, bool key, struct scratch *s, struct draft *d,
                 struct problem *p);

#endif
