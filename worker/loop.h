/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h: the worker: Kafka, Salesforce, signals and time in one thread around the engine.
 *
 *     wait ─► signals ─► rebalances, commits ─► delivery reports ─► answers ─► messages ─► engine ─► actions ─► once
 * more
 *
 * Each turn reads the clock once, tells the engine what has come, and does what it asks for; nothing in it blocks but
 * the wait. */
#ifndef SFSINK_WORKER_LOOP_H
#define SFSINK_WORKER_LOOP_H

#include "common/error.h"

struct config;

/* From here on SIGTERM, SIGINT and SIGHUP wait for loop_run(): one that comes while the process starts neither kills it nor
 * is lost. */
void loop_hold_signals(void);

/* Runs until SIGTERM or SIGINT (or until it can never go on); the exit status. To be called before any thread is
 * started: loop_hold_signals() is for all of them; the signals are read from a descriptor. */
int loop_run(const struct config *config);

#endif
