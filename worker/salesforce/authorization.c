/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/authorization.h"

#include "common/base64url.h"
#include "common/buffer.h"
#include "common/form.h"
#include "common/memory.h"
#include "worker/salesforce/token_request.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { VERIFIER_BYTES = 48, FORM_CEILING = 65536 }; /* 64 characters: RFC 7636 wants 43 to 128 */

void authorization_make(struct authorization *a, const struct config *c,
                        const unsigned char chance[AUTHORIZATION_CHANCE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    const char *bytes = (const char *)chance;

    a->config = c;
    a->verifier = base64url(text_make(bytes, VERIFIER_BYTES));
    a->state = base64url(text_make(bytes + VERIFIER_BYTES, AUTHORIZATION_CHANCE - VERIFIER_BYTES));
    SHA256((const unsigned char *)a->verifier, strlen(a->verifier), digest);
    a->challenge = base64url(text_make((const char *)digest, sizeof digest));
    a->redirect_uri = xasprintf("http://localhost:%d" AUTHORIZATION_PATH, c->salesforce.auth.redirect_port);
}

void authorization_release(struct authorization *a)
{
    free(a->verifier);
    free(a->challenge);
    free(a->state);
    free(a->redirect_uri);
    *a = (struct authorization){0};
}

char *authorization_url(const struct authorization *a)
{
    struct buffer query = BUFFER_INIT(FORM_CEILING);

    token_request_add(&query, "response_type", "code");
    token_request_add(&query, "client_id", a->config->salesforce.auth.client_id);
    token_request_add(&query, "redirect_uri", a->redirect_uri);
    token_request_add(&query, "scope", a->config->salesforce.auth.scopes);
    token_request_add(&query, "state", a->state);
    token_request_add(&query, "code_challenge", a->challenge);
    token_request_add(&query, "code_challenge_method", "S256");
    char *url = xasprintf("%s/services/oauth2/authorize?%s", a->config->salesforce.auth.login_url, query.bytes);
    buffer_release(&query);
    return url;
}

/* ---- what came back ---- */

static struct text query_of(struct text redirect)
{
    const char *question = memchr(redirect.at, '?', redirect.len);

    if (question)
        redirect = text_make(question + 1, redirect.len - (size_t)(question + 1 - redirect.at));
    const char *fragment = memchr(redirect.at, '#', redirect.len);
    return fragment ? text_make(redirect.at, (size_t)(fragment - redirect.at)) : redirect;
}

static void refused(const struct authorization *a, const char *error, const char *description, struct error *e)
{
    if (strcmp(error, "access_denied") == 0) {
        error_set(e, STATUS_NOT_ALLOWED, "login: access was denied in the browser (%s)", description);
        error_hint(e, "run `sfsink login` again and choose Allow");
        return;
    }
    error_set(e, STATUS_NOT_ALLOWED, "login: Salesforce refuses it: %s: %s", error, description);
    if (strcmp(error, "redirect_uri_mismatch") == 0)
        error_hint(e, "register the callback %s in the app", a->redirect_uri);
    else
        error_hint(e, "look at the app's OAuth settings (scopes, flow, permitted users) and at salesforce.auth");
}

char *authorization_read(const struct authorization *a, struct text redirect, struct error *e)
{
    struct text query = query_of(redirect);
    char *state = form_value(query, "state"), *code = form_value(query, "code"), *error = form_value(query, "error"),
         *description = form_value(query, "error_description");
    bool ours = state && strcmp(state, a->state) == 0;

    if (!ours && (code || (error && state))) {
        error_set(e, STATUS_NOT_ALLOWED, "login: the redirect does not belong to this login: its state is %s",
                  state ? "another one" : "missing");
        error_hint(e, "it may come from an older tab: run `sfsink login` again and use the address that it prints");
    } else if (error) {
        refused(a, error, description ? description : "no reason given", e);
    }
    if (!ours || error || (code && !code[0])) {
        free(code);
        code = NULL;
    }
    free(state);
    free(error);
    free(description);
    return code;
}

char *authorization_form(const struct authorization *a, const char *code)
{
    struct buffer form = BUFFER_INIT(FORM_CEILING);

    token_request_add(&form, "grant_type", "authorization_code");
    token_request_add(&form, "code", code);
    token_request_add(&form, "redirect_uri", a->redirect_uri);
    token_request_add(&form, "code_verifier", a->verifier);
    token_request_add(&form, "client_id", a->config->salesforce.auth.client_id);
    if (a->config->salesforce.auth.client_secret[0])
        token_request_add(&form, "client_secret", a->config->salesforce.auth.client_secret);
    return buffer_steal(&form);
}
