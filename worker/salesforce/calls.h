/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h: one way to call Salesforce's REST API: address, headers, and the counts of what came back. One thread. */
#ifndef SFSINK_WORKER_SALESFORCE_CALLS_H
#define SFSINK_WORKER_SALESFORCE_CALLS_H

#include "worker/salesforce/sender.h"
#include "worker/salesforce/session.h"

struct http_client;
struct http_response;
struct calls;

/* What the calls are counted by; "collections" and so on. */
enum resource { RESOURCE_COLLECTIONS, RESOURCE_COMPOSITE, RESOURCE_QUERY, RESOURCE_DESCRIBE, RESOURCE_TOKEN };

struct calls *calls_new(const struct config *config, struct http_client *http, const struct session *session);
void calls_free(struct calls *c); /* NULL is fine */

/* With the session's token, which must be there. body TEXT_NONE: none. route: whose headers go along; NULL: none do. Returns the
 * HTTP client's id. */
uint64_t calls_send(struct calls *c, const char *method, const char *path, struct text body, const struct route *route);

void calls_count(struct calls *c, enum resource resource, const struct http_response *r);
struct sender_counts *calls_counts(struct calls *c);

#endif
