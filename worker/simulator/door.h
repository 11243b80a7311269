/* SPDX-License-Identifier: Apache-2.0 */
/* door.h: /services/data as HTTP: who is asking, is there an allowance, what goes wrong on purpose; and the answer as bytes. */
#ifndef SFSINK_WORKER_SIMULATOR_DOOR_H
#define SFSINK_WORKER_SIMULATOR_DOOR_H

#include "common/http_server.h"
#include "worker/simulator/world.h"

enum { LARGEST_BODY = 50 << 20 };

void door_api(struct world *w, const struct http_exchange *x, struct http_reply *reply);
/* The server's `completed`: the call is over. */
void door_completed(struct world *w, void *state);

/* Whether the request came to the host name that acts as login.salesforce.com. */
bool door_is_login_host(const struct world *w, const struct http_exchange *x);

/* For the journal: any request, by its path without the query. */
void door_note(struct world *w, const struct http_exchange *x, const char *path, int status, json_t *more);

#endif
