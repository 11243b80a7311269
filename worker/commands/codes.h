/* SPDX-License-Identifier: Apache-2.0 */
/* codes.h: every error code and what to do, printed from the tables that the worker itself decides by. */
#ifndef SFSINK_WORKER_COMMANDS_CODES_H
#define SFSINK_WORKER_COMMANDS_CODES_H

#include <stdbool.h>

/* deploy/ERRORS.md; a new string. */
char *codes_markdown(void);

/* For people; `code` (any case): only this one, NULL: all. A new string, "" if there is no such code. */
char *codes_help(const char *code);

#endif
