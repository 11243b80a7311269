/* SPDX-License-Identifier: Apache-2.0 */
/* oauth.h: the login endpoints under /services/oauth2 other than the consent page (authorize.h). */
#ifndef SFSINK_WORKER_SIMULATOR_OAUTH_H
#define SFSINK_WORKER_SIMULATOR_OAUTH_H

#include "common/http_server.h"
#include "worker/simulator/world.h"

void oauth_token(struct world *w, const struct http_exchange *x, struct http_reply *reply);
void oauth_revoke(struct world *w, const struct http_exchange *x, struct http_reply *reply);
void oauth_introspect(struct world *w, const struct http_exchange *x, struct http_reply *reply);
void oauth_userinfo(struct world *w, const struct http_exchange *x, struct http_reply *reply);

#endif
