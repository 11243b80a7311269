/* SPDX-License-Identifier: Apache-2.0 */
/* demo_workers.h: the demo's workers: this very program, started again as `run` with a configuration of its own.
 *
 * Configurations and logs lie in a temporary folder that goes with the workers. The workers die with this process, whatever ends it.
 * How far they are is read where an operator would read it: at their /metrics. One thread. */
#ifndef SFSINK_WORKER_COMMANDS_DEMO_WORKERS_H
#define SFSINK_WORKER_COMMANDS_DEMO_WORKERS_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { DEMO_WORKERS = 2 };

struct demo_workers;

struct demo_workers *demo_workers_new(struct error *e); /* makes the folder */
void demo_workers_free(struct demo_workers *w);         /* ends them, removes the folder; NULL is fine */

/* Starts the next one; configuration: libconfig text. */
bool demo_workers_start(struct demo_workers *w, const char *configuration, struct error *e);

/* False, with the end of its log, if one has ended. */
bool demo_workers_live(struct demo_workers *w, struct error *e);

pid_t demo_workers_pid(const struct demo_workers *w, int i);
/* "http://127.0.0.1:41234"; NULL: it does not listen yet. Lent. */
const char *demo_workers_url(struct demo_workers *w, int i);

struct demo_work {    /* of all workers together */
    uint64_t joined;  /* workers that have partitions */
    uint64_t settled; /* events that came to their end: applied, superseded, skipped or dead-lettered */
    uint64_t merged;  /* of these: went along in a later change's write */
};
/* False: not all of them can be asked now. */
bool demo_workers_ask(struct demo_workers *w, struct demo_work *work);

#endif
