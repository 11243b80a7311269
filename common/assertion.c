/* SPDX-License-Identifier: Apache-2.0 */
#include "common/assertion.h"

#include "common/memory.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>

struct guard {
    jmp_buf back;
    char *why;
};

static _Thread_local struct guard *active;

bool assertion_guard(void (*work)(void *context), void *context, char why[256])
{
    struct guard guard = {.why = why};

    if (active)
        bug("guarded twice");
    active = &guard;
    bool whole = setjmp(guard.back) == 0;
    if (whole)
        work(context);
    active = NULL;
    return whole;
}

/* Stands in front of the C library's, which every assert() calls, those of libraries too. */
void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    if (!active)
        bug_at(file, (int)line, "%s: %s", function, assertion);
    snprintf(active->why, 256, "%s gave up: %s", function, assertion);
    longjmp(active->back, 1);
}
