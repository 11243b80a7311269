/* SPDX-License-Identifier: Apache-2.0 */
/* configured.h: the configuration for a command, or why there is none, said on standard error. */
#ifndef SFSINK_WORKER_COMMANDS_CONFIGURED_H
#define SFSINK_WORKER_COMMANDS_CONFIGURED_H

struct config;

/* `given`: -c FILE, or NULL. NULL: everything is said, and *status is the exit status. config_free() it. */
struct config *configured(const char *given, int *status);

/* The same for commands that need routes. */
struct config *configured_to_run(const char *given, int *status);

#endif
