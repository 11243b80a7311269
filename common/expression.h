/* SPDX-License-Identifier: Apache-2.0 */
/* expression.h: a compiled jq program: JSON in, JSON out.
 *
 * The program sees the row as `.` and the event as `$event`. Pure, but libjq keeps its state in the expression: one thread at a time.
 * jq 1.6 computes in doubles. */
#ifndef SFSINK_COMMON_EXPRESSION_H
#define SFSINK_COMMON_EXPRESSION_H

#include "common/error.h"
#include "common/text.h"

#include <stddef.h>

struct expression;

/* NULL and an error with jq's own words if the program does not compile. */
struct expression *expression_compile(const char *program, struct error *e);
void expression_free(struct expression *x); /* NULL is fine */

enum expression_kind {
    EXPRESSION_ABSENT,  /* no output */
    EXPRESSION_VALUE,   /* one output: *json is its compact text, malloc'd */
    EXPRESSION_SEVERAL, /* more than one output */
    EXPRESSION_ERROR    /* the program failed: why says how, values left out where possible */
};

/* Runs the program on one input. `row` and `event` are JSON texts. On VALUE *json is yours. */
enum expression_kind expression_run(struct expression *x, struct text row, struct text event, char **json,
                                    char why[256]);

#endif
