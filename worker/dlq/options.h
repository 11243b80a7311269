/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the command line of `sfsink dlq`. */
#ifndef SFSINK_WORKER_DLQ_OPTIONS_H
#define SFSINK_WORKER_DLQ_OPTIONS_H

#include "common/error.h"
#include "worker/dlq/filter.h"

enum dlq_verb { DLQ_STATS, DLQ_LIST, DLQ_SHOW, DLQ_REPLAY, DLQ_RETRY_CHECK };

struct dlq_options {
    enum dlq_verb verb;
    struct filter filter;
    bool all, json;
    int64_t limit; /* 0: none */

    /* replay */
    bool dry_run, yes, into_compacted, even_if_superseded;
    int64_t rate;   /* events a second; 0: as fast as it goes */
    const char *to; /* NULL: back to where they came from */
};

/* argv[0] is "dlq"; strings stay where they are. */
bool dlq_options_read(int argc, char **argv, int64_t now_ms, struct dlq_options *out, struct error *e);
void dlq_options_release(struct dlq_options *o);

#endif
