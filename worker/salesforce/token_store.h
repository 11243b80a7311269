/* SPDX-License-Identifier: Apache-2.0 */
/* token_store.h: the file that holds a login, shared by every worker and command that uses it.
 *
 *     {"access_token": "00D…!AQ…", "refresh_token": "5Aep861…", "instance_url": "https://acme.my.salesforce.com",
 *      "id": "https://login.salesforce.com/id/00D…/005…", "scope": "api refresh_token", "issued_at": "1728478012123"}
 *
 * Written by hand, "refresh_token" is enough (with "instance_url", unless the configuration or the first refresh gives it). Mode 0600;
 * one that others can read, or that the group can write, is refused. Replaced whole: a new file beside it, synced, renamed over
 * it, the folder synced; a kill at any instruction leaves the old or the new one.
 *
 * Who replaces it holds the lock, PATH.lock (flock: it goes with its process), from before the refresh until the new tokens are on
 * disk, and reads the file again once it has the lock: so no refresh token is ever used twice, which Salesforce would
 * punish by ending the login. A file in a read-only place (a Kubernetes Secret) has no lock and is used as it is. */
#ifndef SFSINK_WORKER_SALESFORCE_TOKEN_STORE_H
#define SFSINK_WORKER_SALESFORCE_TOKEN_STORE_H

#include "common/error.h"

#include <stdbool.h>

/* Strings are never NULL once read; "" for what is not there. */
struct tokens {
    char *access_token, *refresh_token, *instance_url, *id, *scope, *issued_at;
};
void tokens_release(struct tokens *t);
void tokens_copy(struct tokens *to, const struct tokens *from); /* releases what `to` held */

/* The Ids of the organization and the user that "id" names. False: it names none. */
enum { TOKEN_ID_SIZE = 19 };
bool tokens_owner(const struct tokens *t, char org[TOKEN_ID_SIZE], char user[TOKEN_ID_SIZE]);

bool token_store_exists(const char *path);

/* False and an error: no such file (STATUS_NOT_ALLOWED), wrong mode or no JSON of this form (STATUS_CONFIGURATION). */
bool token_store_read(const char *path, struct tokens *out, struct error *e);

/* Durable when it returns true. Hold the lock. */
bool token_store_write(const char *path, const struct tokens *t, struct error *e);
bool token_store_remove(const char *path, struct error *e); /* true if there is none, too */

/* Never waits. */
enum token_lock { TOKEN_LOCKED, TOKEN_LOCK_BUSY, TOKEN_LOCK_IMPOSSIBLE /* read-only place */ };
enum token_lock token_store_lock(const char *path, int *lock); /* *lock: a descriptor, or -1 */
void token_store_unlock(int *lock);                            /* -1 is fine; leaves -1 */

#endif
