/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crowd.h"

#include "common/memory.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

struct guest {
    int fd;
    bool waiting, inside; /* inside: not shut down */
    struct guest *prev, *next;
};

static void put_out(struct crowd *c, struct guest *g)
{
    DL_DELETE(c->all, g);
    c->n--;
    g->inside = false;
}

struct guest *crowd_enter(struct crowd *c, int fd)
{
    struct guest *g = xcalloc(1, sizeof *g), *idle = c->all;

    while (idle && idle->waiting)
        idle = idle->next;
    if (c->n >= c->most && idle) {
        put_out(c, idle);
        shutdown(idle->fd, SHUT_RDWR);
    }
    g->fd = fd;
    g->inside = true;
    DL_APPEND(c->all, g);
    c->n++;
    return g;
}

void crowd_stir(struct crowd *c, struct guest *g, bool waiting)
{
    g->waiting = waiting;
    if (!g->inside)
        return;
    DL_DELETE(c->all, g);
    DL_APPEND(c->all, g);
}

void crowd_leave(struct crowd *c, struct guest *g)
{
    if (g->inside)
        put_out(c, g);
    free(g);
}
