/* SPDX-License-Identifier: Apache-2.0 */
/* One thread of ours drives libmicrohttpd from outside (epoll, then MHD_run), so that due replies and handlers are
 * served by the same thread and nothing here needs a lock. A waiting request is a suspended connection in a heap of due
 * times. */
#include "common/http_server.h"

#include "common/buffer.h"
#include "common/clock.h"
#include "common/crowd.h"
#include "common/heap.h"
#include "common/http_packing.h"
#include "common/listener.h"
#include "common/memory.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DEFAULT_CONNECTIONS = 64,
    DEFAULT_HEADER_BYTES = 16384,
    DEFAULT_BODY_BYTES = 65536,
    DEFAULT_IDLE_S = 30,
    LEAVING_CONNECTIONS = 16, /* shut down, and not closed yet */
    LONGEST_WAIT_MS = 60000,
    BLOCK_BYTES = 32768
};

enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_WAITING, STAGE_READY };

struct request {
    struct heap_item due; /* first: the heap's pointers are requests */
    enum stage stage;
    struct http_exchange exchange;
    char *uri;
    struct buffer body;
    char *unpacked;
    const struct http_path *row;
    struct http_reply reply;
};

struct http_server {
    struct http_server_options options;
    struct MHD_Daemon *daemon;
    struct listener listener;
    int wake, epoll;
    pthread_t thread;
    bool started;
    struct heap waiting;
    struct crowd crowd;
};

/* ---- exchange and reply ---- */

const char *http_exchange_query(const struct http_exchange *x, const char *name)
{
    const char *value = NULL;
    enum MHD_Result found =
        MHD_lookup_connection_value_n(x->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value, NULL);
    return found == MHD_YES && !value ? "" : value;
}

const char *http_exchange_header(const struct http_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

bool http_exchange_gone(const struct http_exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char c;
    ssize_t n = info ? recv(info->connect_fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) : 0;
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* False, with the answer in the reply, if the body is too large or is not what it says it is. */
static bool take_body(const struct http_server *s, struct request *q)
{
    const char *encoding = http_exchange_header(&q->exchange, "Content-Encoding");

    q->exchange.body = buffer_text(&q->body);
    if (!q->body.full && encoding && (strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "deflate") == 0)) {
        struct buffer plain = BUFFER_INIT(s->options.max_body_bytes);
        bool ok = http_unpack(q->exchange.body, &plain);
        q->body.full = plain.full;
        q->exchange.body.len = plain.len;
        q->exchange.body.at = q->unpacked = buffer_steal(&plain);
        if (!ok && !q->body.full) {
            http_reply_text(&q->reply, 400, "text/plain", "the body is not what its Content-Encoding says\n");
            return false;
        }
    }
    if (q->body.full)
        http_reply_text(&q->reply, 413, "text/plain", "the body is too large\n");
    return !q->body.full;
}

/* ---- one request
 * ------------------------------------------------------------------------------------------------------ */

static bool path_fits(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    if (n && pattern[n - 1] == '*')
        return strncmp(pattern, path, n - 1) == 0;
    return strcmp(pattern, path) == 0;
}

static bool method_fits(const char *wanted, const char *method)
{
    return !wanted || strcmp(wanted, method) == 0 || (strcmp(wanted, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The row for a request; NULL with the answer (404, 405) in the reply. */
static const struct http_path *find_row(const struct http_server *s, struct request *q)
{
    const struct http_path *other = NULL;

    for (size_t i = 0; i < s->options.npaths; i++) {
        const struct http_path *row = &s->options.paths[i];
        if (!path_fits(row->path, q->exchange.path))
            continue;
        if (method_fits(row->method, q->exchange.method))
            return row;
        other = row;
    }
    http_reply_text(&q->reply, other ? 405 : 404, "text/plain", other ? "method not allowed\n" : "not found\n");
    if (other)
        http_reply_header(&q->reply, "Allow", "%s", other->method);
    return NULL;
}

static ssize_t read_block(void *cls, uint64_t pos, char *to, size_t max)
{
    struct request *q = cls;
    size_t end = q->reply.fault == HTTP_FAULT_CUT ? q->reply.body_len / 2 : q->reply.body_len;

    if (pos >= end)
        return q->reply.fault == HTTP_FAULT_CUT ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    if (max > end - pos)
        max = end - (size_t)pos;
    memcpy(to, q->reply.body + pos, max);
    return (ssize_t)max;
}

static struct MHD_Response *make_response(struct request *q)
{
    struct http_reply *r = &q->reply;

    if (r->chunked || r->fault == HTTP_FAULT_CUT)
        return MHD_create_response_from_callback(r->chunked ? MHD_SIZE_UNKNOWN : r->body_len, BLOCK_BYTES, read_block,
                                                 q, NULL);
    return MHD_create_response_from_buffer(r->body_len, r->body, MHD_RESPMEM_PERSISTENT); /* the request outlives it */
}

static void pack(struct http_reply *r)
{
    size_t len;
    char *packed = http_pack(text_make(r->body, r->body_len), &len);

    http_reply_take(r, r->status, r->content_type, packed, len);
    http_reply_header(r, "Content-Encoding", "gzip");
}

static enum MHD_Result send_reply(struct MHD_Connection *c, struct request *q)
{
    struct http_reply *r = &q->reply;
    if (r->fault == HTTP_FAULT_CLOSE)
        return MHD_NO;

    const char *accepted = http_exchange_header(&q->exchange, "Accept-Encoding");
    if (r->compress && r->body_len && accepted && strcasestr(accepted, "gzip"))
        pack(r);
    struct MHD_Response *response = make_response(q);
    if (!response)
        memory_exhausted();
    if (r->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->content_type);
    for (size_t i = 0; i < r->nheaders; i++)
        MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
    enum MHD_Result result = MHD_queue_response(c, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return result;
}

static void call_handler(struct http_server *s, struct request *q)
{
    q->reply.again = false;
    q->reply.delay_ms = 0;
    q->row->handler(s->options.context, &q->exchange, &q->reply);
    q->exchange.state = q->reply.state;
}

static void stir(struct http_server *s, struct MHD_Connection *c, bool waiting)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    crowd_stir(&s->crowd, info->socket_context, waiting);
}

/* Parks the connection until its time has come, or answers at once. */
static enum MHD_Result park_or_send(struct http_server *s, struct MHD_Connection *c, struct request *q)
{
    if (q->reply.delay_ms > 0 || q->reply.again) {
        q->stage = STAGE_WAITING;
        stir(s, c, true);
        MHD_suspend_connection(c);
        heap_add(&s->waiting, &q->due, clock_ms() + q->reply.delay_ms);
        return MHD_YES;
    }
    q->stage = STAGE_READY;
    stir(s, c, false);
    return send_reply(c, q);
}

static enum MHD_Result dispatch(struct http_server *s, struct MHD_Connection *c, struct request *q)
{
    if (take_body(s, q)) {
        q->row = find_row(s, q);
        if (q->row)
            call_handler(s, q);
    }
    return park_or_send(s, c, q);
}

struct sum {
    size_t bytes;
};

static enum MHD_Result add_header_bytes(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct sum *sum = cls;
    (void)kind;
    sum->bytes += strlen(name) + 4 + (value ? strlen(value) : 0);
    return MHD_YES;
}

/* What can be refused before the body is read; 0: nothing. */
static int early_refusal(const struct http_server *s, struct MHD_Connection *c, const struct request *q)
{
    struct sum sum = {strlen(q->uri) + strlen(q->exchange.method)};
    if (sum.bytes > s->options.max_header_bytes)
        return 414;
    MHD_get_connection_values(c, MHD_HEADER_KIND, add_header_bytes, &sum);
    if (sum.bytes > s->options.max_header_bytes)
        return 431;
    const char *length = http_exchange_header(&q->exchange, "Content-Length");
    return length && strtoull(length, NULL, 10) > s->options.max_body_bytes ? 413 : 0;
}

static enum MHD_Result begin_request(struct http_server *s, struct MHD_Connection *c, struct request *q,
                                     const char *url, const char *method)
{
    q->stage = STAGE_BODY;
    q->exchange.method = method;
    q->exchange.path = url;
    q->exchange.uri = q->uri;
    q->exchange.connection = c;
    int status = early_refusal(s, c, q);
    if (!status)
        return MHD_YES;
    http_reply_text(&q->reply, status, "text/plain",
                    status == 413 ? "the body is too large\n" : "the request line and headers are too long\n");
    q->stage = STAGE_READY;
    return send_reply(c, q);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **con_cls)
{
    struct http_server *s = cls;
    struct request *q = *con_cls;
    (void)version;

    switch (q->stage) {
    case STAGE_HEADERS:
        return begin_request(s, c, q, url, method);
    case STAGE_BODY:
        if (*upload_len == 0)
            return dispatch(s, c, q);
        buffer_add(&q->body, upload, *upload_len); /* what does not fit is dropped, and answered with 413 */
        *upload_len = 0;
        return MHD_YES;
    case STAGE_WAITING:
        bug("a waiting request was resumed");
    case STAGE_READY:
        stir(s, c, false);
        return send_reply(c, q);
    }
    return MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **guest, enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *guest = crowd_enter(&s->crowd, MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    else
        crowd_leave(&s->crowd, *guest);
}

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
    struct http_server *s = cls;
    struct request *q = xcalloc(1, sizeof *q);
    (void)c;
    q->uri = xstrdup(uri);
    q->body = BUFFER_INIT(s->options.max_body_bytes);
    return q;
}

static void on_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode code)
{
    struct http_server *s = cls;
    struct request *q = *con_cls;
    (void)c;

    if (!q)
        return;
    heap_remove(&s->waiting, &q->due);
    if (q->reply.state && s->options.completed)
        s->options.completed(s->options.context, q->reply.state, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    http_reply_release(&q->reply);
    buffer_release(&q->body);
    free(q->unpacked);
    free(q->uri);
    free(q);
    *con_cls = NULL;
}

/* ---- the thread
 * --------------------------------------------------------------------------------------------------------- */

static void serve_due(struct http_server *s, int64_t now)
{
    struct heap_item *item;

    while ((item = heap_first(&s->waiting)) && item->due <= now) {
        struct request *q = (struct request *)item;
        heap_remove(&s->waiting, item);
        if (q->reply.again)
            call_handler(s, q);
        else
            q->reply.delay_ms = 0;
        if (q->reply.again || q->reply.delay_ms > 0) {
            heap_add(&s->waiting, item, now + q->reply.delay_ms);
            if (q->reply.again && q->reply.delay_ms <= 0)
                return; /* once a turn, lest others starve */
            continue;
        }
        q->stage = STAGE_READY;
        MHD_resume_connection(q->exchange.connection);
    }
}

static int wait_ms(const struct http_server *s)
{
    int64_t wait = LONGEST_WAIT_MS;
    MHD_UNSIGNED_LONG_LONG theirs;
    const struct heap_item *first = heap_first(&s->waiting);

    if (MHD_get_timeout(s->daemon, &theirs) == MHD_YES && (int64_t)theirs < wait)
        wait = (int64_t)theirs;
    if (first) {
        int64_t ours = first->due - clock_ms();
        wait = ours < wait ? ours : wait;
    }
    return wait < 0 ? 0 : (int)wait;
}

/* A stop closes what waits: its answer is not sent. */
static void close_waiting(struct http_server *s)
{
    struct heap_item *item;

    while ((item = heap_first(&s->waiting))) {
        struct request *q = (struct request *)item;
        heap_remove(&s->waiting, item);
        q->stage = STAGE_READY;
        q->reply.fault = HTTP_FAULT_CLOSE;
        MHD_resume_connection(q->exchange.connection);
    }
    MHD_run(s->daemon);
}

static void *serve(void *cls)
{
    struct http_server *s = cls;
    struct pollfd fds[2] = {{.fd = s->epoll, .events = POLLIN}, {.fd = s->wake, .events = POLLIN}};

    while (!(fds[1].revents & POLLIN)) {
        serve_due(s, clock_ms());
        MHD_run(s->daemon);
        poll(fds, 2, wait_ms(s));
    }
    close_waiting(s);
    return NULL;
}

/* Signals are the main thread's: the server's thread takes none. */
static bool start_thread(struct http_server *s)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->started = pthread_create(&s->thread, NULL, serve, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->started;
}

/* ---- start and stop
 * ----------------------------------------------------------------------------------------------------- */

static void set_defaults(struct http_server_options *o)
{
    o->max_connections = o->max_connections ? o->max_connections : DEFAULT_CONNECTIONS;
    o->max_header_bytes = o->max_header_bytes ? o->max_header_bytes : DEFAULT_HEADER_BYTES;
    o->max_body_bytes = o->max_body_bytes ? o->max_body_bytes : DEFAULT_BODY_BYTES;
    o->idle_timeout_s = o->idle_timeout_s ? o->idle_timeout_s : DEFAULT_IDLE_S;
}

/* The daemon owns the socket from here on, if it starts. Its memory per connection holds the header limit, and what
 * libmicrohttpd makes of it, with room to spare: the limit itself is ours to enforce. */
static bool start_daemon(struct http_server *s)
{
    const struct http_server_options *o = &s->options;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, s, MHD_OPTION_LISTEN_SOCKET,
        s->listener.fd, MHD_OPTION_CONNECTION_LIMIT, o->max_connections + LEAVING_CONNECTIONS,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(4 * o->max_header_bytes + BLOCK_BYTES),
        MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    s->epoll = info ? info->epoll_fd : -1;
    return s->epoll >= 0;
}

struct http_server *http_server_start(const struct http_server_options *options, struct error *e)
{
    struct listener listener;
    if (!listener_open(&listener, options->listen, e))
        return NULL;

    struct http_server *s = xcalloc(1, sizeof *s);
    s->listener = listener;
    s->options = *options;
    s->options.listen = NULL;
    set_defaults(&s->options);
    s->crowd.most = s->options.max_connections;
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake >= 0 && start_daemon(s) && start_thread(s))
        return s;
    error_set(e, STATUS_UNAVAILABLE, "cannot serve on %s: %s", options->listen, strerror(errno));
    error_hint(e, "Raise the limits on open files and threads of this user.");
    if (!s->daemon)
        close(listener.fd);
    http_server_stop(s);
    return NULL;
}

int http_server_port(const struct http_server *s)
{
    return s->listener.port;
}

const char *http_server_address(const struct http_server *s)
{
    return s->listener.address;
}

void http_server_stop(struct http_server *s)
{
    if (!s)
        return;
    if (s->started) {
        eventfd_write(s->wake, 1);
        pthread_join(s->thread, NULL);
    }
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->wake >= 0)
        close(s->wake);
    heap_release(&s->waiting);
    free(s);
}
