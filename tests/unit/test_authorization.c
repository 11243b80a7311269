/* SPDX-License-Identifier: Apache-2.0 */
/* The browser's half of a login: what is asked for, and what each redirect means. */
#include "common/base64url.h"
#include "common/form.h"
#include "common/memory.h"
#include "worker/salesforce/authorization.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char login_url[] = "https://login.salesforce.com", client[] = "3MVG9 key", secret[] = "s&cret",
            scopes[] = "api refresh_token", none[] = "";

static struct authorization made(struct config *c)
{
    unsigned char chance[AUTHORIZATION_CHANCE];
    struct authorization a;

    for (size_t i = 0; i < sizeof chance; i++)
        chance[i] = (unsigned char)i;
    c->salesforce.auth.login_url = login_url;
    c->salesforce.auth.client_id = client;
    c->salesforce.auth.client_secret = secret;
    c->salesforce.auth.scopes = scopes;
    c->salesforce.auth.redirect_port = 8484;
    c->salesforce.instance_url = none;
    authorization_make(&a, c, chance);
    return a;
}

/* `redirect`: "$" is this login's state. */
static const struct {
    const char *redirect, *code, *error; /* NULL: none */
} cases[] = {
    {"http://localhost:8484/callback?code=aPrx%3D%3D&state=$", "aPrx==", NULL},
    {"code=aPrx&state=$", "aPrx", NULL},
    {"state=$&code=aPrx#fragment", "aPrx", NULL},
    {"http://localhost:8484/callback?code=aPrx&state=other", NULL, "another one"},
    {"http://localhost:8484/callback?code=aPrx", NULL, "missing"},
    {"?code=aPrx&state=", NULL, "another one"},
    {"?error=access_denied&error_description=end-user%20denied%20authorization&state=$", NULL,
     "denied in the browser (end-user denied authorization)"},
    {"?error=access_denied&state=other", NULL, "another one"},
    {"?error=access_denied", NULL, "denied"},
    {"?error=OAUTH_APP_BLOCKED&error_description=blocked&state=$", NULL, "OAUTH_APP_BLOCKED: blocked"},
    {"?error=access_denied&code=aPrx&state=$", NULL, "denied"},
    {"?code=&state=$", NULL, NULL},
    {"?state=$", NULL, NULL},
    {"http://localhost:8484/callback", NULL, NULL},
    {"", NULL, NULL},
};

static char *with_state(const char *redirect, const char *state)
{
    const char *at = strchr(redirect, '$');

    return at ? xasprintf("%.*s%s%s", (int)(at - redirect), redirect, state, at + 1) : xstrdup(redirect);
}

static void reads_redirects(void **unused)
{
    struct config c = {0};
    struct authorization a = made(&c);

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = {0};
        char *redirect = with_state(cases[i].redirect, a.state), *code = authorization_read(&a, text_of(redirect), &e);
        if (cases[i].code)
            assert_string_equal(code, cases[i].code);
        else
            assert_null(code);
        if (cases[i].error)
            assert_non_null(strstr(e.text, cases[i].error));
        else
            assert_int_equal(e.status, STATUS_OK);
        free(code);
        free(redirect);
    }
    authorization_release(&a);
}

static void check_value(const char *form, const char *name, const char *expected)
{
    char *value = form_value(text_of(form), name);

    assert_string_equal(value, expected);
    free(value);
}

static void the_challenge_is_of_the_verifier(void **unused)
{
    struct config c = {0};
    struct authorization a = made(&c);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *url = authorization_url(&a), *form = authorization_form(&a, "a=b&c");

    (void)unused;
    assert_int_equal(strlen(a.verifier), 64);
    assert_int_equal(strlen(a.state), 32);
    SHA256((const unsigned char *)a.verifier, strlen(a.verifier), digest);
    char *challenge = base64url(text_make((const char *)digest, sizeof digest));
    const char *query = strchr(url, '?') + 1;
    assert_memory_equal(url, "https://login.salesforce.com/services/oauth2/authorize?", 55);
    check_value(query, "code_challenge", challenge);
    check_value(query, "code_challenge_method", "S256");
    check_value(query, "redirect_uri", "http://localhost:8484/callback");
    check_value(query, "client_id", client);
    check_value(query, "state", a.state);
    assert_null(strstr(url, a.verifier));
    check_value(form, "code", "a=b&c");
    check_value(form, "code_verifier", a.verifier);
    check_value(form, "client_secret", secret);
    check_value(form, "redirect_uri", "http://localhost:8484/callback");
    free(challenge);
    free(form);
    free(url);
    authorization_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_redirects),
                                       cmocka_unit_test(the_challenge_is_of_the_verifier)};

    return cmocka_run_group_tests_name("authorization", tests, NULL, NULL);
}
