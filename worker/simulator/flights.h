/* SPDX-License-Identifier: Apache-2.0 */
/* flights.h: the API calls under way: from the moment they came until the answer is out. A call may be waited for (stall, race): what is to be
 * known when it goes on is here. Owned by the world's list; ended by the server's `completed`. */
#ifndef SFSINK_WORKER_SIMULATOR_FLIGHTS_H
#define SFSINK_WORKER_SIMULATOR_FLIGHTS_H

#include "worker/simulator/world.h"

struct flight {
    struct flight *prev, *next;
    int64_t began_ms;
    json_t *fault; /* ours; NULL: none */
    uint64_t seen; /* of the store when it came; UINT64_MAX: all */
    bool waited;
};

struct flight *flight_begin(struct world *w);
void flight_end(struct world *w, struct flight *f);
/* How many have been running for so long or longer. */
int64_t flights_long(const struct world *w, int64_t longer_than_ms);

#endif
