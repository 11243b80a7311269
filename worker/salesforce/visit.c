/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/visit.h"

#include "common/clock.h"
#include "common/memory.h"
#include "worker/salesforce/calls.h"
#include "worker/salesforce/error_codes.h"
#include "worker/salesforce/response.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 3, PAUSE_MS = 500, TURN_MS = 1000 };

struct visit {
    const struct config *config;
    struct http_client *http;
    struct session *session;
    struct calls *calls;
};

struct visit *visit_new(const struct config *c)
{
    struct http_client_options options = {.ca_file = c->salesforce.ca_file, .compress = c->salesforce.compress};
    struct visit *v = xcalloc(1, sizeof *v);

    v->config = c;
    v->http = http_client_new(&options);
    v->session = session_new(c, v->http);
    v->calls = calls_new(c, v->http, v->session);
    return v;
}

void visit_free(struct visit *v)
{
    if (!v)
        return;
    calls_free(v->calls);
    session_free(v->session);
    http_client_free(v->http);
    free(v);
}

/* Waits a moment; true: *out is the response of request `id`. */
static bool turn(struct visit *v, uint64_t id, struct http_response *out)
{
    int64_t now = clock_ms(), due = session_due(v->session), wait_ms = due > now ? due - now : 0;

    http_client_wait(v->http, NULL, 0, (int)(wait_ms < TURN_MS ? wait_ms : TURN_MS));
    while (http_client_completed(v->http, out)) {
        if (id && out->id == id)
            return true;
        session_take(v->session, clock_ms(), out);
        http_response_release(out);
    }
    session_tick(v->session, clock_ms());
    return false;
}

bool visit_login(struct visit *v, struct error *e)
{
    const struct error *why;
    struct http_response none;
    int64_t retry_at;

    while (!session_need(v->session, clock_ms())) {
        if (session_failed(v->session, &why, &retry_at)) {
            error_set(e, why->status, "%s", why->text);
            return error_hint(e, "%s", why->hint);
        }
        turn(v, 0, &none);
    }
    return true;
}

const char *visit_instance_url(const struct visit *v)
{
    return session_instance_url(v->session);
}

/* ---- asking ---- */

static bool no_answer(const struct http_response *r, const char *whom, struct error *e)
{
    error_set(e, STATUS_UNAVAILABLE, "%s: %s", whom, r->why);
    if (r->certificate)
        error_hint(e, "the server's certificate does not verify: salesforce.ca_file for a private CA");
    else
        error_hint(e, "is it the right address, and can this machine reach it (HTTPS_PROXY, NO_PROXY)?");
    return false;
}

static enum error_class class_of(const struct http_response *r)
{
    struct verdict v = response_error(r->status, text_make(r->body, r->body_len), OP_UPDATE, "");

    failure_free(v.failure);
    return v.class;
}

static bool is_passing(const struct http_response *r)
{
    if (r->reach != HTTP_ANSWERED)
        return !r->certificate;
    if (r->status == 200 || r->status == 404)
        return false;
    enum error_class class = class_of(r);
    return class == CLASS_RETRY || class == CLASS_CROWDED || class == CLASS_UNKNOWN;
}

static void pause_a_little(struct visit *v)
{
    struct http_response none;

    for (int64_t until = clock_ms() + PAUSE_MS; clock_ms() < until;)
        turn(v, 0, &none);
}

bool visit_get(struct visit *v, const char *path, struct http_response *out, struct error *e)
{
    bool renewed = false;

    for (int tries = 1;; tries++) {
        if (!visit_login(v, e))
            return false;
        uint64_t generation = session_generation(v->session);
        uint64_t id = calls_send(v->calls, "GET", path, TEXT_NONE, NULL);
        while (!turn(v, id, out))
            ;
        bool expired = out->status == 401 && class_of(out) == CLASS_AUTH && !renewed;
        if (!expired && (tries >= TRIES || !is_passing(out)))
            break;
        renewed = renewed || expired;
        if (expired)
            session_expired(v->session, clock_ms(), generation);
        http_response_release(out);
        if (!expired)
            pause_a_little(v);
    }
    if (out->reach == HTTP_ANSWERED && out->status < 500 && out->status != 401)
        return true;
    if (out->reach == HTTP_ANSWERED)
        visit_refused(path, out, e);
    else
        no_answer(out, visit_instance_url(v), e);
    http_response_release(out);
    return false;
}

bool visit_refused(const char *path, const struct http_response *r, struct error *e)
{
    struct verdict v = response_error(r->status, text_make(r->body, r->body_len), OP_UPDATE, "");
    const struct refusal *first = &v.failure->refusals[0];
    struct error_case refused = {
        .scope = IN_REQUEST, .status = r->status, .code = first->code, .message = first->message, .external_id = ""};
    bool allowed = r->status >= 500 || v.class == CLASS_RETRY || v.class == CLASS_CROWDED || v.class == CLASS_UNKNOWN;

    error_set(e, allowed ? STATUS_UNAVAILABLE : STATUS_NOT_ALLOWED, "GET %s: %s: %s", path, first->code,
              first->message);
    if (v.class == CLASS_AUTH)
        error_hint(e, "Salesforce refuses a new token, too: is the instance URL that of the login's org? If it is, run "
                      "`sfsink login` again");
    else
        error_hint(e, "%s", error_row_find(&refused)->todo);
    failure_free(v.failure);
    return false;
}

/* ---- describes ---- */

static bool get_whole(struct visit *v, char *path, struct http_response *r, bool *missing, struct error *e)
{
    bool done = visit_get(v, path, r, e);

    if (done && r->status != 200) {
        *missing = *missing && r->status == 404;
        if (!*missing)
            visit_refused(path, r, e);
        http_response_release(r);
        done = false;
    } else {
        *missing = false;
    }
    free(path);
    return done;
}

struct describe_list *visit_objects(struct visit *v, struct error *e)
{
    struct http_response r;
    bool missing = false;

    if (!get_whole(v, describe_path(v->config->salesforce.api_version, NULL), &r, &missing, e))
        return NULL;
    struct describe_list *list = describe_list_parse(text_make(r.body, r.body_len), e);
    http_response_release(&r);
    return list;
}

struct describe *visit_object(struct visit *v, const char *object, bool *missing, struct error *e)
{
    struct http_response r;

    *missing = true;
    if (!get_whole(v, describe_path(v->config->salesforce.api_version, object), &r, missing, e))
        return NULL;
    struct describe *d = describe_parse(text_make(r.body, r.body_len), e);
    http_response_release(&r);
    return d;
}

bool visit_send(struct visit *v, const struct http_request *r, struct http_response *out, struct error *e)
{
    uint64_t id = http_client_submit(v->http, r);

    while (!turn(v, id, out))
        ;
    if (out->reach == HTTP_ANSWERED)
        return true;
    no_answer(out, r->url, e);
    http_response_release(out);
    return false;
}
