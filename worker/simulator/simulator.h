/* SPDX-License-Identifier: Apache-2.0 */
/* simulator.h: a Salesforce for the demo and the tests, on loopback, in memory. Shares no code with salesforce/: both are written from
 * the wire's description. Its HTTP server runs on a thread of its own; the functions here may be called from any thread. */
#ifndef SFSINK_WORKER_SIMULATOR_SIMULATOR_H
#define SFSINK_WORKER_SIMULATOR_SIMULATOR_H

#include "common/error.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct simulator;

struct simulator_options {
    const char *listen;      /* "127.0.0.1:8585"; port 0: any */
    int latency_ms;          /* of each API call */
    int64_t daily_limit;     /* API calls; 0: 100000 */
    unsigned idle_timeout_s; /* an idle connection is closed; 0: 30 */
};

struct simulator *simulator_start(const struct simulator_options *o, struct error *e);
void simulator_stop(struct simulator *s);             /* NULL is fine */
const char *simulator_url(const struct simulator *s); /* "http://127.0.0.1:8585" */

/* The stored records of an object (API name), not the deleted ones: a new array of objects, to json_decref(). */
json_t *simulator_records(struct simulator *s, const char *object);

struct simulator_counts {
    uint64_t api_calls;       /* that count against the daily limit */
    uint64_t records_written; /* successes of create, update, upsert */
    uint64_t records_deleted;
    uint64_t records_refused;
};
struct simulator_counts simulator_counts(struct simulator *s);

void simulator_settings_help(FILE *to); /* the settings that PATCH /control/settings takes, one line each */

#endif
