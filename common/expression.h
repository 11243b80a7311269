/* SPDX-License-Identifier: Apache-2.0 */
/* expression.h: a compiled jq program: JSON in, JSON out.
 *
 * The program sees the row as `.` and the event as `$event`. Pure, but libjq keeps its state in the expression: one thread at a time. */
#ifndef SFSINK_COMMON_EXPRESSION_H
#define SFSINK_COMMON_EXPRESSION_H

#include "common/error.h"

struct expression;

/* NULL and an error with jq's own words if the program does not compile. */
struct expression *expression_compile(const char *program, struct error *e);
void expression_free(struct expression *x); /* NULL is fine */

#endif
