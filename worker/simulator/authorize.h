/* SPDX-License-Identifier: Apache-2.0 */
/* authorize.h: /services/oauth2/authorize: a page that asks whether the app may, and the way back to the app with a code. */
#ifndef SFSINK_WORKER_SIMULATOR_AUTHORIZE_H
#define SFSINK_WORKER_SIMULATOR_AUTHORIZE_H

#include "common/http_server.h"
#include "worker/simulator/world.h"

void authorize_page(struct world *w, const struct http_exchange *x, struct http_reply *reply); /* GET */
void authorize_decision(struct world *w, const struct http_exchange *x,
                        struct http_reply *reply); /* POST of the page's form */

#endif
