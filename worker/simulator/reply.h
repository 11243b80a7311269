/* SPDX-License-Identifier: Apache-2.0 */
/* reply.h: an answer as HTTP, with the headers that Salesforce sends; and how a fault spoils it. */
#ifndef SFSINK_WORKER_SIMULATOR_REPLY_H
#define SFSINK_WORKER_SIMULATOR_REPLY_H

#include "common/http_server.h"
#include "worker/simulator/answer.h"
#include "worker/simulator/world.h"

void reply_from_answer(struct world *w, const struct http_exchange *x, struct answer *a, struct http_reply *reply);

/* Whether the call is carried out although something goes wrong with it. */
bool reply_fault_applies(const json_t *fault);
/* The fault must outlive the reply: its content type is lent. */
void reply_spoil(const json_t *fault, struct http_reply *reply);

void reply_json(struct http_reply *reply, int status, json_t *body, bool pretty); /* takes body */

#endif
