/* SPDX-License-Identifier: Apache-2.0 */
/* Logins of every flow through a scripted token endpoint, and the stored login through a real file. */
#include "common/http_client.h"
#include "common/memory.h"
#include "tests/unit/fake_http.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/session.h"
#include "worker/salesforce/token_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define TOKEN "POST /services/oauth2/token"
#define GIVEN(access, more)                                                                                            \
    "{\"access_token\":\"" access "\",\"instance_url\":\"https://acme.my.salesforce.com\"" more "}"
#define REFUSED(error, words) "{\"error\":\"" error "\",\"error_description\":\"" words "\"}"

struct world {
    struct fake_http *net;
    struct session *session;
    struct config *config;
    int64_t now;
    char folder[32], file[64];
};

static struct world begin(enum auth_flow flow)
{
    struct world w = {.now = 1000, .config = sample_config(), .folder = "/tmp/sfsink-test-XXXXXX"};

    if (!mkdtemp(w.folder))
        fail_msg("no folder for a test");
    snprintf(w.file, sizeof w.file, "%s/token", w.folder);
    w.config->salesforce.auth.flow = flow;
    return w;
}

static void start(struct world *w, const struct exchange *script)
{
    w->config->salesforce.auth.token_file = w->file;
    w->net = fake_http_new(script);
    w->session = session_new(w->config, fake_http_client(w->net));
}

static void write_file(const struct world *w, const char *text)
{
    FILE *f = fopen(w->file, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(w->file, 0600), 0);
}

/* A turn of the loop: responses, then time. */
static bool turn(struct world *w)
{
    struct http_response r;

    while (http_client_completed(fake_http_client(w->net), &r)) {
        assert_true(session_take(w->session, w->now, &r));
        http_response_release(&r);
    }
    session_tick(w->session, w->now);
    return session_need(w->session, w->now);
}

static bool log_in(struct world *w)
{
    return turn(w) || turn(w);
}

static void end(struct world *w)
{
    char command[128];

    assert_int_equal(fake_http_unexpected(w->net), 0);
    assert_int_equal(fake_http_left(w->net), 0);
    session_free(w->session);
    assert_int_equal(fake_http_open(w->net), 0);
    fake_http_free(w->net);
    snprintf(command, sizeof command, "rm -rf %s", w->folder);
    assert_int_equal(system(command), 0);
}

static const char *why(const struct world *w)
{
    static char text[2000];

    session_say(w->session, text, sizeof text);
    return text;
}

/* ---- what the endpoint says, and what the operator reads ---- */

static const struct refusal_row {
    const char *name;
    int status;
    const char *body, *says;
} refusals[] = {
    {"expired refresh token", 400, REFUSED("invalid_grant", "expired access/refresh token"), "sfsink login"},
    {"not approved", 400, REFUSED("invalid_grant", "user hasn't approved this consumer"), "pre-authorize"},
    {"audience", 400, REFUSED("invalid_grant", "audience is invalid"), "login_url"},
    {"assertion", 400, REFUSED("invalid_grant", "invalid assertion"), "certificate"},
    {"no run-as user", 400, REFUSED("invalid_grant", "no client credentials user enabled"), "Run As"},
    {"addresses", 400, REFUSED("invalid_grant", "ip restricted"), "IP ranges"},
    {"unknown client", 400, REFUSED("invalid_client_id", "client identifier invalid"), "client_id"},
    {"wrong secret", 401, REFUSED("invalid_client", "invalid client credentials"), "client_secret"},
    {"not allowed", 400, REFUSED("invalid_app_access", "user is not admin approved"), "administrator"},
    {"flow off, or a login host", 400, REFUSED("unsupported_grant_type", "grant type not supported"), "My Domain"},
    {"blocked", 400, REFUSED("OAUTH_APP_BLOCKED", "this app is blocked by admin"), "unblock"},
    {"never heard of", 400, REFUSED("something_new", "words"), "something_new: words"},
    {"trouble there", 503, "<html>", "HTTP status 503"},
    {"no JSON", 200, "<html>", "no JSON"},
    {"no token", 200, "{}", "access token"},
    {"a foreign host", 200, "{\"access_token\":\"t\",\"instance_url\":\"https://salesforce.com.evil.example\"}",
     "not Salesforce's"},
    {"http", 200, "{\"access_token\":\"t\",\"instance_url\":\"http://acme.my.salesforce.com\"}", "not Salesforce's"},
    {"a host behind an @", 200, "{\"access_token\":\"t\",\"instance_url\":\"https://a.salesforce.com@evil.example\"}",
     "not Salesforce's"},
    {"no instance at all", 200, "{\"access_token\":\"t\"}", "instance URL"},
};

static void refusal(void **state)
{
    const struct refusal_row *row = *state;
    struct exchange script[] = {{.request = TOKEN, .status = row->status, .body = row->body}, {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    const struct error *e;
    int64_t retry_at;

    start(&w, script);
    assert_false(log_in(&w));
    assert_true(session_failed(w.session, &e, &retry_at));
    assert_true(retry_at > w.now);
    if (!strstr(why(&w), row->says))
        fail_msg("%s", why(&w));
    assert_null(strstr(why(&w), "s&cret"));
    end(&w);
}

/* ---- flows ---- */

static void client_credentials(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN,
         .status = 200,
         .body = GIVEN("t1", ""),
         .body_has = "grant_type=client_credentials&client_id=client&client_secret=s%26cret"},
        {.request = TOKEN, .status = 200, .body = GIVEN("t2", "")},
        {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    (void)state;

    start(&w, script);
    assert_false(session_ready(w.session));
    assert_true(log_in(&w));
    assert_string_equal(session_token(w.session), "t1");
    assert_string_equal(session_instance_url(w.session), "https://acme.my.salesforce.com");
    assert_int_equal(session_generation(w.session), 1);
    session_expired(w.session, w.now, 1);
    session_expired(w.session, w.now, 1);
    assert_false(session_ready(w.session));
    assert_true(log_in(&w));
    session_expired(w.session, w.now, 1); /* late: t2 is another */
    assert_string_equal(session_token(w.session), "t2");
    end(&w);
}

static void a_failed_login_is_tried_again_by_itself(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN, .reach = HTTP_NOT_SENT}, {.request = TOKEN, .status = 200, .body = GIVEN("t1", "")}, {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    (void)state;

    start(&w, script);
    assert_false(log_in(&w));
    assert_false(turn(&w));
    w.now = session_due(w.session);
    assert_true(log_in(&w));
    assert_true(session_due(w.session) == INT64_MAX);
    end(&w);
}

static void the_configured_instance_wins(void **state)
{
    static char url[] = "https://eu.acme.example";
    static const struct exchange script[] = {{.request = TOKEN, .status = 200, .body = GIVEN("t1", "")}, {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    (void)state;

    w.config->salesforce.instance_url = url;
    start(&w, script);
    assert_true(log_in(&w));
    assert_string_equal(session_instance_url(w.session), url);
    end(&w);
}

static void a_fixed_token(void **state)
{
    static char token[] = "fixed", url[] = "https://acme.my.salesforce.com";
    static const struct exchange script[] = {{0}};
    struct world w = begin(FLOW_ACCESS_TOKEN);
    (void)state;

    w.config->salesforce.instance_url = url;
    w.config->salesforce.auth.access_token = token;
    start(&w, script);
    assert_true(log_in(&w));
    assert_string_equal(session_token(w.session), "fixed");
    session_expired(w.session, w.now, 1);
    assert_false(turn(&w));
    assert_non_null(strstr(why(&w), "access_token"));
    assert_null(strstr(why(&w), "fixed"));
    end(&w);
}

/* ---- a reload brings other secrets ---- */

static char old_secret[] = "old", new_secret[] = "new";

static void another_secret_is_tried_at_once_where_the_old_one_failed(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN,
         .status = 401,
         .body = REFUSED("invalid_client", "invalid client credentials"),
         .body_has = "client_secret=old"},
        {.request = TOKEN, .status = 200, .body = GIVEN("t1", ""), .body_has = "client_secret=new"},
        {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    (void)state;

    w.config->salesforce.auth.client_secret = old_secret;
    start(&w, script);
    assert_false(log_in(&w));
    session_take_over(w.session, w.now, w.config);
    assert_false(turn(&w)); /* the same: it waits */
    w.config->salesforce.auth.client_secret = new_secret;
    session_take_over(w.session, w.now, w.config);
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "t1");
    end(&w);
}

static void another_secret_serves_when_a_token_is_needed(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN, .status = 200, .body = GIVEN("t1", ""), .body_has = "client_secret=old"},
        {.request = TOKEN, .status = 200, .body = GIVEN("t2", ""), .body_has = "client_secret=new"},
        {0}};
    struct world w = begin(FLOW_CLIENT_CREDENTIALS);
    (void)state;

    w.config->salesforce.auth.client_secret = old_secret;
    start(&w, script);
    assert_true(log_in(&w));
    w.config->salesforce.auth.client_secret = new_secret;
    session_take_over(w.session, w.now, w.config);
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "t1");
    session_expired(w.session, w.now, session_generation(w.session));
    assert_true(log_in(&w));
    assert_string_equal(session_token(w.session), "t2");
    end(&w);
}

static void another_fixed_token_serves_from_now_on(void **state)
{
    static const struct exchange script[] = {{0}};
    static char url[] = "https://acme.my.salesforce.com";
    struct world w = begin(FLOW_ACCESS_TOKEN);
    (void)state;

    w.config->salesforce.instance_url = url;
    w.config->salesforce.auth.access_token = old_secret;
    start(&w, script);
    assert_true(turn(&w));
    uint64_t first = session_generation(w.session);
    w.config->salesforce.auth.access_token = new_secret;
    session_take_over(w.session, w.now, w.config);
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "new");
    session_expired(w.session, w.now, first); /* a call that was under way with the old one */
    assert_true(turn(&w));
    end(&w);
}

static void secrets_of_another_login_wait_for_a_restart(void **state)
{
    static const struct exchange script[] = {{0}};
    static char url[] = "https://acme.my.salesforce.com", other[] = "https://other.my.salesforce.com";
    struct world w = begin(FLOW_ACCESS_TOKEN);
    (void)state;

    w.config->salesforce.instance_url = url;
    w.config->salesforce.auth.access_token = old_secret;
    start(&w, script);
    assert_true(turn(&w));
    w.config->salesforce.instance_url = other;
    w.config->salesforce.auth.access_token = new_secret;
    session_take_over(w.session, w.now, w.config);
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "old");
    assert_string_equal(session_instance_url(w.session), url);
    end(&w);
}

static void a_bad_key_for_jwt(void **state)
{
    static char key[] = "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n";
    static const struct exchange script[] = {{0}};
    struct world w = begin(FLOW_JWT);
    (void)state;

    w.config->salesforce.auth.private_key = key;
    start(&w, script);
    assert_false(log_in(&w));
    assert_non_null(strstr(why(&w), "salesforce.auth.private_key"));
    assert_null(strstr(why(&w), "nonsense"));
    end(&w);
}

/* ---- the stored login ---- */

#define STORED(access, refresh)                                                                                        \
    "{\"access_token\":\"" access "\",\"refresh_token\":\"" refresh                                                    \
    "\",\"instance_url\":\"https://acme.my.salesforce.com\"}"

static char *stored(const struct world *w, bool refresh)
{
    struct tokens t = {0};
    struct error e = {0};

    assert_true(token_store_read(w->file, &t, &e));
    char *s = xstrdup(refresh ? t.refresh_token : t.access_token);
    tokens_release(&t);
    return s;
}

static void assert_stored(const struct world *w, const char *access, const char *refresh)
{
    char *a = stored(w, false), *r = stored(w, true);

    assert_string_equal(a, access);
    assert_string_equal(r, refresh);
    free(a);
    free(r);
}

static void a_stored_token_is_used_then_renewed_and_rotated(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN,
         .status = 200,
         .body = GIVEN("a2", ""),
         .body_has = "grant_type=refresh_token&refresh_token=r1&client_id=client"},
        {.request = TOKEN,
         .status = 200,
         .body = GIVEN("a3", ",\"refresh_token\":\"r2\""),
         .body_has = "refresh_token=r1"},
        {.request = TOKEN, .status = 200, .body = GIVEN("a4", ""), .body_has = "refresh_token=r2"},
        {0}};
    static const char *const access[] = {"a2", "a3", "a4"}, *const refresh[] = {"r1", "r2", "r2"};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    (void)state;

    start(&w, script);
    write_file(&w, STORED("a1", "r1"));
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "a1");
    for (size_t i = 0; i < N(access); i++) {
        session_expired(w.session, w.now, session_generation(w.session));
        assert_true(log_in(&w));
        assert_string_equal(session_token(w.session), access[i]);
        assert_stored(&w, access[i], refresh[i]);
    }
    end(&w);
}

static void no_login_at_all(void **state)
{
    static const struct exchange script[] = {{0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    (void)state;

    start(&w, script);
    assert_false(log_in(&w));
    assert_non_null(strstr(why(&w), "sfsink login"));
    end(&w);
}

static void a_dead_refresh_token_is_sent_once_and_login_cures_it(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN, .status = 400, .body = REFUSED("invalid_grant", "expired access/refresh token")}, {0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    (void)state;

    start(&w, script);
    write_file(&w, "{\"refresh_token\":\"r1\"}");
    for (int i = 0; i < 4; i++) {
        assert_false(log_in(&w));
        assert_non_null(strstr(why(&w), "sfsink login"));
        w.now = session_due(w.session);
    }
    write_file(&w, STORED("a9", "r9"));
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "a9");
    end(&w);
}

static void another_process_was_faster(void **state)
{
    static const struct exchange script[] = {{0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    int lock;
    (void)state;

    start(&w, script);
    write_file(&w, STORED("a1", "r1"));
    assert_true(turn(&w));
    assert_int_equal(token_store_lock(w.file, &lock), TOKEN_LOCKED);
    session_expired(w.session, w.now, 1);
    for (int i = 0; i < 3; i++) {
        assert_false(turn(&w));
        w.now = session_due(w.session);
    }
    write_file(&w, STORED("a2", "r2"));
    token_store_unlock(&lock);
    assert_true(turn(&w));
    assert_string_equal(session_token(w.session), "a2");
    end(&w);
}

static void a_lock_that_is_never_free(void **state)
{
    static const struct exchange script[] = {{0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    int lock;
    (void)state;

    start(&w, script);
    write_file(&w, "{\"refresh_token\":\"r1\"}");
    assert_int_equal(token_store_lock(w.file, &lock), TOKEN_LOCKED);
    assert_false(turn(&w));
    w.now += 100000;
    assert_false(turn(&w));
    assert_non_null(strstr(why(&w), "lock"));
    token_store_unlock(&lock);
    end(&w);
}

/* Root may write everywhere, so that the folder's mode would stop nobody: a folder in the new file's place does. */
static void a_rotated_token_that_cannot_be_stored_stops(void **state)
{
    static const struct exchange script[] = {
        {.request = TOKEN, .status = 200, .body = GIVEN("a2", ",\"refresh_token\":\"r2\"")}, {0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    char blocked[80];
    int lock;
    (void)state;

    start(&w, script);
    write_file(&w, "{\"refresh_token\":\"r1\"}");
    snprintf(blocked, sizeof blocked, "%s.new", w.file);
    assert_int_equal(mkdir(blocked, 0700), 0);
    assert_false(log_in(&w));
    assert_false(session_ready(w.session));
    assert_non_null(strstr(why(&w), "cannot be stored"));
    assert_int_equal(token_store_lock(w.file, &lock), TOKEN_LOCK_BUSY);
    w.now = session_due(w.session);
    assert_false(turn(&w));
    assert_int_equal(rmdir(blocked), 0);
    w.now = session_due(w.session);
    assert_true(turn(&w));
    assert_stored(&w, "a2", "r2");
    end(&w);
}

static void a_read_only_store_is_used_as_it_is(void **state)
{
    static const struct exchange script[] = {{.request = TOKEN, .status = 200, .body = GIVEN("a2", "")}, {0}};
    struct world w = begin(FLOW_REFRESH_TOKEN);
    char blocked[80];
    (void)state;

    start(&w, script);
    write_file(&w, "{\"refresh_token\":\"r1\"}");
    snprintf(blocked, sizeof blocked, "%s.new", w.file);
    assert_int_equal(mkdir(blocked, 0700), 0);
    snprintf(blocked, sizeof blocked, "%s.lock", w.file);
    assert_int_equal(mkdir(blocked, 0700), 0);
    assert_true(log_in(&w));
    assert_string_equal(session_token(w.session), "a2");
    end(&w);
}

int main(void)
{
    struct CMUnitTest tests[N(refusals) + 16];
    size_t n = 0;

    for (size_t i = 0; i < N(refusals); i++)
        tests[n++] = (struct CMUnitTest){refusals[i].name, refusal, NULL, NULL, (void *)(uintptr_t)&refusals[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(client_credentials);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_failed_login_is_tried_again_by_itself);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_configured_instance_wins);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_fixed_token);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(another_secret_is_tried_at_once_where_the_old_one_failed);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(another_secret_serves_when_a_token_is_needed);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(another_fixed_token_serves_from_now_on);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(secrets_of_another_login_wait_for_a_restart);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_bad_key_for_jwt);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_stored_token_is_used_then_renewed_and_rotated);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_login_at_all);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_dead_refresh_token_is_sent_once_and_login_cures_it);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(another_process_was_faster);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_lock_that_is_never_free);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_rotated_token_that_cannot_be_stored_stops);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_read_only_store_is_used_as_it_is);
    return _cmocka_run_group_tests("session", tests, n, NULL, NULL);
}
