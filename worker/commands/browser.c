/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/types.h>

extern char **environ;

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value && value[0];
}

bool browser_open(const char *url)
{
    if (!(is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) || is_set("CI") || is_set("SSH_CONNECTION"))
        return false;

    char *arguments[] = {"xdg-open", (char *)url, NULL};
    posix_spawn_file_actions_t quiet;
    pid_t pid;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    bool opened = posix_spawnp(&pid, "xdg-open", &quiet, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&quiet);
    return opened;
}
