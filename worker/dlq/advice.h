/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h (P): what an error code means and what to do about it, from the tables that the worker itself decides by. */
#ifndef SFSINK_WORKER_DLQ_ADVICE_H
#define SFSINK_WORKER_DLQ_ADVICE_H

#include "worker/kafka/letter.h"

struct advice {
    const char *meaning; /* NULL: the code says it, or another program's table would */
    const char *todo;    /* NULL: nobody knows */
};

/* Of one error of the letter: its code and message. */
struct advice advice_for(const struct letter *l, const char *code, const char *message);

#endif
