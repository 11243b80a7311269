/* SPDX-License-Identifier: Apache-2.0 */
/* sample_org.h: a configuration, a route and batches to try salesforce/ with. Two fields: External_Id__c (the key) and LastName. */
#ifndef SFSINK_TESTS_SAMPLE_ORG_H
#define SFSINK_TESTS_SAMPLE_ORG_H

#include "config/config.h"
#include "config/route.h"
#include "worker/travel.h"

/* client_credentials against https://acme.my.salesforce.com; max_records 3; one route, an upsert of Contact by External_Id__c. Shared and writable;
 * sample_config() puts everything back. */
struct config *sample_config(void);
struct route *sample_route(void);

/* n writes of one operation with keys k0, k1, …: "External_Id__c":"k0","LastName":"name 0". */
struct batch *sample_batch(uint64_t id, enum operation op, size_t n);
void sample_set_key(struct batch *b, size_t i, const char *key);
void sample_set_name(struct batch *b, size_t i, const char *json); /* LastName's text */
void sample_set_external_id(struct batch *b, size_t i, const char *json);
struct write *sample_write(struct batch *b, size_t i);
void sample_batch_free(struct batch *b);

extern const char SAMPLE_TOKEN[]; /* a token endpoint's answer: token t1 */

#endif
