/* SPDX-License-Identifier: Apache-2.0 */
/* manual.h: manual pages and shell completion, made from the tables of commands and settings, so that they never lag behind.
 *
 * `make install` puts them in place; packagers call `sfsink help --man`, `help config --man` and `help --completion bash`. */
#ifndef SFSINK_WORKER_COMMANDS_MANUAL_H
#define SFSINK_WORKER_COMMANDS_MANUAL_H

#include <stddef.h>
#include <stdio.h>

struct command;

/* sfsink(1) in man's own macros. */
void manual_commands(FILE *to, const struct command *const *commands, size_t n);

/* sfsink.cfg(5): every setting. */
void manual_settings(FILE *to);

/* For bash; zsh takes it after `autoload bashcompinit && bashcompinit`. Options and subcommands are those that a command's usage and help name. */
void manual_completion(FILE *to, const struct command *const *commands, size_t n);

#endif
