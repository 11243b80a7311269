/* SPDX-License-Identifier: Apache-2.0 */
/* references.h: parents, given by Id or by a key of theirs. Part of validate(). */
#ifndef SFSINK_WORKER_SIMULATOR_REFERENCES_H
#define SFSINK_WORKER_SIMULATOR_REFERENCES_H

#include "worker/simulator/validate.h"

/* {"Account": {"External_Id__c": "a-1"}}: sets AccountId in the draft's changes, or adds an error. */
void reference_by_key(struct world *w, struct draft *d, const struct field *f, const json_t *parent);
/* An Id in the draft's changes must exist, live, and be of a type that the field may refer to. */
void reference_check(struct world *w, struct draft *d, const struct field *f);

#endif
