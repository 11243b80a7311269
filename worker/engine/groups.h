/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h: records that share a parent (limits.group) and would lock each other out if they were written by two calls
 * at once.
 *
 * While a write of a group is on its way, the group's other ready turns are in no queue: they are blocked, and come back
 * to the front of their queues with the answer. Without limits.group, and for records without a group, nothing here does
 * anything. */
#ifndef SFSINK_WORKER_ENGINE_GROUPS_H
#define SFSINK_WORKER_ENGINE_GROUPS_H

#include "worker/engine/state.h"

/* A turn becomes ready, or is ready no more. group_enter() is true if it is blocked. */
bool group_enter(struct engine *e, struct turn *t);
void group_leave(struct turn *t);

/* The turn's group may have changed with what it took in, or it ends: forget it. It is not ready. */
void group_forget(struct engine *e, struct turn *t);

/* The writes of a batch go out, or came back. */
void groups_out(struct engine *e, const struct sending *s);
void groups_back(struct engine *e, const struct sending *s);

/* May the batch go: is no write of its groups on its way? */
bool groups_free(const struct sending *s);

#endif
