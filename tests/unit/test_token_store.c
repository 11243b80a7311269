/* SPDX-License-Identifier: Apache-2.0 */
/* The token file: its form, its mode, its lock; and eight processes that share one login whose refresh tokens work once. */
#include "common/clock.h"
#include "common/form.h"
#include "common/http_client.h"
#include "common/http_server.h"
#include "common/memory.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/session.h"
#include "worker/salesforce/token_store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

static char folder[] = "/tmp/sfsink-test-XXXXXX", file[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/token", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[80];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void write_file(const char *text, mode_t mode)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(file, mode), 0);
}

/* ---- form and mode ---- */

static const struct row {
    const char *name, *text;
    mode_t mode;
    enum status status; /* STATUS_OK: read */
    const char *says;
} rows[] = {
    {"refresh token alone", "{\"refresh_token\":\"r\"}", 0600, STATUS_OK, NULL},
    {"access token alone", "{\"access_token\":\"a\"}", 0400, STATUS_OK, NULL},
    {"its group may read", "{\"refresh_token\":\"r\"}", 0640, STATUS_OK, NULL},
    {"issued_at as a number, unknown members", "{\"refresh_token\":\"r\",\"issued_at\":17,\"x\":[1]}", 0600, STATUS_OK,
     NULL},
    {"others may read", "{\"refresh_token\":\"r\"}", 0604, STATUS_CONFIGURATION, "chmod 600"},
    {"its group may write", "{\"refresh_token\":\"r\"}", 0660, STATUS_CONFIGURATION, "chmod 600"},
    {"no token", "{}", 0600, STATUS_CONFIGURATION, "refresh_token"},
    {"an array", "[]", 0600, STATUS_CONFIGURATION, "sfsink login"},
    {"no JSON", "refresh_token = r", 0600, STATUS_CONFIGURATION, "sfsink login"},
    {"empty", "", 0600, STATUS_CONFIGURATION, "sfsink login"},
};

static void read_row(void **state)
{
    const struct row *row = *state;
    struct tokens t = {0};
    struct error e = {0};

    write_file(row->text, row->mode);
    assert_int_equal(token_store_read(file, &t, &e), row->status == STATUS_OK);
    assert_int_equal(e.status, row->status);
    if (row->says && !strstr(e.text, row->says) && !strstr(e.hint, row->says))
        fail_msg("%s / %s", e.text, e.hint);
    tokens_release(&t);
}

static void what_is_written_is_read(void **state)
{
    struct tokens in = {"a!1", "r\"2", "https://x.my.salesforce.com", "id", "api", "17"}, out = {0};
    struct error e = {0};
    struct stat st;
    (void)state;

    write_file("{\"refresh_token\":\"old\"}", 0600);
    assert_true(token_store_write(file, &in, &e));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(token_store_read(file, &out, &e));
    assert_string_equal(out.refresh_token, "r\"2");
    assert_string_equal(out.issued_at, "17");
    tokens_release(&out);
    assert_true(token_store_remove(file, &e));
    assert_true(token_store_remove(file, &e));
    assert_false(token_store_exists(file));
    assert_false(token_store_read(file, &out, &e));
    assert_int_equal(e.status, STATUS_NOT_ALLOWED);
}

static void the_owner_is_in_the_id(void **state)
{
    static const struct {
        const char *id, *org, *user; /* NULL: names none */
    } cases[] = {
        {"https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS", "00Dxx0000001gPLEAY",
         "005xx000001SwiUAAS"},
        {"https://login.salesforce.com/id/00Dxx0000001gPL/005xx000001SwiU", "00Dxx0000001gPL", "005xx000001SwiU"},
        {"https://login.salesforce.com/id/00Dxx0000001gPLEAYs/005xx000001SwiUAAS", NULL, NULL},
        {"https://login.salesforce.com/id/00D x/005xx000001SwiUAAS", NULL, NULL},
        {"https://login.salesforce.com/id/00Dxx0000001gPL/005xx000001SwiU/more", NULL, NULL},
        {"https://login.salesforce.com/id/00Dxx0000001gPL", NULL, NULL},
        {"", NULL, NULL},
        {NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char org[TOKEN_ID_SIZE], user[TOKEN_ID_SIZE], *id = cases[i].id ? strdup(cases[i].id) : NULL;
        assert_int_equal(tokens_owner(&(struct tokens){.id = id}, org, user), cases[i].org != NULL);
        if (cases[i].org) {
            assert_string_equal(org, cases[i].org);
            assert_string_equal(user, cases[i].user);
        }
        free(id);
    }
}

static void a_link_keeps_leading_to_the_file(void **state)
{
    struct tokens in = {.refresh_token = "r"};
    struct error e = {0};
    struct stat st;
    char link[80];
    (void)state;

    write_file("{\"refresh_token\":\"old\"}", 0600);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(file, link), 0);
    assert_true(token_store_write(link, &in, &e));
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void the_lock_is_one(void **state)
{
    int a, b;
    (void)state;

    assert_int_equal(token_store_lock(file, &a), TOKEN_LOCKED);
    assert_int_equal(token_store_lock(file, &b), TOKEN_LOCK_BUSY);
    assert_int_equal(b, -1);
    token_store_unlock(&a);
    assert_int_equal(token_store_lock(file, &b), TOKEN_LOCKED);
    token_store_unlock(&b);
    assert_int_equal(token_store_lock("/nowhere/at/all", &a), TOKEN_LOCK_IMPOSSIBLE);
}

/* ---- many processes ---- */

enum { KILLS = 40 };

static void write_for_ever(void)
{
    struct tokens odd = {.refresh_token = "odd", .access_token = "a"}, even = {.refresh_token = "even"};
    struct error e = {0};

    for (unsigned i = 0;; i++)
        token_store_write(file, i % 2 ? &odd : &even, &e);
}

static void a_kill_leaves_a_whole_file(void **state)
{
    struct tokens t = {0};
    struct error e = {0};
    int status;
    (void)state;

    write_file("{\"refresh_token\":\"even\"}", 0600);
    for (int i = 0; i < KILLS; i++) {
        pid_t pid = fork();
        if (pid == 0)
            write_for_ever();
        for (int64_t until = clock_ms() + i % 7; clock_ms() < until;)
            if (!token_store_read(file, &t, &e))
                fail_msg("%s", e.text);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!token_store_read(file, &t, &e))
            fail_msg("%s", e.text);
    }
    tokens_release(&t);
}

enum { CHILDREN = 8, CALLS = 25, CALLS_A_TOKEN = 7, TOO_LONG_MS = 60000 };

/* The server's thread writes, the test reads at the end. */
static struct {
    _Atomic int generation, calls_left, replays, refreshes, good_calls;
} org;

static void token_endpoint(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    char *given = form_value(x->body, "refresh_token"), *wanted = xasprintf("r%d", org.generation);
    (void)context;

    if (!given || strcmp(given, wanted) != 0) {
        org.replays++;
        http_reply_text(reply, 400, "application/json",
                        "{\"error\":\"invalid_grant\",\"error_description\":\"expired access/refresh token\"}");
    } else {
        org.refreshes++;
        org.generation++;
        org.calls_left = CALLS_A_TOKEN;
        char *body = xasprintf("{\"access_token\":\"a%d\",\"refresh_token\":\"r%d\"}", org.generation, org.generation);
        http_reply_take(reply, 200, "application/json", body, strlen(body));
        reply->delay_ms = 20;
    }
    free(given);
    free(wanted);
}

static void api(void *context, const struct http_exchange *x, struct http_reply *reply)
{
    const char *token = http_exchange_header(x, "authorization");
    char *wanted = xasprintf("Bearer a%d", org.generation);
    bool good = token && strcmp(token, wanted) == 0 && org.calls_left > 0;
    (void)context;

    if (good) {
        org.calls_left--;
        org.good_calls++;
    }
    http_reply_text(reply, good ? 200 : 401, "application/json", "[]");
    free(wanted);
}

static uint64_t call_api(struct http_client *http, const struct session *s)
{
    char *url = xasprintf("%s/api", session_instance_url(s));
    char *authorization = xasprintf("Authorization: Bearer %s", session_token(s));
    uint64_t id = http_client_submit(
        http,
        &(struct http_request){.method = "GET", .url = url, .headers = {authorization}, .timeout_ms = TOO_LONG_MS});

    free(url);
    free(authorization);
    return id;
}

/* Calls until CALLS of them were good; a new token whenever one is refused. */
static int be_a_worker(struct config *c)
{
    struct http_client *http = http_client_new(&(struct http_client_options){0});
    struct session *s = session_new(c, http);
    struct http_response r;
    uint64_t call = 0, generation = 0;
    int good = 0;

    for (int64_t until = clock_ms() + TOO_LONG_MS; good < CALLS && clock_ms() < until;) {
        int64_t now = clock_ms(), due = session_due(s);
        if (!call && session_need(s, now)) {
            call = call_api(http, s);
            generation = session_generation(s);
        }
        http_client_wait(http, NULL, 0, due - now < 20 ? 1 : 20);
        while (http_client_completed(http, &r)) {
            if (!session_take(s, clock_ms(), &r)) {
                call = 0;
                good += r.status == 200;
                if (r.status == 401)
                    session_expired(s, clock_ms(), generation);
            }
            http_response_release(&r);
        }
        session_tick(s, clock_ms());
    }
    session_free(s);
    http_client_free(http);
    return good == CALLS ? 0 : 1;
}

static pid_t fork_worker(struct config *c, int from, int to)
{
    char url[64] = "";
    pid_t pid = fork();

    if (pid)
        return pid;
    close(to);
    if (read(from, url, sizeof url - 1) <= 0)
        _exit(2);
    c->salesforce.auth.login_url = c->salesforce.instance_url = url;
    _exit(be_a_worker(c));
}

static void no_refresh_token_is_used_twice(void **state)
{
    static const struct http_path paths[] = {{"POST", "/services/oauth2/token", token_endpoint}, {"GET", "/api", api}};
    struct config *c = sample_config();
    struct error e = {0};
    pid_t children[CHILDREN];
    int pipes[CHILDREN][2], status;
    (void)state;

    write_file("{\"refresh_token\":\"r0\",\"access_token\":\"a0\"}", 0600);
    c->salesforce.auth.flow = FLOW_REFRESH_TOKEN;
    c->salesforce.auth.token_file = file;
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        children[i] = fork_worker(c, pipes[i][0], pipes[i][1]);
    }
    struct http_server *server = http_server_start(
        &(struct http_server_options){.listen = "127.0.0.1:0", .paths = paths, .npaths = N(paths)}, &e);
    assert_non_null(server);
    char *url = xasprintf("http://127.0.0.1:%d", http_server_port(server));
    for (int i = 0; i < CHILDREN; i++)
        assert_int_equal(write(pipes[i][1], url, strlen(url)), strlen(url));
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    http_server_stop(server);
    free(url);
    assert_int_equal(org.replays, 0);
    assert_int_equal(org.good_calls, CHILDREN * CALLS);
    assert_true(org.refreshes >= CHILDREN * CALLS / CALLS_A_TOKEN);
}

int main(void)
{
    struct CMUnitTest tests[N(rows) + 8];
    size_t n = 0;

    for (size_t i = 0; i < N(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, read_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_written_is_read);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_owner_is_in_the_id);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_link_keeps_leading_to_the_file);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_lock_is_one);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_kill_leaves_a_whole_file);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_refresh_token_is_used_twice);
    return _cmocka_run_group_tests("token_store", tests, n, make_folder, remove_folder);
}
