/* SPDX-License-Identifier: Apache-2.0 */
/* problem.h: why an event is refused, while it is being found out. The first problem wins; no record's values in the text. Pure. */
#ifndef SFSINK_WORKER_CHANGE_PROBLEM_H
#define SFSINK_WORKER_CHANGE_PROBLEM_H

#include "config/route.h"
#include "worker/failure_codes.h"
#include "worker/travel.h"

struct problem {
    enum stage stage;
    const char *code;          /* NULL: none */
    const struct field *field; /* whose value it was; NULL: the event's own problem */
    char text[400];            /* cut to fit */
};

/* Returns false, so that `return problem_set(...)` reads well. */
bool problem_set(struct problem *p, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As a failure that names field and path: "Birthdate (from dob): the value is …". */
struct failure *problem_failure(const struct problem *p);

#endif
