/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/store_lock.h"

#include "common/clock.h"

#include <poll.h>

enum { WAIT_MS = 60000, LOOK_MS = 50 };

bool store_lock(const char *path, int *lock, struct error *e)
{
    int64_t until = clock_ms() + WAIT_MS;
    enum token_lock got;

    while ((got = token_store_lock(path, lock)) == TOKEN_LOCK_BUSY && clock_ms() < until)
        poll(NULL, 0, LOOK_MS);
    if (got == TOKEN_LOCKED)
        return true;
    if (got == TOKEN_LOCK_BUSY)
        return error_set(e, STATUS_UNAVAILABLE, "%s: another process holds its lock and does not finish", path);
    error_set(e, STATUS_CONFIGURATION, "%s: its folder is missing or cannot be written, so no tokens can be stored",
              path);
    return error_hint(e, "make the folder writable for this user, or set salesforce.auth.token_file");
}
