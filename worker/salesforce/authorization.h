/* SPDX-License-Identifier: Apache-2.0 */
/* authorization.h: a login in the browser, OAuth 2.0 authorization code with PKCE (S256): the address that a person opens, and what comes back.
 *
 *     authorization_url() ──► browser ──► Salesforce ──► http://localhost:PORT/callback?code=…&state=…
 *                                                                  │
 *     tokens ◄── token endpoint ◄── authorization_form() ◄── authorization_read()
 *
 * `state` ties the redirect to this login, the verifier ties the code to this process. Chance comes from outside. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_AUTHORIZATION_H
#define SFSINK_WORKER_SALESFORCE_AUTHORIZATION_H

#include "common/error.h"
#include "common/text.h"
#include "config/config.h"

#define AUTHORIZATION_PATH "/callback"

enum { AUTHORIZATION_CHANCE = 72 }; /* bytes that make a login unguessable */

struct authorization {
    const struct config *config; /* lent */
    char *verifier, *challenge, *state, *redirect_uri;
};

void authorization_make(struct authorization *a, const struct config *c,
                        const unsigned char chance[AUTHORIZATION_CHANCE]);
void authorization_release(struct authorization *a);

/* What the person opens; a new string. */
char *authorization_url(const struct authorization *a);

/* What came back: the whole address of the redirect, or what stands behind its "?". A new string, the code; else NULL and an error, or NULL and
 * no error: this is no redirect of a login at all. */
char *authorization_read(const struct authorization *a, struct text redirect, struct error *e);

/* The form that exchanges the code for tokens; a new string. */
char *authorization_form(const struct authorization *a, const char *code);

#endif
