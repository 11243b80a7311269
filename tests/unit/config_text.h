/* SPDX-License-Identifier: Apache-2.0 */
/* config_text.h: a configuration out of a text, for tests. */
#ifndef SFSINK_TESTS_CONFIG_TEXT_H
#define SFSINK_TESTS_CONFIG_TEXT_H

#include "config/config.h"

/* Fails the test, showing the mistakes, if there are any. */
struct config *config_of_text(const char *text);

/* The mistakes, "sfsink.cfg:LINE: …"; NULL if there are none. free() them. */
char *mistakes_of_text(const char *text);

#endif
