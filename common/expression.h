/* SPDX-License-Identifier: Apache-2.0 */
/* expression.h: a compiled jq program: JSON in, JSON out.
 *
 *     row, event (JSON texts) ──expression_input_new()──► input ──expression_run(x, input)──► JSON text
 *
 * The program sees the row as `.` and the event as `$event`. An input is parsed once and may be given to any number of programs. Pure, but
 * libjq keeps its state in the expression: one thread at a time. jq 1.6 computes in doubles. */
#ifndef SFSINK_COMMON_EXPRESSION_H
#define SFSINK_COMMON_EXPRESSION_H

#include "common/error.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>

struct expression;
struct expression_input;

/* NULL and an error with jq's own words if the program does not compile. Costs some 10 ms: at start-up only. */
struct expression *expression_compile(const char *program, struct error *e);
void expression_free(struct expression *x); /* NULL is fine */

/* False: the program has no use for `$event`, so that the caller need not build it. */
bool expression_wants_event(const struct expression *x);

/* Parses both texts; event TEXT_NONE is null. NULL if one is no JSON that jq reads (nested deeper than 256). */
struct expression_input *expression_input_new(struct text row, struct text event);
void expression_input_free(struct expression_input *in); /* NULL is fine */

enum expression_kind {
    EXPRESSION_ABSENT,  /* no output */
    EXPRESSION_VALUE,   /* one output: *json is its compact text, malloc'd */
    EXPRESSION_SEVERAL, /* more than one output */
    EXPRESSION_ERROR    /* the program failed: why says how */
};

/* On VALUE *json is yours and one line; on ERROR `why` is filled. A result that is no number (nan, infinite) or is
 * nested deeper than 64 is an error. */
enum expression_kind expression_run(struct expression *x, const struct expression_input *in, char **json,
                                    char why[256]);

#endif
