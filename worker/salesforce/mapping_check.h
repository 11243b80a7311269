/* SPDX-License-Identifier: Apache-2.0 */
/* mapping_check.h: what the org has against the routes: all of it at once.
 *
 *     sfsink.cfg:12: routes[0].fields[2].to: Contact has no field Last_Nmae, or the user may not see it; did you mean LastName?
 *
 * Objects and fields that are not there, in another case or not writable in the route's mode; required ones that no field maps; external ids that are
 * none; types, constants and defaults that do not fit. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_MAPPING_CHECK_H
#define SFSINK_WORKER_SALESFORCE_MAPPING_CHECK_H

#include "config/config.h"
#include "config/mistakes.h"
#include "worker/salesforce/describes.h"

void mapping_check(const struct config *c, const struct describes *d, struct mistakes *findings);

/* A finding about a setting: with the place where it stands. For what Kafka has against it, too. */
void finding_add(struct mistakes *findings, const struct config *c, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The field of the describe that a mapped field is written to: for a parent by external id the parent's field. NULL: there is none. */
const struct describe_field *mapping_target(const struct describes *d, const struct route *route, size_t field);

#endif
