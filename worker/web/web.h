/* SPDX-License-Identifier: Apache-2.0 */
/* web.h: what probes and people see of a worker: /metrics, /healthz, /readyz, /status, /version and the status page /.
 *
 * The loop renders and publishes; the HTTP server's own thread hands out what was published last. So a page is one
 * consistent moment, and a slow reader never holds the worker up. */
#ifndef SFSINK_WORKER_WEB_WEB_H
#define SFSINK_WORKER_WEB_WEB_H

#include "common/error.h"

#include <stdint.h>

struct web;

struct web_snapshot {
    char *metrics;   /* Prometheus text */
    char *readiness; /* {"ready":…,"reasons":[…]} */
    char *status;    /* JSON */
    bool ready;
};

/* listen: "HOST:PORT". NULL and an error if the port cannot be had. */
struct web *web_start(const char *listen, struct error *e);
void web_stop(struct web *w); /* NULL is fine */
int web_port(const struct web *w);

/* Takes the strings. The loop's thread. */
void web_publish(struct web *w, struct web_snapshot *snapshot);

/* The loop has turned: /healthz answers 503 when that was more than 30 seconds ago. */
void web_beat(struct web *w, int64_t now);

#endif
