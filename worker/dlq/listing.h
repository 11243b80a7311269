/* SPDX-License-Identifier: Apache-2.0 */
/* listing.h: `dlq list` and `dlq show`: one line each, or the whole letter. */
#ifndef SFSINK_WORKER_DLQ_LISTING_H
#define SFSINK_WORKER_DLQ_LISTING_H

#include "worker/dlq/catalogue.h"
#include "worker/dlq/options.h"

/* Both print on standard output. False: Kafka could not be read to the end. */
bool listing_list(struct catalogue *c, const struct dlq_options *o, struct error *e);
bool listing_show(struct catalogue *c, const struct dlq_options *o, struct error *e);

/* "customers/0/12" of the letter; a new string. */
char *listing_id(const struct catalogue *c, const struct entry *e);

#endif
