/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h: HTTP/1.1 on one address, behind a table of paths.
 *
 *     static void hello(void *context, const struct http_exchange *x, struct http_reply *reply)
 *     {
 *         http_reply_text(reply, 200, "text/plain", "hello\n");
 *     }
 *     static const struct http_path paths[] = {{"GET", "/hello", hello}};
 *     struct http_server *s = http_server_start(
 *         &(struct http_server_options){.listen = "127.0.0.1:0", .paths = paths, .npaths = 1}, &e);
 *
 * One thread, the server's own, does everything: it reads, calls the handler once the whole request is there, and
 * writes. Handlers are therefore called one at a time and must not block. Waiting costs no thread: a reply may ask to
 * be sent later (`delay_ms`), or the handler to be called again later (`again`), while other requests go on; fifty slow
 * requests are fifty parked connections. Handlers share data with other threads by their own lock.
 *
 * Bounds: connections, header bytes, body bytes (after gunzip) and idle seconds, all in the options. Beyond them the
 * server answers 413, 414 or 431, or closes: of too many connections the one that has been idle longest, so that those who hold
 * connections never shut out one who asks. gzip and deflate request bodies are unpacked. */
#ifndef SFSINK_COMMON_HTTP_SERVER_H
#define SFSINK_COMMON_HTTP_SERVER_H

#include "common/error.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;

/* One request, lent to the handler for the call (and for the later calls of the same request). */
struct http_exchange {
    const char *method; /* "GET" */
    const char *path;   /* percent-decoded, without the query */
    const char *uri;    /* as it came, with the query */
    struct text body;   /* unpacked */
    void *state;        /* what an earlier call of this request left in its reply; NULL at first */
    void *connection;   /* the server's */
};

const char *http_exchange_query(const struct http_exchange *x,
                                const char *name); /* decoded; "" without a value; NULL: not there; lent */
const char *http_exchange_header(const struct http_exchange *x, const char *name); /* any case, or NULL; lent */
bool http_exchange_gone(const struct http_exchange *x); /* the client has closed the connection by now */

enum http_fault {
    HTTP_FAULT_NONE,
    HTTP_FAULT_CLOSE, /* close without an answer */
    HTTP_FAULT_CUT    /* status and headers, half the body, then close */
};

enum { HTTP_REPLY_HEADERS = 12 };

/* Filled by the handler; starts as all zero. */
struct http_reply {
    int status;
    const char *content_type; /* a constant; NULL: none */
    char *body;               /* malloc'd, the server frees it; NULL: empty */
    size_t body_len;
    struct http_reply_header {
        char *name, *value;
    } headers[HTTP_REPLY_HEADERS]; /* by http_reply_header() */
    size_t nheaders;
    bool chunked;     /* Transfer-Encoding: chunked instead of Content-Length */
    bool compress;    /* gzip, if the client takes it */
    int64_t delay_ms; /* send it so much later */
    bool again;       /* no reply yet: call the handler again after delay_ms, with this `state` */
    void *state;      /* comes back as exchange.state, and to `completed` */
    enum http_fault fault;
};

void http_reply_take(struct http_reply *r, int status, const char *content_type, char *body,
                     size_t len); /* body: malloc'd */
void http_reply_text(struct http_reply *r, int status, const char *content_type,
                     const char *body); /* copies the body */
/* Adds a header; more than HTTP_REPLY_HEADERS are a defect. CR and LF in the value become blanks. */
void http_reply_header(struct http_reply *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void http_reply_release(struct http_reply *r); /* frees what it holds; the server does it for its own */

typedef void http_handler(void *context, const struct http_exchange *x, struct http_reply *reply);

struct http_path {
    const char *method; /* "GET" (answers HEAD too), …; NULL: any */
    const char *path;   /* "/metrics", or a beginning and a star: "/control/" "*"; the first row that fits */
    http_handler *handler;
};

struct http_server_options {
    const char *listen;            /* "127.0.0.1:8080", "[::1]:8080", "localhost:0"; port 0: any free one */
    const struct http_path *paths; /* lent as long as the server runs */
    size_t npaths;
    void *context; /* for handlers and `completed` */
    void (*completed)(void *context, void *state,
                      bool sent); /* NULL, or: the request is over; only where `state` was set */
    unsigned max_connections;     /* 0: 64 */
    size_t max_header_bytes;      /* request line and headers; 0: 16384 */
    size_t max_body_bytes;        /* 0: 65536 */
    unsigned idle_timeout_s;      /* 0: 30 */
};

/* NULL and an error (STATUS_UNAVAILABLE with what to do) if the address cannot be bound. */
struct http_server *http_server_start(const struct http_server_options *options, struct error *e);
int http_server_port(const struct http_server *s);            /* the real one */
const char *http_server_address(const struct http_server *s); /* "127.0.0.1:8080", with the real port; lent */
void http_server_stop(struct http_server *s); /* closes all connections; NULL is fine; not from a handler */

#endif
