/* SPDX-License-Identifier: Apache-2.0 */
/* demo_report.h: what the demo says at the end: what landed where, and whether it is all there (demo_compare.h). */
#ifndef SFSINK_WORKER_COMMANDS_DEMO_REPORT_H
#define SFSINK_WORKER_COMMANDS_DEMO_REPORT_H

#include "common/error.h"
#include "common/terminal.h"
#include "worker/commands/demo_broker.h"
#include "worker/commands/demo_source.h"
#include "worker/simulator/simulator.h"

struct demo_result {
    struct demo_source *source;
    struct demo_broker *broker;
    struct simulator *salesforce;
    uint64_t events, merged;
    int64_t took_ms;
};

/* Prints it. *equal: Salesforce holds exactly what it must. False and an error if the dead letters cannot be read. */
bool demo_report(const struct demo_result *r, const struct terminal *t, bool *equal, struct error *e);

#endif
