/* SPDX-License-Identifier: Apache-2.0 */
/* http_client.h: HTTP requests that do not block: submit, wait, completed. libcurl's multi interface behind a small door.
 *
 *     uint64_t id = http_client_submit(http, &(struct http_request){.method = "POST", .url = url, .body = body, ...});
 *     http_client_wait(http, fds, nfds, timeout_ms);               the loop's one poll
 *     while (http_client_completed(http, &response)) ... http_response_release(&response);
 *
 * HTTP/1.1 with keep-alive, certificates always verified, proxies as HTTPS_PROXY and NO_PROXY say, no redirect ever
 * followed (a bearer token must not travel to another host). gzip both ways where the options say so. One thread.
 * http_client_new() gives the real one; tests bring their own operations (tests/unit/fake_http.c). */
#ifndef SFSINK_COMMON_HTTP_CLIENT_H
#define SFSINK_COMMON_HTTP_CLIENT_H

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_client;

struct http_client_options {
    const char *ca_file; /* a private CA beside the system's; NULL or "": none */
    bool compress;       /* send bodies above a few hundred bytes as gzip, take gzip answers */
};

enum { HTTP_REQUEST_HEADERS = 12 };

struct http_request {
    const char *method;
    const char *url;
    const char *headers[HTTP_REQUEST_HEADERS]; /* "Name: value"; NULL ends them */
    struct text body;                          /* TEXT_NONE: none */
    int64_t timeout_ms;                        /* of the whole exchange; connecting has 10 s of it */
    size_t max_response;                       /* bytes, unpacked; a longer answer fails. 0: 64 MiB */
    bool plain; /* the body goes as it is, never as gzip: token endpoints are not known to take it */
};

/* How far a request without a usable answer came: decides whether it may have been carried out. */
enum http_reach {
    HTTP_NOT_SENT, /* no byte of it reached the server: DNS, connect, TLS */
    HTTP_SENT,     /* some or all of it did, and no whole answer came */
    HTTP_ANSWERED  /* status, headers and the whole body are here */
};

struct http_response {
    uint64_t id;
    enum http_reach reach;
    int status;       /* 0 unless answered */
    char why[256];    /* not answered: what happened, in words */
    bool certificate; /* not answered because the certificate does not verify */
    char *body;       /* NUL-terminated, never NULL; http_response_release() frees it */
    size_t body_len;
    char content_type[96];
    char retry_after[64]; /* headers as they came; "": not there */
    char limit_info[160]; /* Sforce-Limit-Info */
    char last_modified[64];
    char date[64];
    int64_t took_ms;
};

/* Never NULL. */
struct http_client *http_client_new(const struct http_client_options *options);
void http_client_free(struct http_client *c); /* cancels everything; NULL is fine */

/* Copies everything. Never fails: what cannot be sent completes as HTTP_NOT_SENT. Ids are never 0, never used twice. */
uint64_t http_client_submit(struct http_client *c, const struct http_request *r);
void http_client_cancel(struct http_client *c, uint64_t id); /* no response will come; unknown ids are fine */

/* Works on all transfers without waiting; true: *out is one response, yours to release. Call until false. */
bool http_client_completed(struct http_client *c, struct http_response *out);
void http_response_release(struct http_response *r);

/* Waits until a transfer or one of the descriptors has something, or the time is over. */
void http_client_wait(struct http_client *c, const int *fds, size_t nfds, int timeout_ms);

/* The seam: what stands behind the functions above. The real client and the tests' fake begin with a struct http_client. */
struct http_client_operations {
    void (*free)(struct http_client *c);
    uint64_t (*submit)(struct http_client *c, const struct http_request *r);
    void (*cancel)(struct http_client *c, uint64_t id);
    bool (*completed)(struct http_client *c, struct http_response *out);
    void (*wait)(struct http_client *c, const int *fds, size_t nfds, int timeout_ms);
};
struct http_client {
    const struct http_client_operations *operations;
};

#endif
