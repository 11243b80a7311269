/* SPDX-License-Identifier: Apache-2.0 */
/* describes.h: the describes that a configuration needs: of each route's object, and of each parent that is named by external id. */
#ifndef SFSINK_WORKER_SALESFORCE_DESCRIBES_H
#define SFSINK_WORKER_SALESFORCE_DESCRIBES_H

#include "worker/salesforce/describe.h"

struct config;
struct describes;
struct visit;

/* Asks the org; NULL and an error if it cannot be asked. */
struct describes *describes_fetch(struct visit *v, const struct config *c, struct error *e);
void describes_free(struct describes *d); /* NULL is fine */

const struct describe *describes_of(const struct describes *d,
                                    const char *object);                      /* any case; NULL: the org has none */
const char *describes_nearest(const struct describes *d, const char *object); /* NULL: none; lent */

#endif
