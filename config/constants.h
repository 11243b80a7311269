/* SPDX-License-Identifier: Apache-2.0 */
/* constants.h: `value` and `default`: from the file to JSON text, and back for whoever prints the configuration. Pure. */
#ifndef SFSINK_CONFIG_CONSTANTS_H
#define SFSINK_CONFIG_CONSTANTS_H

#include "common/buffer.h"
#include "common/error.h"
#include "config/document.h"

/* A string, a number or a boolean as JSON text; free() it. NULL for anything else; with an error where the kind is right but not the value. */
char *constants_json(const struct node *n, struct error *e);

/* Such a text in libconfig's syntax. */
void constants_print(struct buffer *out, const char *json);

/* A string in libconfig's syntax, with its quotes, so that reading it gives the same text again. */
void constants_print_string(struct buffer *out, const char *text);

bool constants_is_utf8(const char *text);

#endif
