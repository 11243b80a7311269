/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/session.h"

#include "common/backoff.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/http_client.h"
#include "common/log.h"
#include "common/memory.h"
#include "worker/salesforce/token_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    TOKEN_TIMEOUT_MS = 30000,
    TOKEN_RESPONSE_MAX = 1024 * 1024,
    LOCK_POLL_MS = 50,
    LOCK_WAIT_MS = 60000, /* the other's refresh takes 30 s at the most */
    STORE_AGAIN_MS = 5000,
    RETRY_LEAST_MS = 500,
    RETRY_BASE_MS = 1000,
    RETRY_MAX_MS = 60000
};

enum state { NONE, LOCKING, ASKING, STORING, READY, FAILED };

struct session {
    struct config own;           /* the worker's, but for the secrets: these are copies, for a reload brings others */
    const struct config *config; /* of the above */
    struct http_client *http;
    enum state state;
    struct tokens tokens; /* the ones in use, or about to be stored */
    uint64_t generation;
    char *expired;    /* the access token that was refused last: not to be taken from the store again */
    char *dead;       /* the refresh token that was refused: not to be sent again */
    bool in_doubt;    /* the last refresh got no answer: it may have used the refresh token up */
    int lock;         /* -1: not held */
    uint64_t request; /* under way; 0: none */
    int64_t due, lock_until;
    unsigned failures; /* since the last success */
    struct error why;
    struct session_counts counts;
};

static void set_secret(char **to, const char *value)
{
    if (*to)
        explicit_bzero(*to, strlen(*to));
    free(*to);
    *to = value ? xstrdup(value) : NULL;
}

/* Those of the configuration, one after the other; NULL: there are no more. */
static char **secret_at(struct config *c, size_t i)
{
    char **all[] = {&c->salesforce.auth.client_secret, &c->salesforce.auth.private_key,
                    &c->salesforce.auth.access_token};

    return i < sizeof all / sizeof *all ? all[i] : NULL;
}

struct session *session_new(const struct config *c, struct http_client *http)
{
    struct session *s = xcalloc(1, sizeof *s);
    char **secret;

    s->own = *c;
    s->config = &s->own;
    for (size_t i = 0; (secret = secret_at(&s->own, i)); i++)
        *secret = xstrdup(*secret);
    s->http = http;
    s->lock = -1;
    s->due = INT64_MAX;
    return s;
}

void session_free(struct session *s)
{
    char **secret;

    if (!s)
        return;
    for (size_t i = 0; (secret = secret_at(&s->own, i)); i++)
        set_secret(secret, NULL);
    if (s->request)
        http_client_cancel(s->http, s->request);
    token_store_unlock(&s->lock);
    tokens_release(&s->tokens);
    set_secret(&s->expired, NULL);
    set_secret(&s->dead, NULL);
    free(s);
}

static bool is_stored(const struct session *s)
{
    return s->config->salesforce.auth.flow == FLOW_REFRESH_TOKEN;
}

static const char *token_file(const struct session *s)
{
    return s->config->salesforce.auth.token_file;
}

/* Only the jitter hangs on it. */
static uint64_t chance(void)
{
    uint64_t n = 0;

    if (getrandom(&n, sizeof n, GRND_NONBLOCK) < 0)
        n = (uint64_t)clock_wall_ms();
    return n;
}

/* ---- ends ---- */

static void fail(struct session *s, int64_t now, const struct error *e)
{
    token_store_unlock(&s->lock);
    s->state = FAILED;
    s->why = *e;
    s->counts.failed++;
    s->due = now + RETRY_LEAST_MS + backoff_ms(RETRY_BASE_MS, RETRY_MAX_MS, ++s->failures, chance());
    log_event(e->status == STATUS_UNAVAILABLE ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "login_failed", "why",
              LOG_STR(e->text), "todo", LOG_STR(e->hint), NULL);
}

static void become_ready(struct session *s, int64_t now)
{
    struct error e = {0};
    char org[TOKEN_ID_SIZE], user[TOKEN_ID_SIZE];

    if (!s->config->salesforce.instance_url[0] && !s->tokens.instance_url[0]) {
        error_set(&e, STATUS_CONFIGURATION, "the login's answer names no instance URL");
        error_hint(&e, "set salesforce.instance_url");
        fail(s, now, &e);
        return;
    }
    token_store_unlock(&s->lock);
    s->state = READY;
    s->due = INT64_MAX;
    s->failures = 0;
    s->in_doubt = false;
    s->generation++;
    bool known = tokens_owner(&s->tokens, org, user);
    log_event(LOG_LEVEL_INFO, "logged_in", "instance_url", LOG_STR(session_instance_url(s)), known ? "org" : NULL,
              LOG_STR(org), "user", LOG_STR(user), NULL);
}

/* ---- the stored login ---- */

/* Is the stored access token another than the one that was refused? */
static bool is_usable(const struct session *s, const struct tokens *t)
{
    return t->access_token[0] && !(s->expired && strcmp(s->expired, t->access_token) == 0);
}

static bool instance_is_allowed(const struct session *s, struct error *e)
{
    const char *url = s->tokens.instance_url;

    if (!url[0] || token_host_allowed(s->config, url))
        return true;
    error_set(e, STATUS_CONFIGURATION, "%s: the instance URL %.200s is not Salesforce's", token_file(s), url);
    return error_hint(e, "if it is right, put it into salesforce.instance_url");
}

static bool read_store(struct session *s, int64_t now)
{
    struct error e = {0};

    if (token_store_read(token_file(s), &s->tokens, &e) && instance_is_allowed(s, &e))
        return true;
    fail(s, now, &e);
    return false;
}

static bool may_refresh(struct session *s, int64_t now)
{
    struct error e = {0};

    if (s->tokens.refresh_token[0] && !(s->dead && strcmp(s->dead, s->tokens.refresh_token) == 0))
        return true;
    if (s->tokens.refresh_token[0])
        e = s->why;
    else
        error_set(&e, STATUS_NOT_ALLOWED, "%s: holds no refresh token, and its access token has expired",
                  token_file(s));
    error_hint(&e, "run `sfsink login`");
    fail(s, now, &e);
    return false;
}

/* ---- asking ---- */

static void ask(struct session *s, int64_t now)
{
    struct error e = {0};
    const char *refresh_token = s->tokens.refresh_token ? s->tokens.refresh_token : "";
    char *form = token_request_form(s->config, refresh_token, clock_wall_ms(), &e);

    if (!form) {
        fail(s, now, &e);
        return;
    }
    char *url = xasprintf("%s/services/oauth2/token", s->config->salesforce.auth.login_url);
    s->request = http_client_submit(
        s->http, &(struct http_request){
                     .method = "POST",
                     .url = url,
                     .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
                     .body = text_of(form),
                     .plain = true,
                     .timeout_ms = TOKEN_TIMEOUT_MS,
                     .max_response = TOKEN_RESPONSE_MAX});
    s->state = ASKING;
    s->due = INT64_MAX;
    explicit_bzero(form, strlen(form));
    free(form);
    free(url);
}

static void try_lock(struct session *s, int64_t now)
{
    struct error e = {0};

    if (token_store_lock(token_file(s), &s->lock) == TOKEN_LOCK_BUSY) {
        s->due = now + LOCK_POLL_MS;
        if (now < s->lock_until)
            return;
        error_set(&e, STATUS_UNAVAILABLE, "%s: another process holds its lock and does not finish", token_file(s));
        fail(s, now, &e);
        return;
    }
    if (!read_store(s, now))
        return;
    if (is_usable(s, &s->tokens))
        become_ready(s, now);
    else if (may_refresh(s, now))
        ask(s, now);
}

static void start_stored(struct session *s, int64_t now)
{
    if (!read_store(s, now))
        return;
    if (is_usable(s, &s->tokens)) {
        become_ready(s, now);
        return;
    }
    s->state = LOCKING;
    s->lock_until = now + LOCK_WAIT_MS;
    try_lock(s, now);
}

static void start_fixed(struct session *s, int64_t now)
{
    struct tokens t = {.access_token = s->config->salesforce.auth.access_token};
    struct error e = {0};

    tokens_copy(&s->tokens, &t);
    if (is_usable(s, &s->tokens)) {
        become_ready(s, now);
        return;
    }
    set_secret(&s->expired, NULL); /* once in a while it is tried again */
    error_set(&e, STATUS_NOT_ALLOWED,
              "salesforce.auth.access_token: Salesforce says that it has expired or is not valid");
    error_hint(&e, "put a new one there, or choose a flow that renews it");
    fail(s, now, &e);
}

static void start(struct session *s, int64_t now)
{
    s->due = INT64_MAX;
    if (is_stored(s))
        start_stored(s, now);
    else if (s->config->salesforce.auth.flow == FLOW_ACCESS_TOKEN)
        start_fixed(s, now);
    else
        ask(s, now);
}

/* ---- the answer ---- */

/* The new tokens are on disk before the access token is used: a kill in between must not leave a used refresh token as the
 * only one. One that was not replaced is still there: then the access token is used from memory, and where the folder is not meant
 * to be read-only (it has a lock) that is said. */
static void store(struct session *s, int64_t now, bool rotated)
{
    struct error e = {0};
    bool stored = token_store_write(token_file(s), &s->tokens, &e);

    if (!stored && !rotated && s->lock >= 0)
        log_event(LOG_LEVEL_WARN, "token_not_stored", "why", LOG_STR(e.text), "todo", LOG_STR(e.hint), NULL);
    if (stored || !rotated) {
        become_ready(s, now);
        return;
    }
    error_hint(&e,
               "Salesforce has replaced the refresh token; make the file and its folder writable before this process "
               "ends, or run `sfsink login` after it");
    if (s->state != STORING)
        log_event(LOG_LEVEL_ERROR, "token_not_stored", "why", LOG_STR(e.text), "todo", LOG_STR(e.hint), NULL);
    s->why = e;
    s->state = STORING;
    s->due = now + STORE_AGAIN_MS;
}

static void take_tokens(struct session *s, int64_t now, struct tokens *given)
{
    struct tokens *t = &s->tokens;
    bool rotated = is_stored(s) && given->refresh_token[0] && strcmp(given->refresh_token, t->refresh_token) != 0;

    s->counts.refreshed++;
    if (is_stored(s) && !rotated)
        set_secret(&given->refresh_token, t->refresh_token);
    if (is_stored(s) && !given->instance_url[0])
        set_secret(&given->instance_url, t->instance_url);
    tokens_copy(t, given);
    if (is_stored(s))
        store(s, now, rotated);
    else
        become_ready(s, now);
}

static void no_answer(struct session *s, int64_t now, const struct http_response *r)
{
    struct error e = {0};

    s->in_doubt = s->in_doubt || r->reach == HTTP_SENT;
    error_set(&e, STATUS_UNAVAILABLE, "%s: %s", s->config->salesforce.auth.login_url, r->why);
    if (r->certificate)
        error_hint(&e, "the server's certificate does not verify: salesforce.ca_file for a private CA");
    else
        error_hint(&e, "is it the right address, and can this machine reach it (HTTPS_PROXY, NO_PROXY)?");
    fail(s, now, &e);
}

static void take_refusal(struct session *s, int64_t now, enum token_result result, struct error *e)
{
    if (result == TOKEN_REFUSED && is_stored(s) && strstr(e->text, "invalid_grant")) {
        set_secret(&s->dead, s->tokens.refresh_token);
        if (s->in_doubt)
            error_context(e, "an earlier refresh got no answer and may have used the token up");
    }
    fail(s, now, e);
}

bool session_take(struct session *s, int64_t now, const struct http_response *r)
{
    struct tokens given = {0};
    struct error e = {0};

    if (!s->request || r->id != s->request)
        return false;
    s->request = 0;
    if (r->reach != HTTP_ANSWERED) {
        no_answer(s, now, r);
        return true;
    }
    enum token_result result = token_response_read(s->config, r->status, text_make(r->body, r->body_len), &given, &e);
    if (result == TOKEN_GIVEN)
        take_tokens(s, now, &given);
    else
        take_refusal(s, now, result, &e);
    tokens_release(&given);
    return true;
}

/* ---- the door ---- */

bool session_need(struct session *s, int64_t now)
{
    if (s->state == NONE)
        start(s, now);
    return s->state == READY;
}

bool session_ready(const struct session *s)
{
    return s->state == READY;
}

const char *session_token(const struct session *s)
{
    return s->tokens.access_token;
}

const char *session_instance_url(const struct session *s)
{
    const char *configured = s->config->salesforce.instance_url;

    return configured[0] ? configured : s->tokens.instance_url;
}

uint64_t session_generation(const struct session *s)
{
    return s->generation;
}

void session_expired(struct session *s, int64_t now, uint64_t generation)
{
    if (s->state != READY || generation != s->generation)
        return;
    set_secret(&s->expired, s->tokens.access_token);
    log_event(LOG_LEVEL_INFO, "session_expired", NULL);
    start(s, now);
}

void session_take_over(struct session *s, int64_t now, const struct config *fresh)
{
    struct config theirs = *fresh;
    bool fixed = s->config->salesforce.auth.flow == FLOW_ACCESS_TOKEN, other = false;
    char **secret;

    for (size_t i = 0; config_same_login(s->config, fresh) && (secret = secret_at(&s->own, i)); i++) {
        const char *new = *secret_at(&theirs, i);
        if (strcmp(*secret, new) == 0)
            continue;
        set_secret(secret, new);
        other = true;
    }
    if (other && (s->state == FAILED || (s->state == READY && fixed)))
        start(s, now);
}

bool session_failed(const struct session *s, const struct error **why, int64_t *retry_at)
{
    *why = &s->why;
    *retry_at = s->due;
    return s->state == FAILED || s->state == STORING;
}

void session_tick(struct session *s, int64_t now)
{
    if (now < s->due)
        return;
    if (s->state == LOCKING)
        try_lock(s, now);
    else if (s->state == STORING)
        store(s, now, true);
    else if (s->state == FAILED)
        start(s, now);
}

int64_t session_due(const struct session *s)
{
    return s->due;
}

void session_say(const struct session *s, char *why, size_t size)
{
    if (s->state == FAILED || s->state == STORING)
        snprintf(why, size, "%s%s%s", s->why.text, s->why.hint[0] ? "; " : "", s->why.hint);
    else if (s->state == LOCKING)
        snprintf(why, size, "another process is renewing the stored login");
    else
        snprintf(why, size, "%s", s->state == READY ? "" : "no answer from the login yet");
}

struct session_counts session_counts(const struct session *s)
{
    return s->counts;
}
