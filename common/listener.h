/* SPDX-License-Identifier: Apache-2.0 */
/* listener.h: a listening TCP socket for "HOST:PORT" or "[HOST]:PORT". Any thread. */
#ifndef SFSINK_COMMON_LISTENER_H
#define SFSINK_COMMON_LISTENER_H

#include "common/error.h"

struct listener {
    int fd; /* yours to close(); non-blocking, close-on-exec */
    int port;
    char address[128]; /* "127.0.0.1:8080" or "[::1]:8080": numeric, with the real port */
};

/* False and an error if the text is no address (STATUS_USAGE) or cannot be bound (STATUS_UNAVAILABLE). Port 0: any free
 * one. */
bool listener_open(struct listener *out, const char *address, struct error *e);

#endif
