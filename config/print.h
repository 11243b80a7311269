/* SPDX-License-Identifier: Apache-2.0 */
/* print.h: the effective configuration, in the order of the table, as text that config_load() takes again: config_print(), and one row of it.
 * Secrets are masked. */
#ifndef SFSINK_CONFIG_PRINT_H
#define SFSINK_CONFIG_PRINT_H

#include "common/buffer.h"
#include "config/config.h"
#include "config/settings.h"

/* "linger_ms = 500;", of a row of settings_config. */
void print_setting(struct buffer *out, const struct setting *s, const struct config *c);

#endif
