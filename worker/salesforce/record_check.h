/* SPDX-License-Identifier: Apache-2.0 */
/* record_check.h: would the org take this record, as far as its describe can tell? */
#ifndef SFSINK_WORKER_SALESFORCE_RECORD_CHECK_H
#define SFSINK_WORKER_SALESFORCE_RECORD_CHECK_H

#include "worker/salesforce/describes.h"

/* NULL: nothing against it. Else a failure as Salesforce's answer would be, with one refusal for each field; failure_free() it. */
struct failure *record_check(const struct describes *d, const struct record *r);

#endif
