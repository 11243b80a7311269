/* SPDX-License-Identifier: Apache-2.0 */
/* control.h: /control: how tests arrange the simulated org and look into it. The paths are in control_help(). */
#ifndef SFSINK_WORKER_SIMULATOR_CONTROL_H
#define SFSINK_WORKER_SIMULATOR_CONTROL_H

#include "common/http_server.h"
#include "worker/simulator/world.h"

void control_request(struct world *w, const struct http_exchange *x, struct http_reply *reply);

#endif
