/* SPDX-License-Identifier: Apache-2.0 */
/* live_control.h: arranges a running simulator over its control interface, as something that the code under test does not know of. */
#ifndef SFSINK_TESTS_LIVE_CONTROL_H
#define SFSINK_TESTS_LIVE_CONTROL_H

#include "worker/simulator/simulator.h"

/* METHOD /control/PATH with a JSON body; fails the test unless it is taken. */
void live_control(const struct simulator *sim, const char *method, const char *path, const char *body);

#endif
