/* SPDX-License-Identifier: Apache-2.0 */
/* demo_compare.h: is Salesforce as the source is? Record by record, field by field. Pure. */
#ifndef SFSINK_WORKER_COMMANDS_DEMO_COMPARE_H
#define SFSINK_WORKER_COMMANDS_DEMO_COMPARE_H

#include "worker/commands/demo_source.h"

enum { DEMO_DIFFERENCES = 10 }; /* as many are put into words */

struct demo_comparison {
    size_t wanted, stored, wrong; /* records */
    json_t *differences;          /* the caller's array; sentences are added to it */
};

/* records: what Salesforce has of the table's object, an array of objects. */
void demo_compare(struct demo_comparison *c, const struct demo_source *source, enum demo_table table,
                  const json_t *records);

#endif
