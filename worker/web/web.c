/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/web.h"

#include "common/clock.h"
#include "common/http_server.h"
#include "common/memory.h"
#include "worker/web/page.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { STUCK_MS = 30000 };

struct web {
    struct http_server *server;
    pthread_mutex_t lock; /* for `last` */
    struct web_snapshot last;
    _Atomic int64_t beat;
};

static void reply_with(struct web *w, struct http_reply *reply, int status, const char *type, char *const *text)
{
    pthread_mutex_lock(&w->lock);
    http_reply_text(reply, *text ? status : 503, *text ? type : "text/plain; charset=utf-8",
                    *text ? *text : "the worker is starting\n");
    pthread_mutex_unlock(&w->lock);
    http_reply_header(reply, "Cache-Control", "no-store");
}

static void metrics(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct web *w = context;
    (void)x;
    reply_with(w, reply, 200, "text/plain; version=0.0.4; charset=utf-8", &w->last.metrics);
    reply->compress = true;
}

static void readyz(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct web *w = context;
    (void)x;
    pthread_mutex_lock(&w->lock);
    bool ready = w->last.ready;
    pthread_mutex_unlock(&w->lock);
    reply_with(w, reply, ready ? 200 : 503, "application/json", &w->last.readiness);
}

static void status(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct web *w = context;
    (void)x;
    reply_with(w, reply, 200, "application/json", &w->last.status);
}

/* Neither Kafka nor Salesforce being away is a reason to restart us: only a loop that does not turn is. */
static void healthz(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct web *w = context;
    (void)x;
    bool turns = clock_ms() - atomic_load(&w->beat) < STUCK_MS;
    http_reply_text(reply, turns ? 200 : 503, "text/plain; charset=utf-8",
                    turns ? "ok\n" : "the worker's loop stands still\n");
    http_reply_header(reply, "Cache-Control", "no-store");
}

/* For every page of ours: a browser takes nothing from elsewhere, guesses no type, and tells nobody. */
static void guard(struct http_reply *reply)
{
    http_reply_header(reply, "Content-Security-Policy", "%s", PAGE_POLICY);
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    http_reply_header(reply, "Referrer-Policy", "no-referrer");
}

static void page(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct web *w = context;
    (void)x;
    pthread_mutex_lock(&w->lock);
    char *status = w->last.status ? xstrdup(w->last.status) : NULL;
    pthread_mutex_unlock(&w->lock);
    char *html = page_render(status);
    http_reply_take(reply, 200, "text/html; charset=utf-8", html, strlen(html));
    http_reply_header(reply, "Cache-Control", "no-store");
    guard(reply);
    reply->compress = true;
    free(status);
}

static void asset(struct http_reply *reply, const char *type, const char *text)
{
    http_reply_text(reply, 200, type, text);
    http_reply_header(reply, "Cache-Control", "max-age=60"); /* a worker of another version may follow on this port */
    guard(reply);
    reply->compress = true;
}

static void style(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context;
    (void)x;
    asset(reply, "text/css; charset=utf-8", page_css);
}

static void script(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context;
    (void)x;
    asset(reply, "text/javascript; charset=utf-8", page_js);
}

static void version(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    (void)context;
    (void)x;
    http_reply_text(reply, 200, "application/json", "{\"version\":\"" SFSINK_VERSION "\"}");
}

static const struct http_path paths[] = {
    {"GET", "/metrics", metrics}, {"GET", "/healthz", healthz}, {"GET", "/readyz", readyz},
    {"GET", "/status", status},   {"GET", "/version", version}, {"GET", "/", page},
    {"GET", "/page.css", style},  {"GET", "/page.js", script},
};

struct web *web_start(const char *listen, struct error *e)
{
    struct web *w = xcalloc(1, sizeof *w);
    struct http_server_options options = {
        .listen = listen, .paths = paths, .npaths = sizeof paths / sizeof *paths, .context = w};

    pthread_mutex_init(&w->lock, NULL);
    w->last.readiness = xstrdup("{\"ready\":false,\"reasons\":[\"the worker is starting\"]}");
    atomic_store(&w->beat, clock_ms());
    w->server = http_server_start(&options, e);
    if (!w->server) {
        error_context(e, "http.listen");
        web_stop(w);
        return NULL;
    }
    return w;
}

int web_port(const struct web *w)
{
    return http_server_port(w->server);
}

static void snapshot_release(struct web_snapshot *s)
{
    free(s->metrics);
    free(s->readiness);
    free(s->status);
    *s = (struct web_snapshot){0};
}

void web_stop(struct web *w)
{
    if (!w)
        return;
    if (w->server)
        http_server_stop(w->server);
    snapshot_release(&w->last);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void web_publish(struct web *w, struct web_snapshot *snapshot)
{
    struct web_snapshot old;
    pthread_mutex_lock(&w->lock);
    old = w->last;
    w->last = *snapshot;
    pthread_mutex_unlock(&w->lock);
    snapshot_release(&old);
    *snapshot = (struct web_snapshot){0};
}

void web_beat(struct web *w, int64_t now)
{
    atomic_store(&w->beat, now);
}
