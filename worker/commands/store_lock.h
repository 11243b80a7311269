/* SPDX-License-Identifier: Apache-2.0 */
/* store_lock.h: the token file's lock for commands that write or remove it. */
#ifndef SFSINK_WORKER_COMMANDS_STORE_LOCK_H
#define SFSINK_WORKER_COMMANDS_STORE_LOCK_H

#include "common/error.h"
#include "worker/salesforce/token_store.h"

/* Waits for a worker that is renewing the tokens just now, a minute at the most. False and an error: the place is read-only, or the other does not
 * finish. token_store_unlock() it. */
bool store_lock(const char *path, int *lock, struct error *e);

#endif
