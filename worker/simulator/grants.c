/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/grants.h"

#include "common/form.h"
#include "worker/simulator/assertion.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static const char jwt_bearer[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
static const struct refusal fine = {NULL, NULL};

static struct refusal no(const char *error, const char *description)
{
    return (struct refusal){error, description};
}

bool scope_has(const char *scope, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = scope; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

/* ---- authorization code ---- */

/* base64url(SHA-256(verifier)) without padding equals the challenge. */
static bool proves(const char *verifier, const char *challenge)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE];
    unsigned len = 0;

    EVP_Digest(verifier, strlen(verifier), hash, &len, EVP_sha256(), NULL);
    EVP_EncodeBlock((unsigned char *)text, hash, (int)len);
    for (char *c = text; *c; c++)
        *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c);
    return strcmp(text, challenge) == 0;
}

static struct refusal check_code(const struct grant_request *q, const struct approval *a, const struct code *bound,
                                 const char *redirect_uri, const char *verifier)
{
    if (strcmp(a->client_id, q->client_id) != 0)
        return no("invalid_grant", "authentication failure");
    if (!redirect_uri || strcmp(redirect_uri, bound->redirect_uri) != 0)
        return no("redirect_uri_mismatch", "redirect_uri must match configuration");
    if (*bound->challenge && !verifier)
        return no("invalid_grant", "missing required code verifier");
    if (*bound->challenge && !proves(verifier, bound->challenge))
        return no("invalid_request", "invalid code verifier");
    return fine;
}

static struct refusal by_code(struct world *w, const struct grant_request *q, struct grant *g)
{
    char *code = form_value(q->form, "code"), *redirect_uri = form_value(q->form, "redirect_uri"),
         *verifier = form_value(q->form, "code_verifier");
    struct code bound;
    struct approval *a = code ? tokens_take_code(w->tokens, code, w->now_ms, &bound) : NULL;
    struct refusal r =
        a ? check_code(q, a, &bound, redirect_uri, verifier) : no("invalid_grant", "expired authorization code");

    if (!r.error) {
        g->approval = a;
        if (scope_has(a->scope, "refresh_token") || scope_has(a->scope, "offline_access"))
            g->refresh_token = tokens_new_refresh(w->tokens, a);
    }
    free(code);
    free(redirect_uri);
    free(verifier);
    return r;
}

/* ---- refresh token ---- */

static struct refusal by_refresh_token(struct world *w, const struct grant_request *q, struct grant *g)
{
    char *token = form_value(q->form, "refresh_token");

    g->approval = token ? tokens_refresh(w->tokens, token, q->client_id) : NULL;
    free(token);
    if (!g->approval)
        return no("invalid_grant", "expired access/refresh token");
    if (w->settings.rotate_refresh_tokens)
        g->refresh_token = tokens_new_refresh(w->tokens, g->approval);
    return fine;
}

/* ---- JWT bearer ---- */

static struct refusal check_assertion(struct world *w, const struct assertion *a)
{
    const char *iss = json_string_value(json_object_get(a->claims, "iss")), *user = assertion_user(a);
    struct refusal r = app_known(w, iss);
    const char *key = iss ? app_public_key(w, iss) : NULL;

    if (r.error)
        return r;
    if (!key || !assertion_signed_by(a, key))
        return no("invalid_grant", "invalid assertion");
    if (!assertion_is_for(a, w->url))
        return no("invalid_grant", "audience is invalid");
    if (!assertion_in_time(a, w->wall_ms))
        return no("invalid_grant", "expired authorization code");
    return user ? app_user(w, iss, user) : no("invalid_grant", "authentication failure");
}

static struct refusal by_assertion(struct world *w, const struct grant_request *q, struct grant *g)
{
    char *text = form_value(q->form, "assertion");
    struct assertion a = {.claims = NULL};
    struct refusal r =
        text && assertion_read(&a, text) ? check_assertion(w, &a) : no("invalid_grant", "invalid assertion");

    if (!r.error)
        g->approval =
            tokens_approve(w->tokens, json_string_value(json_object_get(a.claims, "iss")), assertion_user(&a), "api");
    assertion_release(&a);
    free(text);
    return r;
}

/* ---- client credentials ---- */

static struct refusal by_client(struct world *w, const struct grant_request *q, struct grant *g)
{
    if (q->login_host)
        return no("unsupported_grant_type", "grant type not supported");
    if (!w->settings.client_credentials_user)
        return no("invalid_grant", "no client credentials user enabled");
    g->approval = tokens_approve(w->tokens, q->client_id, DEFAULT_USERNAME, "api");
    return fine;
}

/* ---- which ---- */

bool grant_needs_client(const char *grant_type)
{
    return !grant_type || strcmp(grant_type, jwt_bearer) != 0;
}

struct refusal grant_decide(struct world *w, const struct grant_request *q, struct grant *g)
{
    static const struct {
        const char *type;
        struct refusal (*decide)(struct world *, const struct grant_request *, struct grant *);
    } types[] = {{"authorization_code", by_code},
                 {"refresh_token", by_refresh_token},
                 {jwt_bearer, by_assertion},
                 {"client_credentials", by_client}};

    for (size_t i = 0; q->grant_type && i < sizeof types / sizeof *types; i++)
        if (strcmp(q->grant_type, types[i].type) == 0)
            return types[i].decide(w, q, g);
    return no("unsupported_grant_type", "grant type not supported");
}
