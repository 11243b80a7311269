/* SPDX-License-Identifier: Apache-2.0 */
/* world.h: everything that the simulated org is, in one struct, behind one lock.
 *
 * Handlers run one at a time on the server's thread; the lock is there for simulator_records() and simulator_counts(), which other threads
 * call. The two clocks are read once a call. */
#ifndef SFSINK_WORKER_SIMULATOR_WORLD_H
#define SFSINK_WORKER_SIMULATOR_WORLD_H

#include "worker/simulator/cursors.h"
#include "worker/simulator/faults.h"
#include "worker/simulator/journal.h"
#include "worker/simulator/results.h"
#include "worker/simulator/rules.h"
#include "worker/simulator/schema.h"
#include "worker/simulator/settings.h"
#include "worker/simulator/simulator.h"
#include "worker/simulator/store.h"
#include "worker/simulator/tokens.h"

#include <pthread.h>

struct world {
    pthread_mutex_t lock;
    int64_t now_ms, wall_ms;
    char *url;                    /* ours: "http://127.0.0.1:8585" */
    char user_id[RECORD_ID_SIZE]; /* who writes */
    struct settings settings, at_start;
    struct simulator_counts counts;
    struct schema *schema;
    struct store *store;
    struct rules rules;
    struct faults *faults;
    struct journal *journal;
    struct tokens *tokens;
    struct cursors *cursors;
    struct flight *flights; /* the calls under way, a list: flights.h */
    json_t *apps;           /* registered client ids: README.md */
    json_t *touched;        /* the records of the call that is being carried out, for the journal */
};

void world_init(struct world *w); /* as new: the settings of at_start, no records but the user's */
void world_release(struct world *w);
void world_read_clocks(struct world *w);

/* The Id of the user of this name, who is made if he is not there. Lent until the store changes. */
const char *world_user(struct world *w, const char *username);

/* One record is done: for the counts and the journal. */
void world_note(struct world *w, enum operation op, const char *object, const json_t *given, const struct result *r);
/* A composite call was undone: its records are marked in the journal. */
void world_undo_notes(struct world *w);

#define ORG_ID "00D5f0000000001EAA"
#define DEFAULT_USERNAME "integration@simulator.example"

#endif
