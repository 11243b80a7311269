/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.h: an assertion of a library that fails on somebody's data costs that data, not the process.
 *
 *     static void run(void *context) { ... calls libjq ... }
 *     if (!assertion_guard(run, &call, why))
 *         ... `why` says which one failed
 *
 * libjq 1.6 asserts what an event can break (a year beyond those of C, say), and an event that ends every worker that reads it would be
 * the end of the pipeline. A failed assertion inside of a guarded call jumps out of it; what the library held at that moment is lost, so
 * guard only libraries whose state can be reset from outside. Everywhere else it ends the process as ever. Any thread. */
#ifndef SFSINK_COMMON_ASSERTION_H
#define SFSINK_COMMON_ASSERTION_H

#include <stdbool.h>

/* Calls work(context). False: an assertion failed in it. Not to be nested. */
bool assertion_guard(void (*work)(void *context), void *context, char why[256]);

#endif
