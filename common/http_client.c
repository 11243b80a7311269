/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http_client.h"

#include "common/buffer.h"
#include "common/http_packing.h"
#include "common/memory.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <utlist.h>

enum {
    CONNECT_TIMEOUT_MS = 10000,
    PACK_ABOVE = 512, /* a smaller body is not worth the header */
    IDLE_MAX_S = 60,  /* a connection that was idle for longer is not used again: the far end may have dropped it */
    KEEPALIVE_S = 30,
    NAMES_KEPT_S = 10, /* curl's minute for a wrong address, on top of the pauses between attempts, is too long */
    MAX_DESCRIPTORS = 8,
    POLL_AGAIN_MS = 1000
};
static const size_t RESPONSE_CEILING = (size_t)64 * 1024 * 1024;

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    char *packed; /* the body as it goes out, plain or gzip */
    size_t packed_len, sent;
    struct buffer body;
    char error[CURL_ERROR_SIZE];
    struct http_response response;
    struct transfer *prev, *next;
};

struct curl_client {
    struct http_client door;
    CURLM *multi;
    struct transfer *transfers;
    char *ca_file;
    bool compress;
    uint64_t last_id;
};

static struct curl_client *curl_client(struct http_client *c)
{
    return (struct curl_client *)c;
}

/* ---- what curl calls ---- */

static size_t give_body(char *to, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    size_t room = size * n, left = t->packed_len - t->sent;
    size_t len = left < room ? left : room;

    memcpy(to, t->packed + t->sent, len);
    t->sent += len;
    return len;
}

/* curl sends a request again by itself when a kept connection turns out to be dead, even one that had left whole and may
 * have been carried out. Whether to repeat a write is not its decision: a body of which a byte has left is not given
 * twice. */
static int refuse_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context, (void)offset, (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t take_body(char *from, size_t size, size_t n, void *context)
{
    struct transfer *t = context;

    buffer_add(&t->body, from, size * n);
    return t->body.full ? 0 : size * n;
}

/* Copies the value of "Name: value\r\n" if the name is this one; a second header of the name replaces the first. */
static bool copy_header(const char *line, size_t len, const char *name, char *to, size_t size)
{
    size_t skip = strlen(name);

    if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
        return false;
    for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t'); skip++)
        ;
    while (len > skip && (unsigned char)line[len - 1] <= ' ')
        len--;
    snprintf(to, size, "%.*s", (int)(len - skip), line + skip);
    return true;
}

static size_t take_header(char *line, size_t size, size_t n, void *context)
{
    struct http_response *r = &((struct transfer *)context)->response;
    size_t len = size * n;

    (void)(copy_header(line, len, "Content-Type", r->content_type, sizeof r->content_type) ||
           copy_header(line, len, "Retry-After", r->retry_after, sizeof r->retry_after) ||
           copy_header(line, len, "Sforce-Limit-Info", r->limit_info, sizeof r->limit_info) ||
           copy_header(line, len, "Last-Modified", r->last_modified, sizeof r->last_modified) ||
           copy_header(line, len, "Date", r->date, sizeof r->date));
    return len;
}

/* ---- a transfer's life ---- */

static void transfer_free(struct curl_client *c, struct transfer *t)
{
    DL_DELETE(c->transfers, t);
    curl_multi_remove_handle(c->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t->packed);
    buffer_release(&t->body);
    free(t);
}

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);

    if (!longer)
        memory_exhausted();
    t->headers = longer;
}

static void take_request_body(struct curl_client *c, struct transfer *t, const struct http_request *r)
{
    if (c->compress && !r->plain && r->body.len > PACK_ABOVE) {
        t->packed = http_pack(r->body, &t->packed_len);
        add_header(t, "Content-Encoding: gzip");
    } else {
        t->packed = xstrndup(r->body.at, r->body.len);
        t->packed_len = r->body.len;
    }
}

static void set_body(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->packed_len);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, refuse_rewind);
    curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
}

static void set_transport(const struct curl_client *c, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)NAMES_KEPT_S);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sfsink/" SFSINK_VERSION);
    if (c->ca_file[0]) /* the system's authorities stay known through their folder, CURLOPT_CAPATH's default */
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
    if (c->compress)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void set_request(struct transfer *t, const struct http_request *r)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
}

static uint64_t submit(struct http_client *door, const struct http_request *r)
{
    struct curl_client *c = curl_client(door);
    struct transfer *t = xcalloc(1, sizeof *t);

    t->easy = curl_easy_init();
    if (!t->easy)
        memory_exhausted();
    t->response.id = ++c->last_id;
    t->body = BUFFER_INIT(r->max_response ? r->max_response : RESPONSE_CEILING);
    for (size_t i = 0; i < HTTP_REQUEST_HEADERS && r->headers[i]; i++)
        add_header(t, r->headers[i]);
    add_header(t, "Expect:");
    if (r->body.at)
        take_request_body(c, t, r);
    set_transport(c, t->easy);
    if (r->body.at)
        set_body(t);
    set_request(t, r);
    DL_APPEND(c->transfers, t);
    CURLMcode rc = curl_multi_add_handle(c->multi, t->easy);
    if (rc != CURLM_OK)
        bug("curl_multi_add_handle: %s", curl_multi_strerror(rc));
    return t->response.id;
}

static void cancel(struct http_client *door, uint64_t id)
{
    struct curl_client *c = curl_client(door);
    struct transfer *t;

    DL_SEARCH_SCALAR(c->transfers, t, response.id, id);
    if (t)
        transfer_free(c, t);
}

/* ---- how it ended ---- */

static bool failed_before_sending(CURL *easy, CURLcode code)
{
    long request_bytes = 0, proxy_status = 0;

    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT ||
        code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return true;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    return request_bytes == 0 || (proxy_status != 0 && proxy_status / 100 != 2);
}

static bool is_certificate(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
           code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_INVALIDCERTSTATUS;
}

static void say_why(struct transfer *t, CURLcode code)
{
    struct http_response *r = &t->response;

    if (t->body.full)
        snprintf(r->why, sizeof r->why, "the answer is longer than %zu bytes", t->body.ceiling);
    else
        snprintf(r->why, sizeof r->why, "%s", t->error[0] ? t->error : curl_easy_strerror(code));
}

static void finish(struct transfer *t, CURLcode code)
{
    struct http_response *r = &t->response;
    long status = 0;
    curl_off_t took_us = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &took_us);
    r->took_ms = took_us / 1000;
    if (code == CURLE_OK) {
        r->reach = HTTP_ANSWERED;
        r->status = (int)status;
        r->body_len = t->body.len;
        r->body = buffer_steal(&t->body);
        return;
    }
    r->reach = failed_before_sending(t->easy, code) ? HTTP_NOT_SENT : HTTP_SENT;
    r->certificate = is_certificate(code);
    r->body = xstrdup("");
    say_why(t, code);
}

static bool completed(struct http_client *door, struct http_response *out)
{
    struct curl_client *c = curl_client(door);
    CURLMsg *m = NULL;
    int left, running;

    do
        m = curl_multi_info_read(c->multi, &left);
    while (m && m->msg != CURLMSG_DONE);
    if (!m) {
        curl_multi_perform(c->multi, &running);
        m = curl_multi_info_read(c->multi, &left);
    }
    if (!m || m->msg != CURLMSG_DONE)
        return false;
    struct transfer *t = NULL;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    finish(t, m->data.result);
    *out = t->response;
    transfer_free(c, t);
    return true;
}

static void wait_for(struct http_client *door, const int *fds, size_t nfds, int timeout_ms)
{
    struct curl_client *c = curl_client(door);
    struct curl_waitfd extra[MAX_DESCRIPTORS];

    if (nfds > MAX_DESCRIPTORS)
        bug("%zu descriptors to wait for, %d at the most", nfds, MAX_DESCRIPTORS);
    for (size_t i = 0; i < nfds; i++)
        extra[i] = (struct curl_waitfd){.fd = fds[i], .events = CURL_WAIT_POLLIN};
    curl_multi_poll(c->multi, extra, (unsigned)nfds, timeout_ms < POLL_AGAIN_MS ? timeout_ms : POLL_AGAIN_MS, NULL);
}

static void free_client(struct http_client *door)
{
    struct curl_client *c = curl_client(door);

    while (c->transfers)
        transfer_free(c, c->transfers);
    curl_multi_cleanup(c->multi);
    free(c->ca_file);
    free(c);
}

/* ---- the door ---- */

struct http_client *http_client_new(const struct http_client_options *options)
{
    static const struct http_client_operations operations = {free_client, submit, cancel, completed, wait_for};
    struct curl_client *c = xcalloc(1, sizeof *c);

    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, xrealloc, xstrdup, xcalloc) != CURLE_OK)
        bug("libcurl cannot be initialised");
    c->door.operations = &operations;
    c->multi = curl_multi_init();
    if (!c->multi)
        memory_exhausted();
    curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    c->ca_file = xstrdup(options->ca_file ? options->ca_file : "");
    c->compress = options->compress;
    return &c->door;
}

void http_client_free(struct http_client *c)
{
    if (c)
        c->operations->free(c);
}

uint64_t http_client_submit(struct http_client *c, const struct http_request *r)
{
    return c->operations->submit(c, r);
}

void http_client_cancel(struct http_client *c, uint64_t id)
{
    c->operations->cancel(c, id);
}

bool http_client_completed(struct http_client *c, struct http_response *out)
{
    return c->operations->completed(c, out);
}

void http_response_release(struct http_response *r)
{
    free(r->body);
    r->body = NULL;
}

void http_client_wait(struct http_client *c, const int *fds, size_t nfds, int timeout_ms)
{
    c->operations->wait(c, fds, nfds, timeout_ms);
}
