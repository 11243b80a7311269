/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/token_store.h"

#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_OWNER = 0600, FILE_MAX = 65536, MEMBERS = 6 };

static const char *const names[MEMBERS] = {"access_token", "refresh_token", "instance_url", "id", "scope", "issued_at"};

static const size_t places[MEMBERS] = {offsetof(struct tokens, access_token), offsetof(struct tokens, refresh_token),
                                       offsetof(struct tokens, instance_url), offsetof(struct tokens, id),
                                       offsetof(struct tokens, scope),        offsetof(struct tokens, issued_at)};

static char **member(struct tokens *t, size_t i)
{
    return (char **)(void *)((char *)t + places[i]);
}

static const char *member_text(const struct tokens *t, size_t i)
{
    const char *s = *(char *const *)(const void *)((const char *)t + places[i]);

    return s ? s : "";
}

/* free(), after the bytes were overwritten: a token stays nowhere longer than it is needed. */
static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

void tokens_release(struct tokens *t)
{
    for (size_t i = 0; i < MEMBERS; i++)
        forget(member(t, i));
}

void tokens_copy(struct tokens *to, const struct tokens *from)
{
    struct tokens copy = {0};

    for (size_t i = 0; i < MEMBERS; i++)
        *member(&copy, i) = xstrdup(member_text(from, i));
    tokens_release(to);
    *to = copy;
}

/* "https://login.salesforce.com/id/00D…/005…" has both. */
bool tokens_owner(const struct tokens *t, char org[TOKEN_ID_SIZE], char user[TOKEN_ID_SIZE])
{
    const char *ids = t->id ? strstr(t->id, "/id/") : NULL;
    char end;

    org[0] = user[0] = '\0';
    return ids && sscanf(ids, "/id/%18[A-Za-z0-9]/%18[A-Za-z0-9]%c", org, user, &end) == 2;
}

bool token_store_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- read ---- */

static int open_checked(const char *path, struct error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        error_set(e, STATUS_NOT_ALLOWED, "%s: there is no stored login", path);
        error_hint(e, "run `sfsink login` with the same configuration");
        return -1;
    }
    if (fd < 0 || fstat(fd, &st) != 0) {
        error_set(e, STATUS_CONFIGURATION, "%s: cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        error_set(e, STATUS_CONFIGURATION, "%s: is not a file", path);
    } else if (st.st_mode & (S_IRWXO | S_IWGRP)) {
        error_set(e, STATUS_CONFIGURATION, "%s: holds tokens, and %s", path,
                  st.st_mode & S_IRWXO ? "others may use it" : "its group may write it");
        error_hint(e, "run: chmod 600 %s", path);
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static json_t *load(int fd)
{
    char *bytes = xmalloc(FILE_MAX);
    size_t len = 0;
    ssize_t got;

    while (len < FILE_MAX && (got = read(fd, bytes + len, FILE_MAX - len)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    explicit_bzero(bytes, FILE_MAX);
    free(bytes);
    return root;
}

/* issued_at is a text on the wire; by hand it may be a number. */
static char *read_member(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);

    if (json_is_integer(value))
        return xasprintf("%lld", (long long)json_integer_value(value));
    const char *s = json_string_value(value);
    return xstrdup(s ? s : "");
}

bool token_store_read(const char *path, struct tokens *out, struct error *e)
{
    int fd = open_checked(path, e);
    if (fd < 0)
        return false;

    json_t *root = load(fd);
    close(fd);
    struct tokens t;
    for (size_t i = 0; i < MEMBERS; i++)
        *member(&t, i) = read_member(root, names[i]);
    bool usable = json_is_object(root) && (t.refresh_token[0] || t.access_token[0]);
    json_decref(root);
    if (usable) {
        tokens_release(out);
        *out = t;
        return true;
    }
    tokens_release(&t);
    error_set(e, STATUS_CONFIGURATION, "%s: is no token file: a JSON object with \"refresh_token\" is needed", path);
    return error_hint(e, "run `sfsink login`, which writes it");
}

/* ---- write ---- */

/* What is replaced is the file itself, not a symbolic link that leads to it. */
static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : xstrdup(path);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE_OWNER);
    if (fd < 0)
        return false;
    bool done = fchmod(fd, MODE_OWNER) == 0 && write_all(fd, text, strlen(text)) && fsync(fd) == 0;
    int why = errno;
    done = close(fd) == 0 && done;
    if (!done) {
        unlink(path);
        errno = why;
    }
    return done;
}

static bool sync_folder(const char *path)
{
    char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    int why = errno;

    if (fd >= 0)
        close(fd);
    free(copy);
    errno = why;
    return done;
}

static char *encode(const struct tokens *t)
{
    json_t *root = json_object();

    for (size_t i = 0; i < MEMBERS; i++)
        if (member_text(t, i)[0])
            json_object_set_new(root, names[i], json_string(member_text(t, i)));
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!text)
        bug("tokens that are no JSON");
    return text;
}

bool token_store_write(const char *path, const struct tokens *t, struct error *e)
{
    char *real = real_path(path), *fresh = xasprintf("%s.new", real), *text = encode(t);
    bool done = write_file(fresh, text) && rename(fresh, real) == 0 && sync_folder(real);
    int why = errno;

    forget(&text);
    free(real);
    free(fresh);
    if (done)
        return true;
    error_set(e, STATUS_CONFIGURATION, "%s: the tokens cannot be stored: %s", path, strerror(why));
    return error_hint(e, "the folder must be writable and have room");
}

bool token_store_remove(const char *path, struct error *e)
{
    char *real = real_path(path);
    bool done = unlink(real) == 0 || errno == ENOENT;
    int why = errno;

    free(real);
    return done || error_set(e, STATUS_CONFIGURATION, "%s: cannot be removed: %s", path, strerror(why));
}

/* ---- lock ---- */

enum token_lock token_store_lock(const char *path, int *lock)
{
    char *real = real_path(path), *beside = xasprintf("%s.lock", real);
    int fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE_OWNER);

    free(real);
    free(beside);
    *lock = -1;
    if (fd < 0)
        return TOKEN_LOCK_IMPOSSIBLE;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *lock = fd;
        return TOKEN_LOCKED;
    }
    bool busy = errno == EWOULDBLOCK || errno == EINTR;
    close(fd);
    return busy ? TOKEN_LOCK_BUSY : TOKEN_LOCK_IMPOSSIBLE;
}

void token_store_unlock(int *lock)
{
    if (*lock >= 0)
        close(*lock);
    *lock = -1;
}
