/* SPDX-License-Identifier: Apache-2.0 */
#include "config/files.h"

#include "common/buffer.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_CEILING = 64 << 10 };

char *files_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *files_relative(const char *dir, const char *path)
{
    if (path[0] == '/' || strcmp(dir, ".") == 0)
        return xstrdup(path);
    return xasprintf("%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", path);
}

char *files_absolute(const char *path)
{
    char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *absolute = files_relative(here ? here : ".", strncmp(path, "./", 2) == 0 ? path + 2 : path);
    free(here);
    return absolute;
}

static char *read_all(int fd, const char *path, size_t ceiling, size_t *len, struct error *e)
{
    struct buffer b = BUFFER_INIT(ceiling);
    char part[8192];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) != 0 && !b.full) {
        if (n > 0)
            buffer_add(&b, part, (size_t)n);
        else if (errno != EINTR) {
            error_set(e, STATUS_CONFIGURATION, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
    }
    if (b.full)
        error_set(e, STATUS_CONFIGURATION, "%s: is larger than %zu bytes", path, ceiling);
    if (b.full || n < 0) {
        buffer_release(&b);
        return NULL;
    }
    *len = b.len;
    return buffer_steal(&b);
}

static bool may_be_secret(const struct stat *st, const char *path, struct error *e)
{
    if (!(st->st_mode & (S_IROTH | S_IWOTH | S_IWGRP)))
        return true;
    return error_set(e, STATUS_CONFIGURATION,
                     "%s holds a secret, but is %s (mode %04o); run: chmod 600 %s (for a secret mounted by Kubernetes: "
                     "defaultMode: 0440)",
                     path, st->st_mode & S_IROTH ? "readable by others" : "writable by others than its owner",
                     (unsigned)st->st_mode & 07777, path);
}

static char *read_file(const char *path, bool secret, size_t ceiling, size_t *len, struct error *e)
{
    struct stat st;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) != 0)
        error_set(e, STATUS_CONFIGURATION, "%s: cannot be read: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        error_set(e, STATUS_CONFIGURATION, "%s: is %s, not a file", path,
                  S_ISDIR(st.st_mode) ? "a directory" : "a device");
    else if (!secret || may_be_secret(&st, path, e))
        text = read_all(fd, path, ceiling, len, e);
    if (fd >= 0)
        close(fd);
    return text;
}

char *files_read(const char *path, size_t ceiling, size_t *len, struct error *e)
{
    return read_file(path, false, ceiling, len, e);
}

char *files_read_secret(const char *path, struct error *e)
{
    size_t len;
    char *text = read_file(path, true, SECRET_CEILING, &len, e);

    if (!text)
        return NULL;
    if (len && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len && text[len - 1] == '\r')
        text[--len] = '\0';
    if (len && strlen(text) == len)
        return text;
    error_set(e, STATUS_CONFIGURATION, "%s: %s", path, len ? "holds a NUL byte" : "is empty");
    free(text);
    return NULL;
}
