/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th HTTP call fails, in each of the ways that it can, for n = 1, 2, 3 … until nothing fails any more. An update needs a token, the Ids of its
 * records and the write. Whatever fails, nobody is refused for it, every batch has one answer, and sent again it ends applied. */
#include "common/http_client.h"
#include "common/memory.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "{\"access_token\":\"t1\",\"instance_url\":\"https://acme.my.salesforce.com\",\"token_type\":\"Bearer\"}"

enum { WRITES = 2, PENDING_MAX = 16, MOST_ROUNDS = 12, MOST_TURNS = 200, MOST_CALLS = 20 };

/* ---- an org that answers everything but the n-th call ----------------------------------------------------------------------- */

struct failing {
    const char *name;
    int status; /* 0: no answer */
    enum http_reach reach;
    const char *body;
    bool applied; /* the write was carried out before it failed */
};

struct org {
    struct http_client door; /* first */
    const struct failing *failing;
    int calls, nth, applied;
    struct http_response pending[PENDING_MAX];
    size_t npending;
};

static const struct reply {
    const char *method, *path, *body;
    bool writes;
} replies[] = {
    {"POST", "/services/oauth2/token", TOKEN, false},
    {"GET", "/services/data/v59.0/query",
     "{\"totalSize\":2,\"done\":true,\"records\":[{\"Id\":\"003000000000000AAA\",\"External_Id__c\":\"k0\"},"
     "{\"Id\":\"003000000000001AAA\",\"External_Id__c\":\"k1\"}]}",
     false},
    {"PATCH", "/services/data/v59.0/composite/sobjects",
     "[{\"id\":\"003000000000000AAA\",\"success\":true,\"errors\":[]},{\"id\":\"003000000000001AAA\",\"success\":true,"
     "\"errors\":[]}]",
     true},
};

static uint64_t submit(struct http_client *c, const struct http_request *r)
{
    struct org *o = (struct org *)c;
    const char *path = strchr(strstr(r->url, "://") + 3, '/');
    const struct reply *reply = replies;
    struct http_response *out = &o->pending[o->npending++];

    assert_true(o->npending <= PENDING_MAX);
    while (strcmp(reply->method, r->method) != 0 || strncmp(path, reply->path, strlen(reply->path)) != 0)
        if (++reply == replies + sizeof replies / sizeof *replies)
            fail_msg("unexpected %s %s", r->method, path);
    const struct failing *f = ++o->calls == o->nth ? o->failing : NULL;
    o->applied += reply->writes && (!f || f->applied);
    *out = (struct http_response){.id = (uint64_t)o->calls, .reach = HTTP_ANSWERED, .status = 200};
    if (f) {
        out->status = f->status;
        out->reach = f->status ? HTTP_ANSWERED : f->reach;
        snprintf(out->why, sizeof out->why, "%s", f->name);
    }
    out->body = xstrdup(f ? f->body : reply->body);
    out->body_len = strlen(out->body);
    return out->id;
}

static bool completed(struct http_client *c, struct http_response *out)
{
    struct org *o = (struct org *)c;
    if (!o->npending)
        return false;
    *out = o->pending[0];
    memmove(o->pending, o->pending + 1, --o->npending * sizeof *o->pending);
    return true;
}

static void nothing(struct http_client *c)
{
    (void)c;
}

static void cancel(struct http_client *c, uint64_t id)
{
    (void)c, (void)id;
}

static void wait_for(struct http_client *c, const int *fds, size_t nfds, int timeout_ms)
{
    (void)c, (void)fds, (void)nfds, (void)timeout_ms;
}

/* ---- what stands for the engine: it sends again until all is applied ---------------------------------------------------------- */

static struct answer answer_of(struct sender *s, int64_t *now)
{
    struct answer a = {0};
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        int64_t due = sender_due(s);
        *now = due != INT64_MAX && due > *now ? due : *now + 1;
        if (sender_next_answer(s, *now, &a))
            return a;
    }
    fail_msg("no answer");
    return a;
}

/* False: something of it has to be sent again. */
static bool all_applied(const struct answer *a, const char *name, int nth)
{
    size_t applied = 0;
    if (a->kind == ANSWER_REFUSED || a->kind == ANSWER_HALT)
        fail_msg("%s, call %d: refused: %s", name, nth, a->failure->refusals[0].message);
    for (size_t i = 0; i < a->noutcomes; i++) {
        if (a->outcomes[i].kind == OUTCOME_REFUSED)
            fail_msg("%s, call %d: a record is refused: %s", name, nth, a->outcomes[i].failure->refusals[0].code);
        applied += a->outcomes[i].kind == OUTCOME_APPLIED;
    }
    return a->kind == ANSWER_RESULTS && applied == WRITES;
}

/* Returns whether nothing failed. */
static bool run(const struct failing *failing, int nth)
{
    static const struct http_client_operations operations = {nothing, submit, cancel, completed, wait_for};
    struct org o = {.door = {&operations}, .failing = failing, .nth = nth};
    struct sender *s = sender_new(sample_config(), &o.door);
    int64_t now = 1000;
    bool done = false;

    for (uint64_t id = 1; !done; id++) {
        struct batch *b = sample_batch(id, OP_UPDATE, WRITES);
        assert_true(id < MOST_ROUNDS);
        sender_send(s, now, b);
        struct answer a = answer_of(s, &now);
        assert_int_equal(a.batch, id);
        done = all_applied(&a, failing->name, nth);
        if (a.wait_ms > 0)
            now += a.wait_ms;
        answer_release(&a);
        sample_batch_free(b);
    }
    assert_true(o.applied >= 1);
    assert_int_equal(o.npending, 0);
    sender_free(s);
    return o.calls < nth;
}

static const struct failing ways[] = {
    {"connection refused", 0, HTTP_NOT_SENT, "", false},
    {"cut before it was carried out", 0, HTTP_SENT, "", false},
    {"cut after it was carried out", 0, HTTP_SENT, "", true},
    {"500", 500, HTTP_ANSWERED, "[{\"errorCode\":\"UNKNOWN_EXCEPTION\",\"message\":\"An unexpected error occurred.\"}]",
     false},
    {"502 with a page", 502, HTTP_ANSWERED, "<html>Bad Gateway</html>", true},
    {"503 with a page", 503, HTTP_ANSWERED, "<html>Service Unavailable</html>", false},
    {"a session that has ended", 401, HTTP_ANSWERED,
     "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"Session expired\"}]", false},
    {"a page where JSON should be", 200, HTTP_ANSWERED, "<html>Maintenance</html>", false},
    {"half of the JSON", 200, HTTP_ANSWERED, "[{\"id\":\"0030000", true},
    {"JSON of another kind", 200, HTTP_ANSWERED, "{}", true},
    {"a result too few", 200, HTTP_ANSWERED, "[{\"id\":\"003000000000000AAA\",\"success\":true,\"errors\":[]}]", true},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void every_call(void **state)
{
    int nth = 1;
    while (!run(*state, nth))
        assert_true(++nth < MOST_CALLS);
    assert_int_equal(nth, 4); /* token, query, write; the fourth is never made */
}

int main(void)
{
    struct CMUnitTest tests[WAYS];
    for (size_t i = 0; i < WAYS; i++)
        tests[i] = (struct CMUnitTest){ways[i].name, every_call, NULL, NULL, (void *)(uintptr_t)&ways[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
