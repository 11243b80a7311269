/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fake_http.h"

#include "common/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_REQUESTS = 256 };

struct asked {
    uint64_t id;
    char *name;
    const struct exchange *exchange; /* NULL: unexpected */
    bool over;
};

struct fake_http {
    struct http_client door;
    const struct exchange *script;
    bool used[MAX_REQUESTS];
    struct asked asked[MAX_REQUESTS];
    size_t nasked, unexpected;
    bool hold;
    char *body;
};

static struct fake_http *fake(struct http_client *c)
{
    return (struct fake_http *)c;
}

static bool fits(const char *pattern, const char *name)
{
    size_t len = strlen(pattern);

    if (len && pattern[len - 1] == '*')
        return strncmp(pattern, name, len - 1) == 0;
    return strcmp(pattern, name) == 0;
}

static bool has_header(const struct http_request *r, const char *begin)
{
    for (size_t i = 0; i < HTTP_REQUEST_HEADERS && r->headers[i]; i++)
        if (strncmp(r->headers[i], begin, strlen(begin)) == 0)
            return true;
    return false;
}

static bool is_as_wanted(const struct exchange *e, const struct http_request *r)
{
    if (e->header && !has_header(r, e->header))
        return false;
    if (e->no_header && has_header(r, e->no_header))
        return false;
    return !e->body_has || (r->body.at && memmem(r->body.at, r->body.len, e->body_has, strlen(e->body_has)));
}

static const struct exchange *take_exchange(struct fake_http *f, const char *name, const struct http_request *r)
{
    for (size_t i = 0; f->script[i].request; i++) {
        if (f->used[i] || !fits(f->script[i].request, name))
            continue;
        f->used[i] = true;
        if (is_as_wanted(&f->script[i], r))
            return &f->script[i];
        fprintf(stderr, "fake_http: %s: not the headers or body of exchange %zu: %.*s\n", name, i, (int)r->body.len,
                r->body.at ? r->body.at : "");
        return NULL;
    }
    fprintf(stderr, "fake_http: unexpected %s\n", name);
    return NULL;
}

static uint64_t submit(struct http_client *c, const struct http_request *r)
{
    struct fake_http *f = fake(c);
    const char *host = strstr(r->url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    struct asked *a = &f->asked[f->nasked++];

    if (f->nasked >= MAX_REQUESTS)
        bug("more than %d requests", MAX_REQUESTS);
    *a = (struct asked){.id = f->nasked, .name = xasprintf("%s %s", r->method, path ? path : r->url)};
    a->exchange = take_exchange(f, a->name, r);
    f->unexpected += a->exchange == NULL;
    if (r->body.at) {
        free(f->body);
        f->body = xstrndup(r->body.at, r->body.len);
    }
    return a->id;
}

static void cancel(struct http_client *c, uint64_t id)
{
    if (id && id <= fake(c)->nasked)
        fake(c)->asked[id - 1].over = true;
}

static void answer(const struct exchange *e, struct http_response *out)
{
    static const struct exchange nothing = {.reach = HTTP_NOT_SENT};

    e = e ? e : &nothing;
    out->status = e->status;
    out->reach = e->status ? HTTP_ANSWERED : e->reach;
    out->certificate = e->certificate;
    out->body = xstrdup(e->body ? e->body : "");
    out->body_len = strlen(out->body);
    snprintf(out->why, sizeof out->why, "%s", e->status ? "" : "the script says so");
    snprintf(out->retry_after, sizeof out->retry_after, "%s", e->retry_after ? e->retry_after : "");
    snprintf(out->limit_info, sizeof out->limit_info, "%s", e->limit_info ? e->limit_info : "");
    snprintf(out->last_modified, sizeof out->last_modified, "%s", e->last_modified ? e->last_modified : "");
    snprintf(out->date, sizeof out->date, "Tue, 10 Aug 2015 00:00:00 GMT");
}

static bool completed(struct http_client *c, struct http_response *out)
{
    struct fake_http *f = fake(c);

    for (size_t i = 0; i < f->nasked && !f->hold; i++) {
        if (f->asked[i].over)
            continue;
        f->asked[i].over = true;
        *out = (struct http_response){.id = f->asked[i].id};
        answer(f->asked[i].exchange, out);
        return true;
    }
    return false;
}

static void wait_for(struct http_client *c, const int *fds, size_t nfds, int timeout_ms)
{
    (void)c, (void)fds, (void)nfds, (void)timeout_ms;
}

void fake_http_free(struct fake_http *f)
{
    for (size_t i = 0; i < f->nasked; i++)
        free(f->asked[i].name);
    free(f->body);
    free(f);
}

static void free_client(struct http_client *c)
{
    fake_http_free(fake(c));
}

struct fake_http *fake_http_new(const struct exchange *script)
{
    static const struct http_client_operations operations = {free_client, submit, cancel, completed, wait_for};
    struct fake_http *f = xcalloc(1, sizeof *f);

    f->door.operations = &operations;
    f->script = script;
    return f;
}

struct http_client *fake_http_client(struct fake_http *f)
{
    return &f->door;
}

void fake_http_hold(struct fake_http *f, bool hold)
{
    f->hold = hold;
}

size_t fake_http_unexpected(const struct fake_http *f)
{
    return f->unexpected;
}

size_t fake_http_left(const struct fake_http *f)
{
    size_t left = 0;

    for (size_t i = 0; f->script[i].request; i++)
        left += !f->used[i];
    return left;
}

size_t fake_http_asked(const struct fake_http *f, const char *request)
{
    size_t n = 0;

    for (size_t i = 0; i < f->nasked; i++)
        n += fits(request, f->asked[i].name);
    return n;
}

size_t fake_http_open(const struct fake_http *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->nasked; i++)
        n += !f->asked[i].over;
    return n;
}

const char *fake_http_body(const struct fake_http *f)
{
    return f->body ? f->body : "";
}
