/* SPDX-License-Identifier: Apache-2.0 */
/* How one gets into the simulated org: apps, codes, tokens, assertions; without HTTP, and with time as an argument. (Rules 2 and 4 to 8 of
 * worker/simulator/README.md.) */
#include "common/jwt.h"
#include "common/memory.h"
#include "worker/simulator/assertion.h"
#include "worker/simulator/grants.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define BACK "http://localhost:8484/callback"
/* base64url(SHA-256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")), RFC 7636's own example */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

enum { NOW = 1000000 };
static const int64_t WALL = 1700000000000;

static struct world w;

static int set_up(void **state)
{
    (void)state;
    w = (struct world){.now_ms = 0};
    settings_reset(&w.at_start);
    world_init(&w);
    w.now_ms = NOW;
    w.wall_ms = WALL;
    w.url = xstrdup("http://127.0.0.1:8585");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(w.url);
    world_release(&w);
    return 0;
}

static void register_app(const char *client_id, const char *json)
{
    json_t *app = json_loads(json, 0, NULL);
    assert_non_null(app);
    assert_null(app_check(app));
    json_object_set_new(w.apps, client_id, app);
}

static void setting(const char *json)
{
    json_t *changes = json_loads(json, 0, NULL);
    assert_null(settings_change(&w.settings, changes));
    json_decref(changes);
}

/* "" where it is granted, else the error. */
static const char *asked(const char *type, const char *form, struct grant *g)
{
    struct grant_request q = {.form = text_of(form), .grant_type = (char *)(uintptr_t)type};
    char client[] = "app";
    q.client_id = client;
    *g = (struct grant){NULL, NULL};
    struct refusal r = grant_decide(&w, &q, g);
    if (r.error)
        assert_true(r.description && r.description[0]);
    return r.error ? r.error : "";
}

/* ---- authorization code ---- */

static const struct {
    const char *name, *scope, *challenge, *client_id, *more; /* of the form */
    int64_t age_ms;
    const char *error;
    bool refreshable;
} codes[] = {
    {"granted", "api refresh_token", CHALLENGE, "app", "&redirect_uri=" BACK "&code_verifier=" VERIFIER, 0, "", true},
    {"offline_access is the same", "offline_access", "", "app", "&redirect_uri=" BACK, 0, "", true},
    {"without a refresh token", "api", "", "app", "&redirect_uri=" BACK, 0, "", false},
    {"a longer word is another scope", "refresh_tokens", "", "app", "&redirect_uri=" BACK, 0, "", false},
    {"another app's", "api", "", "other", "&redirect_uri=" BACK, 0, "invalid_grant", false},
    {"another way back", "api", "", "app", "&redirect_uri=http://x", 0, "redirect_uri_mismatch", false},
    {"no way back", "api", "", "app", "", 0, "redirect_uri_mismatch", false},
    {"no verifier", "api", CHALLENGE, "app", "&redirect_uri=" BACK, 0, "invalid_grant", false},
    {"another verifier", "api", CHALLENGE, "app", "&redirect_uri=" BACK "&code_verifier=x", 0, "invalid_request",
     false},
    {"too late", "api", "", "app", "&redirect_uri=" BACK, 900000, "invalid_grant", false},
    {"just in time", "api", "", "app", "&redirect_uri=" BACK, 899999, "", false},
};

static void a_code_is_bound_and_works_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(codes); i++) {
        struct approval *a = tokens_approve(w.tokens, codes[i].client_id, "ada", codes[i].scope);
        const char *code = tokens_new_code(w.tokens, a, (struct code){BACK, codes[i].challenge}, NOW + 900000);
        char *form = xasprintf("code=%s%s", code, codes[i].more);
        struct grant g;
        w.now_ms = NOW + codes[i].age_ms;
        if (strcmp(asked("authorization_code", form, &g), codes[i].error) != 0)
            fail_msg("%s", codes[i].name);
        assert_int_equal(g.approval != NULL, !*codes[i].error);
        assert_int_equal(g.refresh_token != NULL, codes[i].refreshable);
        assert_string_equal(asked("authorization_code", form, &g), "invalid_grant"); /* once */
        free(form);
        w.now_ms = NOW;
    }
    struct grant g;
    assert_string_equal(asked("authorization_code", "redirect_uri=x", &g), "invalid_grant");
}

/* ---- refresh tokens ---- */

static void a_refresh_token_lasts_unless_it_rotates(void **state)
{
    struct approval *a = tokens_approve(w.tokens, "app", "ada", "api refresh_token");
    const char *first = tokens_new_refresh(w.tokens, a);
    char *form = xasprintf("refresh_token=%s", first);
    struct grant g;
    (void)state;

    for (int i = 0; i < 2; i++) {
        assert_string_equal(asked("refresh_token", form, &g), "");
        assert_ptr_equal(g.approval, a);
        assert_null(g.refresh_token);
    }
    setting("{\"rotate_refresh_tokens\":true}");
    assert_string_equal(asked("refresh_token", form, &g), "");
    assert_non_null(g.refresh_token);
    char *next = xasprintf("refresh_token=%s", g.refresh_token);
    assert_string_equal(asked("refresh_token", form, &g), "invalid_grant"); /* used up: a thief or a slow worker */
    assert_string_equal(asked("refresh_token", next, &g), "invalid_grant"); /* which ends them all */
    assert_true(a->ended);
    assert_string_equal(asked("refresh_token", "", &g), "invalid_grant");
    free(form);
    free(next);
}

static void another_app_cannot_use_it(void **state)
{
    struct approval *a = tokens_approve(w.tokens, "other", "ada", "refresh_token");
    char *form = xasprintf("refresh_token=%s", tokens_new_refresh(w.tokens, a));
    struct grant g;
    (void)state;

    assert_string_equal(asked("refresh_token", form, &g), "invalid_grant");
    assert_false(a->ended);
    free(form);
}

static void the_sixth_approval_ends_the_oldest(void **state)
{
    struct approval *all[7];
    (void)state;

    for (size_t i = 0; i < N(all); i++) {
        all[i] = tokens_approve(w.tokens, "app", i == 3 ? "bob" : "ada", "refresh_token");
        tokens_new_refresh(w.tokens, all[i]);
    }
    for (size_t i = 0; i < N(all); i++)
        assert_int_equal(all[i]->ended, i == 0); /* six of ada's */
}

/* ---- access tokens ---- */

static void a_session_slides(void **state)
{
    struct approval *a = tokens_approve(w.tokens, "app", "ada", "api");
    const char *token = tokens_new_access(w.tokens, a, NOW + 100);
    (void)state;

    assert_ptr_equal(tokens_access(w.tokens, token, NOW + 99, 100), a);
    assert_ptr_equal(tokens_access(w.tokens, token, NOW + 198, 0), a);
    assert_null(tokens_access(w.tokens, token, NOW + 199, 100));
    assert_null(tokens_access(w.tokens, "unknown", NOW, 0));
    assert_null(tokens_access(w.tokens, tokens_new_refresh(w.tokens, a), NOW, 0));
}

static void what_is_revoked_is_dead(void **state)
{
    struct approval *a = tokens_approve(w.tokens, "app", "ada", "api refresh_token");
    const char *access = tokens_new_access(w.tokens, a, INT64_MAX), *other = tokens_new_access(w.tokens, a, INT64_MAX);
    const char *refresh = tokens_new_refresh(w.tokens, a);
    const char *code = tokens_new_code(w.tokens, a, (struct code){BACK, ""}, INT64_MAX);
    struct code bound;
    (void)state;

    assert_true(tokens_inspect(w.tokens, refresh, NOW).refresh);
    assert_null(tokens_inspect(w.tokens, code, NOW).approval);
    assert_false(tokens_revoke(w.tokens, code));
    assert_false(tokens_revoke(w.tokens, "unknown"));
    assert_true(tokens_revoke(w.tokens, access));
    assert_null(tokens_access(w.tokens, access, NOW, 0));
    assert_ptr_equal(tokens_access(w.tokens, other, NOW, 0), a);
    assert_true(tokens_revoke(w.tokens, refresh)); /* the whole approval */
    assert_null(tokens_access(w.tokens, other, NOW, 0));
    assert_null(tokens_take_code(w.tokens, code, NOW, &bound));
    assert_false(tokens_revoke(w.tokens, refresh));
    assert_null(tokens_inspect(w.tokens, refresh, NOW).approval);
}

static void all_at_once(void **state)
{
    struct approval *a = tokens_approve(w.tokens, "app", "ada", "api"),
                    *b = tokens_approve(w.tokens, "app", "bob", "api");
    const char *token = tokens_new_access(w.tokens, a, INT64_MAX);
    (void)state;

    tokens_new_access(w.tokens, b, INT64_MAX);
    assert_int_equal(tokens_expire_all(w.tokens), 2);
    assert_int_equal(tokens_expire_all(w.tokens), 0);
    assert_null(tokens_access(w.tokens, token, NOW, 0));
    assert_non_null(tokens_access(w.tokens, tokens_new_access(w.tokens, a, INT64_MAX), NOW, 0));
    json_t *shown = tokens_show(w.tokens, NOW);
    assert_int_equal(json_array_size(shown), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(shown, 1), "access_tokens")), 1);
    char *text = json_dumps(shown, 0);
    assert_null(strstr(text, token)); /* no secret */
    free(text);
    json_decref(shown);
    assert_int_equal(tokens_revoke_all(w.tokens), 2);
    assert_int_equal(tokens_revoke_all(w.tokens), 0);
}

/* ---- client credentials, and what is none ---- */

static void client_credentials(void **state)
{
    struct grant_request q = {.login_host = true};
    struct grant g;
    char type[] = "client_credentials", client[] = "app";
    (void)state;

    assert_string_equal(asked("client_credentials", "", &g), "");
    assert_string_equal(g.approval->username, DEFAULT_USERNAME);
    assert_null(g.refresh_token);
    q.grant_type = type;
    q.client_id = client;
    assert_string_equal(grant_decide(&w, &q, &g).error, "unsupported_grant_type");
    setting("{\"client_credentials_user\":false}");
    assert_string_equal(asked("client_credentials", "", &g), "invalid_grant");
    assert_string_equal(asked("password", "", &g), "unsupported_grant_type");
    assert_string_equal(asked(NULL, "", &g), "unsupported_grant_type");
}

/* ---- apps ---- */

static void any_app_may_unless_it_is_registered(void **state)
{
    (void)state;
    assert_null(app_known(&w, "any").error);
    assert_null(app_secret(&w, "any", "any").error);
    assert_null(app_redirect(&w, "any", "http://any").error);
    assert_string_equal(app_redirect(&w, "any", "").error, "redirect_uri_mismatch");
    assert_string_equal(app_known(&w, "").error, "invalid_client_id");
    register_app("app", "{\"secret\":\"s\",\"redirect_uris\":[\"" BACK "\"],\"usernames\":[\"ada\"]}");
    register_app("public", "{\"secret\":\"s\",\"require_secret\":false}");
    assert_null(app_secret(&w, "app", "s").error);
    assert_string_equal(app_secret(&w, "app", "x").error, "invalid_client");
    assert_string_equal(app_secret(&w, "app", NULL).error, "invalid_client");
    assert_null(app_secret(&w, "public", NULL).error);
    assert_string_equal(app_secret(&w, "public", "x").error, "invalid_client");
    assert_null(app_redirect(&w, "app", BACK).error);
    assert_string_equal(app_redirect(&w, "app", "http://x").error, "redirect_uri_mismatch");
    assert_null(app_user(&w, "app", "ada").error);
    assert_string_equal(app_user(&w, "app", "bob").error, "invalid_grant");
    setting("{\"known_apps_only\":true}");
    assert_null(app_known(&w, "app").error);
    assert_string_equal(app_known(&w, "any").error, "invalid_client_id");

    json_t *wrong = json_pack("{s:s}", "nope", "x"), *list = json_array();
    assert_non_null(app_check(wrong));
    assert_non_null(app_check(list));
    json_decref(wrong);
    json_decref(list);
}

/* ---- JWT bearer: signed by our own side ---- */

static char *pem(EVP_PKEY *key, bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes;
    if (private)
        PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PUBKEY(bio, key);
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = xstrndup(bytes, (size_t)len);
    BIO_free(bio);
    return text;
}

static const struct {
    const char *name, *issuer, *subject, *audience;
    int64_t expires_s; /* from now */
    const char *error;
} assertions[] = {
    {"granted", "app", "ada", "https://login.salesforce.com", 180, ""},
    {"for a sandbox", "app", "ada", "https://test.salesforce.com", 180, ""},
    {"for this org", "app", "ada", "http://127.0.0.1:8585", 180, ""},
    {"for another", "app", "ada", "https://login.example", 180, "invalid_grant"},
    {"past", "app", "ada", "https://login.salesforce.com", 0, "invalid_grant"},
    {"as long as it may be", "app", "ada", "https://login.salesforce.com", 300, ""},
    {"too long", "app", "ada", "https://login.salesforce.com", 301, "invalid_grant"},
    {"not approved", "app", "bob", "https://login.salesforce.com", 180, "invalid_grant"},
    {"no key is known", "keyless", "ada", "https://login.salesforce.com", 180, "invalid_grant"},
    {"another's key", "other", "ada", "https://login.salesforce.com", 180, "invalid_grant"},
    {"no issuer", "", "ada", "https://login.salesforce.com", 180, "invalid_client_id"},
};

static void an_assertion_is_believed_if_all_of_it_is_right(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
    char *private = pem(key, true), *public = pem(key, false), *others = pem(other, false);
    struct grant g;
    (void)state;

    json_object_set_new(w.apps, "app", json_pack("{s:s, s:[s]}", "public_key", public, "usernames", "ada"));
    json_object_set_new(w.apps, "other", json_pack("{s:s}", "public_key", others));
    for (size_t i = 0; i < N(assertions); i++) {
        struct jwt_claims claims = {assertions[i].issuer, assertions[i].subject, assertions[i].audience,
                                    WALL / 1000 + assertions[i].expires_s};
        struct error e = {0};
        char *token = jwt_sign(&claims, private, &e), *form = xasprintf("assertion=%s", token);
        if (strcmp(asked("urn:ietf:params:oauth:grant-type:jwt-bearer", form, &g), assertions[i].error) != 0)
            fail_msg("%s", assertions[i].name);
        if (!*assertions[i].error)
            assert_string_equal(g.approval->username, "ada");
        /* one letter of the claims is another */
        char *dot = strchr(form, '.');
        dot[20] = dot[20] == 'A' ? 'B' : 'A';
        assert_string_not_equal(asked("urn:ietf:params:oauth:grant-type:jwt-bearer", form, &g), "");
        free(token);
        free(form);
    }
    assert_false(grant_needs_client("urn:ietf:params:oauth:grant-type:jwt-bearer"));
    assert_true(grant_needs_client("refresh_token"));
    assert_true(grant_needs_client(NULL));
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    free(private);
    free(public);
    free(others);
}

static void what_is_no_assertion(void **state)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "a.b",
                                        "a.b.c",
                                        "eyJhbGciOiJSUzI1NiJ9..",
                                        "eyJhbGciOiJSUzI1NiJ9.e30.!",
                                        "eyJhbGciOiJSUzI1NiJ9.W10.AAAA", /* its claims are an array */
                                        "eyJhbGciOiJub25lIn0.e30.AAAA"}; /* alg none */
    struct grant g;
    (void)state;

    for (size_t i = 0; i < N(texts); i++) {
        struct assertion a;
        assert_false(assertion_read(&a, texts[i]));
        assertion_release(&a);
    }
    assert_string_equal(asked("urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion=x", &g), "invalid_grant");
    assert_string_equal(asked("urn:ietf:params:oauth:grant-type:jwt-bearer", "", &g), "invalid_grant");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_code_is_bound_and_works_once),
        TEST(a_refresh_token_lasts_unless_it_rotates),
        TEST(another_app_cannot_use_it),
        TEST(the_sixth_approval_ends_the_oldest),
        TEST(a_session_slides),
        TEST(what_is_revoked_is_dead),
        TEST(all_at_once),
        TEST(client_credentials),
        TEST(any_app_may_unless_it_is_registered),
        TEST(an_assertion_is_believed_if_all_of_it_is_right),
        TEST(what_is_no_assertion),
    };
    return cmocka_run_group_tests_name("world_login", tests, NULL, NULL);
}
