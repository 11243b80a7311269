/* SPDX-License-Identifier: Apache-2.0 */
/* substitution.h: @{ref.field} in the URL and the body of a composite subrequest. Pure.
 *
 *     @{c0.id}   @{q.records[0].Id}   @{c1[2].id}: the result of an earlier subrequest, by its referenceId */
#ifndef SFSINK_WORKER_SIMULATOR_SUBSTITUTION_H
#define SFSINK_WORKER_SIMULATOR_SUBSTITUTION_H

#include <jansson.h>

/* `answers`: referenceId → the body of its answer. The text with all references replaced, malloc'd; NULL, with the message of
 * PROCESSING_HALTED in `why`, if one leads nowhere. */
char *substitute_text(const char *text, const json_t *answers, char why[512]);
/* The same in every string of a value: a new reference. */
json_t *substitute_json(const json_t *value, const json_t *answers, char why[512]);

#endif
