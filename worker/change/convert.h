/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: a value of the event as the JSON text that Salesforce takes for the field.
 *
 *     value, its schema ──by schema──► date, time, decimal ──`as`, `unit`──► "2024-10-04"      or why not
 *
 * What needs no conversion stays where it is (CONVERT_SAME), digit for digit. Pure. */
#ifndef SFSINK_WORKER_CHANGE_CONVERT_H
#define SFSINK_WORKER_CHANGE_CONVERT_H

#include "common/json_doc.h"
#include "config/route.h"
#include "worker/change/problem.h"

enum converted {
    CONVERT_SAME,   /* the value's own text is what to send */
    CONVERT_NEW,    /* a text was appended to `out` */
    CONVERT_NULL,   /* there is nothing left of it (an empty list) */
    CONVERT_REFUSED /* the problem is set, and out may have grown */
};

/* `value` is not null. `work` is scratch, `out` must not hold the value. The schema may be NULL. */
enum converted convert(const struct json_node *value, const struct json_node *schema, enum as as, enum unit unit,
                       struct buffer *work, struct buffer *out, struct problem *p);

#endif
