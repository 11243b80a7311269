/* SPDX-License-Identifier: Apache-2.0 */
/* validate.h: from a record as it was sent to the fields as they are stored, with all that is wrong with it. */
#ifndef SFSINK_WORKER_SIMULATOR_VALIDATE_H
#define SFSINK_WORKER_SIMULATOR_VALIDATE_H

#include "worker/simulator/call.h"
#include "worker/simulator/results.h"
#include "worker/simulator/world.h"

/* One record on its way in. */
struct draft {
    const struct call *call;
    const struct object *object;
    const json_t *given;     /* the record as sent */
    struct record *stored;   /* NULL: it is to be created */
    const struct field *key; /* of an upsert: already looked at; NULL */
    json_t *changes;         /* ours: canonical names, stored values */
    struct result *result;   /* takes the errors */
};

/* Fills changes and the errors. Nothing is stored. */
void validate(struct world *w, struct draft *d);

/* CampaignMember's own rules; part of validate(). */
void validate_campaign_member(struct world *w, struct draft *d);

/* Whether a value's JSON type does not fit its field: what fails a whole request in one mode. NULL: none; else the complaint, malloc'd. */
char *validate_types(const struct object *o, const json_t *given);

#endif
