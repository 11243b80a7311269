/* SPDX-License-Identifier: Apache-2.0 */
/* form.h: application/x-www-form-urlencoded, read. Pure. (P) */
#ifndef SFSINK_COMMON_FORM_H
#define SFSINK_COMMON_FORM_H

#include "common/text.h"

/* The first value of a name, decoded: malloc'd; NULL if the name is not there. A broken %XX stays as it is. */
char *form_value(struct text form, const char *name);

#endif
