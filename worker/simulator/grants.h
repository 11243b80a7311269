/* SPDX-License-Identifier: Apache-2.0 */
/* grants.h: the ways to a token: authorization code, refresh token, JWT bearer, client credentials. */
#ifndef SFSINK_WORKER_SIMULATOR_GRANTS_H
#define SFSINK_WORKER_SIMULATOR_GRANTS_H

#include "common/text.h"
#include "worker/simulator/apps.h"

struct grant_request {
    struct text form;
    bool login_host;
    char *grant_type, *client_id, *client_secret; /* ours; NULL: not given */
};

struct grant {
    struct approval *approval;
    const char *refresh_token; /* NULL: none in the answer */
};

bool grant_needs_client(const char *grant_type); /* JWT names the client in the assertion */
struct refusal grant_decide(struct world *w, const struct grant_request *q, struct grant *g);

/* Whether a list of words such as a scope has this one. */
bool scope_has(const char *scope, const char *word);

#endif
