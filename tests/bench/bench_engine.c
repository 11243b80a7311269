/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's bookkeeping costs: lanes, merging, batches, settling, commits; no mapping, no JSON, no network.
 *     bench_engine [EVENTS]
 * Counted in instructions by perf stat -e instructions:u build/plain/tests/bench/bench_engine, or by callgrind. */
#include "common/memory.h"
#include "config/route.h"
#include "worker/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIELDS = 8, BURST = 2000, PARTITIONS = 8 };

static struct route route = {.name = (char *)"r", .object = (char *)"Contact"};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct record *new_record(unsigned key)
{
    struct record *r = xcalloc(1, sizeof *r + FIELDS * sizeof(slot) + 16);
    char *at = (char *)(r->slots + FIELDS);
    r->route = &route;
    r->key = r->identity = text_make(at, (size_t)snprintf(at, 16, "%u", key));
    r->bytes = sizeof *r + FIELDS * sizeof(slot) + 16;
    r->overhead = 200;
    r->nslots = FIELDS;
    for (int i = 0; i < FIELDS; i++)
        r->slots[i] = text_of("\"value\"");
    return r;
}

static struct engine *new_engine(void)
{
    struct engine_limits limits = {.max_events = 20000, .max_bytes = 64 << 20, .batch_records = 200, .in_flight = 4};
    limits.batch_bytes = 4 << 20;
    limits.linger_ms = 500;
    limits.max_attempts = 8;
    limits.commit_every_ms = 1000;
    limits.max_merge = 1000;
    limits.nroutes = 1;
    struct engine *e = engine_new(&limits);
    for (int i = 0; i < PARTITIONS; i++)
        engine_assign(e, 0, (uint64_t)i + 1, "t", i, -1, "");
    return e;
}

static void carry_out(struct engine *e, int64_t now)
{
    struct action a;
    while (engine_next(e, now, &a)) {
        if (a.kind == ACTION_COMMIT)
            engine_committed(e, now, true);
        if (a.kind != ACTION_SEND)
            continue;
        struct answer answer = {.batch = a.batch->id, .noutcomes = a.batch->nwrites, .wait_ms = -1, .suspect = -1};
        answer.outcomes = xcalloc(answer.noutcomes, sizeof *answer.outcomes);
        engine_answer(e, now, &answer);
    }
}

/* What making and freeing messages and records costs is measured first and taken off. */
static double run(struct engine *e, unsigned events, unsigned keys)
{
    uint64_t random = 1;
    double before = seconds();
    for (unsigned i = 0; i < events; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned key = (unsigned)(random >> 33) % keys;
        struct record *r = new_record(key);
        struct message *m = message_new(key % PARTITIONS + 1, "t", (int32_t)(key % PARTITIONS), i, -1, r->key,
                                        text_of("value"), NULL, 0);
        if (e) {
            engine_record(e, i / BURST * 100, 0, m, r);
        } else {
            free(r);
            free(m);
        }
        if (e && i % BURST == BURST - 1)
            carry_out(e, i / BURST * 100);
    }
    return seconds() - before;
}

int main(int argc, char **argv)
{
    static const unsigned keys[] = {10000000, 1000};
    unsigned events = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 2000000;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct engine *e = new_engine();
        double without = run(NULL, events, keys[i]), with = run(e, events, keys[i]);
        printf("engine: %u events, %u keys: %.0f ns an event\n", events, keys[i],
               (with - without) / (double)events * 1e9);
        engine_free(e);
    }
    return 0;
}
