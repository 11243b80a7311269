/* SPDX-License-Identifier: Apache-2.0 */
/* field_value.h: would Salesforce take this value for this field? By the describe: length, restricted picklist, number and date range, form of an Id.
 *
 * For `check` and `map --org` only: in `run` a stale describe would refuse good records, and Salesforce's own refusal costs nothing. What a describe
 * does not show (validation rules, duplicates) cannot be known here. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_FIELD_VALUE_H
#define SFSINK_WORKER_SALESFORCE_FIELD_VALUE_H

#include "common/buffer.h"
#include "common/json_doc.h"
#include "config/route.h"
#include "worker/salesforce/describe.h"

/* NULL: it fits. Else the code that Salesforce would answer with (a constant), and in `why` what does not fit and what would. */
const char *field_value_check(const struct describe_field *f, const struct json_node *value, struct buffer *why);

/* Can a field of this type take what `as` makes? */
bool field_takes(const struct describe_field *f, enum as as);

/* "string of 80 characters", "number with 16 digits before the point", … appended. */
void field_say_type(const struct describe_field *f, struct buffer *b);

bool field_is_number(const struct describe_field *f);

#endif
