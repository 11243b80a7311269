/* SPDX-License-Identifier: Apache-2.0 */
/* loop_state.h: what the files of the loop share. For worker/loop*.c only. */
#ifndef SFSINK_WORKER_LOOP_STATE_H
#define SFSINK_WORKER_LOOP_STATE_H

#include "common/error.h"
#include "worker/engine/engine.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct config;
struct consumer;
struct dead_letters;
struct http_client;
struct loop_history;
struct loop_metrics;
struct mapper;
struct sender;
struct trouble;
struct web;

enum { STALLED_MAX = 64, WHY_SIZE = 512 };

/* What we must still know of a batch when its answer comes. */
struct batch_note {
    uint64_t id; /* 0: free */
    const struct route *route;
    enum operation op;
    size_t writes;
    const struct batch *batch; /* lent by the engine until it has the answer, or aborts */
    int64_t sent_at;
};

struct stalled {
    uint64_t lease;
    char why[WHY_SIZE];
};

struct loop {
    const struct config *config;
    struct config *reloaded; /* what SIGHUP brought last; NULL: nothing yet */
    struct engine *engine;
    struct consumer *consumer;
    struct dead_letters *dead_letters;
    struct http_client *http;
    struct sender *sender;
    struct mapper *mapper;
    struct loop_metrics *metrics;
    struct loop_history *history;
    struct trouble *trouble;
    char *config_text; /* for the status page, secrets masked */
    struct web *web;   /* NULL: http.listen is "" */
    int signal_fd, wake_fd;
    int64_t now, wall; /* read once a turn; wall 0: not read yet */

    struct batch_note *batches; /* as many as ever were on their way at once */
    size_t nbatches;
    struct stalled stalled[STALLED_MAX];
    size_t nstalled;
    char problem[WHY_SIZE];      /* Kafka's; "": none */
    int64_t api_used, api_limit; /* as the engine knows them */
    int64_t stood_still_ms;      /* a turn never takes so long, and no session ends so soon */
    bool confirming;             /* nothing goes out before the group has confirmed our membership */

    bool stopping, closing;
    int64_t stop_by; /* the process is gone by then */
    int exit_status; /* when it can never go on; else 0 */
    int64_t publish_at, tick_at, started_at;
    uint64_t batches_sent, records_sent;
    uint64_t scattered_told; /* changes of one record from several partitions: those that were warned of */
};

/* ---- loop_start.c ---- */
bool loop_set_up(struct loop *l, struct error *e);
void loop_tear_down(struct loop *l);
struct engine_limits loop_limits(const struct config *config); /* without a seed */

/* ---- loop_signals.c ---- */
sigset_t loop_signals(void); /* those that the loop reads from a descriptor */
void loop_take_signals(struct loop *l);

/* ---- loop_inputs.c: what comes in ---- */
void loop_take_kafka_events(struct loop *l);
void loop_take_reports(struct loop *l);
void loop_take_answers(struct loop *l);
bool loop_take_messages(struct loop *l); /* true: there may be more */

/* ---- loop_actions.c: what the engine asks for ---- */
void loop_perform(struct loop *l, const struct action *a);

/* ---- loop_metrics.c: what others see ---- */
struct loop_metrics *loop_metrics_new(const struct config *config);
void loop_metrics_free(struct loop_metrics *m);
void loop_count_batch(struct loop *l, const struct batch *b);
void loop_count_answer(struct loop *l, const struct batch_note *note, const struct answer *a);
void loop_count_letter(struct loop *l, const char *code);
void loop_publish(struct loop *l);

/* ---- loop_ready.c: whether it does its work, and why not ---- */
/* {"ready":…,"reasons":[…]}; free() it. */
char *loop_readiness(const struct loop *l, bool *ready);

/* ---- loop_status.c ---- */
/* The JSON of /status, with what loop_readiness() said; free() it. */
char *loop_status(const struct loop *l, const char *readiness);

#endif
