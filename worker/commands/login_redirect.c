/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/login_redirect.h"

#include "common/buffer.h"
#include "common/clock.h"
#include "common/http_server.h"
#include "common/memory.h"
#include "worker/web/html.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASK_AGAIN_MS = 50, SENT_WITHIN_MS = 2000, PAGE_CEILING = 65536 };

enum stage { OPEN, ARRIVED, TAKEN, IGNORED, FINISHED };

struct redirect {
    struct http_path paths[1];
    struct http_server *servers[2];
    int fd; /* an eventfd: something has changed */
    pthread_mutex_t lock;
    enum stage stage; /* under the lock, as all that follows */
    char *query;      /* ARRIVED */
    unsigned waiting; /* browsers that wait for the end, or for their page to be sent */
    bool done;
    char *said, *todo; /* FINISHED */
};

/* ---- pages ---- */

static void reply_page(struct http_reply *reply, int status, const char *title, const char *said, const char *todo)
{
    struct buffer b = BUFFER_INIT(PAGE_CEILING);

    html_raw(&b, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                 "content=\"width=device-width\"><title>");
    html_text(&b, title);
    html_raw(&b,
             "</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;"
             "color-scheme:light dark;overflow-wrap:anywhere}h1{font-size:1.4rem}</style><h1>");
    html_text(&b, title);
    html_raw(&b, "</h1><p>");
    html_text(&b, said);
    html_raw(&b, "</p><p>");
    html_text(&b, todo);
    html_raw(&b, "</p></html>\n");
    size_t len = b.len;
    http_reply_take(reply, status, "text/html; charset=utf-8", buffer_steal(&b), len);
    http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_header(reply, "Referrer-Policy", "no-referrer");
    http_reply_header(reply, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
}

static void reply_end(const struct redirect *r, struct http_reply *reply)
{
    reply_page(reply, r->done ? 200 : 400, r->done ? "sfsink is logged in" : "sfsink is not logged in", r->said,
               r->todo);
}

/* ---- the servers' threads ---- */

static void wait_for_end(struct redirect *r, struct http_reply *reply)
{
    reply->again = true;
    reply->delay_ms = ASK_AGAIN_MS;
    reply->state = r;
}

static void arrive(struct redirect *r, const struct http_exchange *x, struct http_reply *reply)
{
    const char *question = strchr(x->uri, '?');

    r->query = xstrdup(question ? question + 1 : "");
    r->stage = ARRIVED;
    r->waiting++;
    eventfd_write(r->fd, 1);
    wait_for_end(r, reply);
}

/* The one whose redirect is being worked on. */
static void go_on(struct redirect *r, struct http_reply *reply)
{
    reply->state = r; /* so that `completed` hears of it */
    if (r->stage == FINISHED) {
        reply_end(r, reply);
    } else if (r->stage == IGNORED) {
        r->stage = OPEN;
        reply_page(reply, 400, "Not a login",
                   "This address has neither a code nor an error: Salesforce's redirect has one of them.",
                   "sfsink still waits for it.");
    } else {
        wait_for_end(r, reply);
    }
}

static void serve(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    struct redirect *r = context;

    pthread_mutex_lock(&r->lock);
    if (x->state)
        go_on(r, reply);
    else if (r->stage == OPEN)
        arrive(r, x, reply);
    else
        reply_page(reply, 409, "This login was used already",
                   "A redirect counts once, and sfsink has one already: this one changes nothing.",
                   "To log in anew, run `sfsink login` again.");
    pthread_mutex_unlock(&r->lock);
}

static void completed(void *context, void *state, bool sent)
{
    struct redirect *r = context;

    (void)state;
    (void)sent;
    pthread_mutex_lock(&r->lock);
    r->waiting--;
    eventfd_write(r->fd, 1);
    pthread_mutex_unlock(&r->lock);
}

/* ---- listening ---- */

static bool has_ipv6(void)
{
    struct http_server_options o = {.listen = "[::1]:0"};
    struct http_server *s = http_server_start(&o, NULL);

    http_server_stop(s);
    return s != NULL;
}

static struct http_server *start(struct redirect *r, const char *format, int port, struct error *e)
{
    struct error why = {0};
    char address[64];

    snprintf(address, sizeof address, format, port);
    struct http_server *s = http_server_start(
        &(struct http_server_options){
            .listen = address, .paths = r->paths, .npaths = 1, .context = r, .completed = completed},
        &why);
    if (s)
        return s;
    error_set(e, STATUS_UNAVAILABLE, "login: %s", why.text);
    error_hint(
        e, "end what uses the port (another `sfsink login`?), or set salesforce.auth.redirect_port to a free one and "
           "register http://localhost:PORT/callback with it in the app");
    return NULL;
}

struct redirect *redirect_listen(int port, const char *path, struct error *e)
{
    struct redirect *r = xcalloc(1, sizeof *r);
    bool ipv6 = has_ipv6();

    pthread_mutex_init(&r->lock, NULL);
    r->paths[0] = (struct http_path){"GET", path, serve};
    r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    r->servers[0] = start(r, "127.0.0.1:%d", port, e);
    /* "localhost" may mean either: whoever had the other one would get the code. */
    if (r->servers[0] && ipv6)
        r->servers[1] = start(r, "[::1]:%d", port, e);
    if (r->servers[0] && (r->servers[1] || !ipv6))
        return r;
    redirect_close(r);
    return NULL;
}

void redirect_close(struct redirect *r)
{
    if (!r)
        return;
    http_server_stop(r->servers[0]);
    http_server_stop(r->servers[1]);
    close(r->fd);
    pthread_mutex_destroy(&r->lock);
    free(r->query);
    free(r->said);
    free(r->todo);
    free(r);
}

/* ---- the command's thread ---- */

int redirect_fd(const struct redirect *r)
{
    return r->fd;
}

char *redirect_take(struct redirect *r)
{
    char *query = NULL;
    eventfd_t n;

    eventfd_read(r->fd, &n);
    pthread_mutex_lock(&r->lock);
    if (r->stage == ARRIVED) {
        query = r->query;
        r->query = NULL;
        r->stage = TAKEN;
    }
    pthread_mutex_unlock(&r->lock);
    return query;
}

void redirect_ignore(struct redirect *r)
{
    pthread_mutex_lock(&r->lock);
    r->stage = IGNORED;
    pthread_mutex_unlock(&r->lock);
}

static unsigned still_waiting(struct redirect *r)
{
    pthread_mutex_lock(&r->lock);
    unsigned n = r->waiting;
    pthread_mutex_unlock(&r->lock);
    return n;
}

void redirect_finish(struct redirect *r, bool done, const char *said, const char *todo)
{
    pthread_mutex_lock(&r->lock);
    r->done = done;
    r->said = xstrdup(said);
    r->todo = xstrdup(todo);
    r->stage = FINISHED;
    pthread_mutex_unlock(&r->lock);

    struct pollfd fd = {.fd = r->fd, .events = POLLIN};
    for (int64_t until = clock_ms() + SENT_WITHIN_MS; still_waiting(r) && clock_ms() < until;) {
        eventfd_t n;
        poll(&fd, 1, ASK_AGAIN_MS);
        eventfd_read(r->fd, &n);
    }
}
