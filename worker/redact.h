/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h: Salesforce quotes what it refuses; a log must not.
 *
 * "bad value for restricted picklist field: Purple" becomes "bad value for restricted picklist field: ***". Pure. */
#ifndef SFSINK_WORKER_REDACT_H
#define SFSINK_WORKER_REDACT_H

#include "worker/travel.h"

/* `message` without the values of the record and without its key; a new string. Letters are compared without case. A
 * value of one or two characters is only taken out where it stands alone. */
char *redact(const char *message, const struct record *record);

/* The same for what is said of a request as a whole, which may quote any of its records. */
char *redact_batch(const char *message, const struct batch *b);

#endif
