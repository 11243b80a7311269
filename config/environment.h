/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h: ${NAME} inside a string is that environment variable, $${ is a plain ${.
 *
 * Only the text of strings is filled in, after libconfig has read the file: what a variable holds can never become syntax. */
#ifndef SFSINK_CONFIG_ENVIRONMENT_H
#define SFSINK_CONFIG_ENVIRONMENT_H

#include "config/document.h"

/* Fills every string of the tree; a variable that is not set is a mistake. */
void environment_fill(struct node *root, struct mistakes *m);

#endif
