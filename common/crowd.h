/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.h: the open connections of a server, in the order in which they last did something.
 *
 *     longest idle  ◄── A ── B ── C ── D ──►  latest       one more than `most`: A is shut down
 *
 * So clients that open connections and keep them (a slow one, a broken one, one that means harm) never take a place from one that
 * asks. A connection that waits on the server's account is passed over. One thread. A guest's memory is the crowd's until crowd_leave(). */
#ifndef SFSINK_COMMON_CROWD_H
#define SFSINK_COMMON_CROWD_H

#include <stdbool.h>
#include <stddef.h>

struct guest;

struct crowd {
    struct guest *all;
    size_t n, most; /* most: set by the owner */
};

struct guest *crowd_enter(struct crowd *c, int fd);              /* may shut another one down: its owner sees it end */
void crowd_stir(struct crowd *c, struct guest *g, bool waiting); /* it did something; waiting: it waits for us */
void crowd_leave(struct crowd *c, struct guest *g);              /* its descriptor is closed; frees it */

#endif
