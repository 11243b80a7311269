/* SPDX-License-Identifier: Apache-2.0 */
/* files.h: the files that a configuration names. Results are new strings; free() them. Any thread. */
#ifndef SFSINK_CONFIG_FILES_H
#define SFSINK_CONFIG_FILES_H

#include "common/error.h"

#include <stddef.h>

/* The directory that a path lies in: "/etc/sfsink" of "/etc/sfsink/x.cfg", "." of "x.cfg". */
char *files_directory(const char *path);

/* `path` seen from `dir`; an absolute one stays as it is. */
char *files_relative(const char *dir, const char *path);

/* `path` seen from where the process runs. Links are not followed: Kubernetes swaps them under a mounted file. */
char *files_absolute(const char *path);

/* The content of a regular file of at most `ceiling` bytes, with a NUL behind it that *len does not count; NULL and an error. */
char *files_read(const char *path, size_t ceiling, size_t *len, struct error *e);

/* The same for a secret: not readable by others, not writable by the group; one line break at its end is dropped. */
char *files_read_secret(const char *path, struct error *e);

#endif
