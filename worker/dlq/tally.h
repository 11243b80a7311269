/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h: how often each name was met, with a bar for each. */
#ifndef SFSINK_WORKER_DLQ_TALLY_H
#define SFSINK_WORKER_DLQ_TALLY_H

#include "common/terminal.h"
#include "common/text.h"

struct tally_line {
    char *name;
    uint64_t n;
};

struct tally { /* start with {0} */
    struct tally_line *lines;
    size_t n;
};

void tally_add(struct tally *t, struct text name); /* none: "-" */
void tally_sort(struct tally *t);                  /* the most frequent first */
void tally_print(const struct tally *t, const char *title, const struct terminal *to);
void tally_release(struct tally *t);

#endif
