/* SPDX-License-Identifier: Apache-2.0 */
/* The token store with the n-th call to the file system failing, for n = 1, 2, 3 … until nothing fails any more: whatever fails, the file holds the
 * old login or the new one, whole, and a failure is told. The functions below stand in front of the C library's. */
#include "worker/salesforce/token_store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_CALLS = 50 };

static int left; /* calls until the one that fails; 0: none does */

static bool fails(int why)
{
    if (left == 0 || --left > 0)
        return false;
    errno = why;
    return true;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return fails(EMFILE) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t read(int fd, void *to, size_t len)
{
    return fails(EIO) ? -1 : (ssize_t)syscall(SYS_read, fd, to, len);
}

/* One byte less than asked for, too: a disk that fills up. */
ssize_t write(int fd, const void *from, size_t len)
{
    return fails(ENOSPC) ? -1 : (ssize_t)syscall(SYS_write, fd, from, left && len > 1 ? len - 1 : len);
}

int fsync(int fd)
{
    return fails(EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
    return fails(EPERM) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int rename(const char *from, const char *to)
{
    return fails(EACCES) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int flock(int fd, int operation)
{
    return fails(ENOLCK) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

static char folder[] = "/tmp/sfsink-test-XXXXXX", file[64], lock_file[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/token", folder);
    snprintf(lock_file, sizeof lock_file, "%s/token.lock", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file);
    unlink(lock_file);
    return rmdir(folder);
}

static struct tokens login(const char *refresh_token)
{
    struct tokens t = {.refresh_token = strdup(refresh_token)};
    return t;
}

static void store(const char *refresh_token)
{
    struct tokens t = login(refresh_token);
    struct error e = {0};
    assert_true(token_store_write(file, &t, &e));
    tokens_release(&t);
}

/* Reads with nothing failing; the refresh token is one of the two. */
static bool holds(const char *refresh_token)
{
    struct tokens t = {0};
    struct error e = {0};
    left = 0;
    assert_true(token_store_read(file, &t, &e));
    bool same = strcmp(t.refresh_token, refresh_token) == 0;
    tokens_release(&t);
    return same;
}

static void a_write_leaves_the_old_or_the_new(void **state)
{
    bool untouched = false;
    int n;
    (void)state;
    for (n = 1; !untouched; n++) {
        store("old");
        struct tokens t = login("new");
        struct error e = {0};
        left = n;
        bool done = token_store_write(file, &t, &e);
        untouched = left > 0;
        tokens_release(&t);
        assert_int_equal(done, e.status == STATUS_OK);
        assert_true(done ? holds("new") : holds("old") || holds("new")); /* the folder's sync is behind the rename */
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 6);
    assert_true(holds("new"));
}

static void a_read_that_fails_changes_nothing(void **state)
{
    bool untouched = false;
    int n;
    (void)state;
    store("stored");
    for (n = 1; !untouched; n++) {
        struct tokens t = login("before");
        struct error e = {0};
        left = n;
        bool done = token_store_read(file, &t, &e);
        untouched = left > 0;
        left = 0;
        assert_string_equal(t.refresh_token, done ? "stored" : "before");
        assert_int_equal(done, e.text[0] == '\0');
        tokens_release(&t);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > 2);
}

static void a_lock_that_fails_is_no_lock(void **state)
{
    bool untouched = false;
    (void)state;
    for (int n = 1; !untouched; n++) {
        int lock;
        left = n;
        enum token_lock got = token_store_lock(file, &lock);
        untouched = left > 0;
        left = 0;
        assert_int_equal(got, untouched ? TOKEN_LOCKED : TOKEN_LOCK_IMPOSSIBLE);
        assert_int_equal(lock >= 0, untouched);
        token_store_unlock(&lock);
        assert_true(n < MOST_CALLS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_leaves_the_old_or_the_new),
        cmocka_unit_test(a_read_that_fails_changes_nothing),
        cmocka_unit_test(a_lock_that_fails_is_no_lock),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
