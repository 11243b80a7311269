/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/oauth.h"

#include "common/form.h"
#include "common/memory.h"
#include "worker/simulator/door.h"
#include "worker/simulator/grants.h"
#include "worker/simulator/reply.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void refuse(struct http_reply *reply, struct refusal why)
{
    reply_json(reply, 400, json_pack("{s:s, s:s}", "error", why.error, "error_description", why.description), false);
}

/* ---- client id and secret, in the form or as HTTP Basic ---- */

static void read_basic(const struct http_exchange *x, struct grant_request *q)
{
    const char *header = http_exchange_header(x, "Authorization");
    unsigned char plain[1024];

    if (q->client_id || !header || strncasecmp(header, "Basic ", 6) != 0 || strlen(header) > 1300 ||
        strlen(header + 6) % 4 != 0)
        return;
    int n = EVP_DecodeBlock(plain, (const unsigned char *)header + 6, (int)strlen(header + 6));
    for (const char *end = strrchr(header, '\0'); n > 0 && *--end == '=';)
        n--;
    char *colon = n > 0 ? memchr(plain, ':', (size_t)n) : NULL;
    if (!colon)
        return;
    char *form = xasprintf("id=%.*s&secret=%.*s", (int)(colon - (char *)plain), (char *)plain,
                           (int)((char *)plain + n - colon - 1), colon + 1);
    q->client_id = form_value(text_of(form), "id");
    q->client_secret = form_value(text_of(form), "secret");
    free(form);
}

static bool is_form_post(const struct http_exchange *x)
{
    const char *type = http_exchange_header(x, "Content-Type");
    static const char form[] = "application/x-www-form-urlencoded";
    return strcmp(x->method, "POST") == 0 && type && strncasecmp(type, form, sizeof form - 1) == 0;
}

/* ---- the token ---- */

static json_t *sign(const char *id, const char *issued_at, const char *secret)
{
    unsigned char mac[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *signed_text = xasprintf("%s%s", id, issued_at);

    HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)signed_text, strlen(signed_text), mac, &len);
    EVP_EncodeBlock(text, mac, (int)len);
    free(signed_text);
    return json_string((char *)text);
}

static json_t *token_response(struct world *w, const struct grant *g, const char *secret)
{
    char issued_at[32], *id = xasprintf("%s/id/%s/%s", w->url, ORG_ID, world_user(w, g->approval->username));
    const char *access = tokens_new_access(w->tokens, g->approval, w->now_ms + w->settings.token_life_ms);

    snprintf(issued_at, sizeof issued_at, "%lld", (long long)w->wall_ms);
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "access_token", access, "scope", g->approval->scope,
                            "instance_url", w->url, "id", id, "token_type", "Bearer", "issued_at", issued_at,
                            "signature", sign(id, issued_at, secret ? secret : ""));
    if (g->refresh_token)
        json_object_set_new(all, "refresh_token", json_string(g->refresh_token));
    free(id);
    return all;
}

static struct refusal check_client(const struct world *w, const struct grant_request *q)
{
    struct refusal r = app_known(w, q->client_id);
    return r.error ? r : app_secret(w, q->client_id, q->client_secret);
}

void oauth_token(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    struct grant_request q = {.form = x->body, .login_host = door_is_login_host(w, x)};
    struct grant g = {.approval = NULL};
    struct refusal r = {"invalid_request", "must use HTTP POST with a form body"};

    q.grant_type = form_value(x->body, "grant_type");
    if (is_form_post(x)) {
        q.client_id = form_value(x->body, "client_id");
        q.client_secret = form_value(x->body, "client_secret");
        read_basic(x, &q);
        r = grant_needs_client(q.grant_type) ? check_client(w, &q) : (struct refusal){NULL, NULL};
        if (!r.error)
            r = grant_decide(w, &q, &g);
    }
    if (r.error)
        refuse(reply, r);
    else
        reply_json(reply, 200, token_response(w, &g, q.client_secret), false);
    http_reply_header(reply, "Cache-Control", "no-store");
    door_note(w, x, x->path, reply->status,
              json_pack("{s:s?, s:s?, s:s?}", "grant_type", q.grant_type, "client_id", q.client_id, "error", r.error));
    free(q.grant_type);
    free(q.client_id);
    free(q.client_secret);
}

/* ---- the others ---- */

void oauth_revoke(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    char *token = is_form_post(x) ? form_value(x->body, "token") : NULL;

    if (!token && http_exchange_query(x, "token"))
        token = xstrdup(http_exchange_query(x, "token"));
    if (token && tokens_revoke(w->tokens, token))
        http_reply_text(reply, 200, NULL, "");
    else
        refuse(reply, token ? (struct refusal){"invalid_token", "invalid token"}
                            : (struct refusal){"unsupported_token_type", "this token type is not supported"});
    door_note(w, x, x->path, reply->status, json_object());
    free(token);
}

static json_t *facts(struct world *w, const struct token_facts *t)
{
    int64_t now = w->wall_ms / 1000, until = t->refresh ? 0 : (w->wall_ms + t->until_ms - w->now_ms) / 1000;
    json_t *all =
        json_pack("{s:b, s:s, s:s, s:s, s:o, s:s, s:I, s:I}", "active", 1, "scope", t->approval->scope, "client_id",
                  t->approval->client_id, "username", t->approval->username, "sub",
                  json_sprintf("%s/id/%s/%s", w->url, ORG_ID, world_user(w, t->approval->username)), "token_type",
                  t->refresh ? "refresh_token" : "access_token", "iat", (json_int_t)now, "nbf", (json_int_t)now);
    if (!t->refresh)
        json_object_set_new(all, "exp", json_integer((json_int_t)until));
    return all;
}

void oauth_introspect(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    struct grant_request q = {.form = x->body};
    char *token = is_form_post(x) ? form_value(x->body, "token") : NULL;

    q.client_id = form_value(x->body, "client_id");
    q.client_secret = form_value(x->body, "client_secret");
    read_basic(x, &q);
    struct refusal r = check_client(w, &q);
    struct token_facts t = tokens_inspect(w->tokens, token ? token : "", w->now_ms);
    if (r.error)
        refuse(reply, r);
    else
        reply_json(reply, 200, t.approval ? facts(w, &t) : json_pack("{s:b}", "active", 0), false);
    door_note(w, x, x->path, reply->status, json_object());
    free(token);
    free(q.client_id);
    free(q.client_secret);
}

void oauth_userinfo(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    const char *header = http_exchange_header(x, "Authorization");
    bool bearer = header && strncasecmp(header, "Bearer ", 7) == 0;
    const struct approval *a =
        bearer ? tokens_access(w->tokens, header + 7, w->now_ms, w->settings.token_life_ms) : NULL;

    if (a) {
        const char *id = world_user(w, a->username);
        reply_json(reply, 200,
                   json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "sub",
                             json_sprintf("%s/id/%s/%s", w->url, ORG_ID, id), "user_id", id, "organization_id", ORG_ID,
                             "preferred_username", a->username, "nickname", a->username, "name", a->username, "email",
                             a->username, "active", 1, "user_type", "STANDARD", "zoneinfo", "UTC"),
                   false);
    } else {
        http_reply_text(reply, 403, "text/html;charset=UTF-8", "Bad_OAuth_Token");
    }
    door_note(w, x, x->path, reply->status, json_object());
}
