/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/flights.h"

#include "common/memory.h"

#include <stdlib.h>
#include <utlist.h>

struct flight *flight_begin(struct world *w)
{
    struct flight *f = xcalloc(1, sizeof *f);
    f->began_ms = w->now_ms;
    f->seen = UINT64_MAX;
    DL_APPEND(w->flights, f);
    return f;
}

void flight_end(struct world *w, struct flight *f)
{
    DL_DELETE(w->flights, f);
    json_decref(f->fault);
    free(f);
}

int64_t flights_long(const struct world *w, int64_t longer_than_ms)
{
    int64_t n = 0;
    for (const struct flight *f = w->flights; f; f = f->next)
        n += w->now_ms - f->began_ms >= longer_than_ms;
    return n;
}
