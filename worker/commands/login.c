/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink login`: a person allows the app in the browser, and the tokens are stored for the workers. */
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/terminal.h"
#include "config/config.h"
#include "worker/commands/browser.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/commands/login_redirect.h"
#include "worker/commands/store_lock.h"
#include "worker/salesforce/authorization.h"
#include "worker/salesforce/login_owner.h"
#include "worker/salesforce/token_request.h"
#include "worker/salesforce/visit.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { TIMEOUT_S = 300, TIMEOUT_MOST_S = 86400, PASTED_MOST = 16384, REQUEST_TIMEOUT_MS = 30000 };

struct options {
    bool no_browser;
    int timeout_s;
};

struct login {
    const struct config *config;
    struct visit *visit;
    struct authorization authorization;
    struct redirect *redirect;
    char pasted[PASTED_MOST];
    size_t npasted;
    bool input_over;
};

/* ---- waiting for what comes back ---- */

/* Whole lines of standard input; the rest stays for the next time. A new string, or NULL. */
static char *take_line(struct login *l)
{
    char *end = memchr(l->pasted, '\n', l->npasted);
    size_t len = end ? (size_t)(end - l->pasted) : l->npasted;

    if (!end && !l->input_over && l->npasted < sizeof l->pasted)
        return NULL;
    char *line = xstrndup(l->pasted, len);
    l->npasted -= len + (end != NULL);
    memmove(l->pasted, l->pasted + len + (end != NULL), l->npasted);
    return line;
}

static void read_input(struct login *l)
{
    ssize_t n = read(STDIN_FILENO, l->pasted + l->npasted, sizeof l->pasted - l->npasted);

    if (n > 0)
        l->npasted += (size_t)n;
    else if (n == 0 || errno != EINTR)
        l->input_over = true;
}

/* True once it is decided: *code, or the error. */
static bool take_redirect(struct login *l, char **code, struct error *e)
{
    char *query = redirect_take(l->redirect);

    if (!query)
        return false;
    *code = authorization_read(&l->authorization, text_of(query), e);
    free(query);
    if (!*code && !e->status)
        redirect_ignore(l->redirect);
    return *code || e->status;
}

static bool take_pasted(struct login *l, char **code, struct error *e)
{
    char *line;

    while (!*code && !e->status && (line = take_line(l)) != NULL) {
        char *address = line + strspn(line, " \t\r");
        address[strcspn(address, " \t\r")] = '\0';
        *code = authorization_read(&l->authorization, text_of(address), e);
        if (address[0] && !*code && !e->status)
            fprintf(stderr, "sfsink: login: that is no address of a redirect: it holds neither code nor error\n"
                            "paste the whole address, http://localhost:…" AUTHORIZATION_PATH "?code=…\n");
        free(line);
        if (l->input_over && !l->npasted)
            break;
    }
    return *code || e->status;
}

static char *wait_for_code(struct login *l, int timeout_s, struct error *e)
{
    int64_t until = clock_ms() + (int64_t)timeout_s * 1000;
    char *code = NULL;

    for (;;) {
        int64_t left = until - clock_ms();
        struct pollfd fds[] = {{.fd = redirect_fd(l->redirect), .events = POLLIN},
                               {.fd = l->input_over ? -1 : STDIN_FILENO, .events = POLLIN}};
        if (left <= 0) {
            error_set(e, STATUS_UNAVAILABLE, "login: nothing came back within %d s", timeout_s);
            error_hint(e,
                       "run it again; from another machine, paste the address that the browser ends on; the app must "
                       "have the callback %s",
                       l->authorization.redirect_uri);
            return NULL;
        }
        poll(fds, 2, (int)left);
        if (fds[1].revents) {
            read_input(l);
            if (take_pasted(l, &code, e))
                return code;
        }
        if (fds[0].revents && take_redirect(l, &code, e))
            return code;
    }
}

/* ---- the code becomes tokens ---- */

/* Salesforce's words for it fit a refresh token and an assertion, too. */
static void explain_code(struct error *e)
{
    if (!strstr(e->text, "expired authorization code"))
        return;
    struct error code = {0};
    error_set(&code, STATUS_NOT_ALLOWED, "login: the authorization code was used before, or is too old (%s)", e->text);
    error_hint(&code, "a code counts once and for some minutes: run `sfsink login` again");
    *e = code;
}

static bool exchange(struct login *l, const char *code, struct tokens *t, struct error *e)
{
    char *url = xasprintf("%s/services/oauth2/token", l->config->salesforce.auth.login_url);
    char *form = authorization_form(&l->authorization, code);
    struct http_request request = {
        .method = "POST",
        .url = url,
        .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
        .body = text_of(form),
        .plain = true,
        .timeout_ms = REQUEST_TIMEOUT_MS};
    struct http_response r;
    bool given = visit_send(l->visit, &request, &r, e);

    if (given) {
        given = token_response_read(l->config, r.status, text_make(r.body, r.body_len), t, e) == TOKEN_GIVEN;
        if (!given)
            explain_code(e);
        http_response_release(&r);
    }
    explicit_bzero(form, strlen(form));
    free(form);
    free(url);
    return given;
}

static bool is_complete(const struct config *c, const struct tokens *t, struct error *e)
{
    if (!t->refresh_token[0]) {
        error_set(e, STATUS_NOT_ALLOWED,
                  "login: Salesforce gave no refresh token, so this login would end with its session");
        return error_hint(e,
                          "give the app the scope \"Perform requests at any time (refresh_token, offline_access)\" and "
                          "have refresh_token in salesforce.auth.scopes");
    }
    if (!t->instance_url[0] && !c->salesforce.instance_url[0]) {
        error_set(e, STATUS_UNAVAILABLE, "login: the answer names no instance URL");
        return error_hint(e, "set salesforce.instance_url");
    }
    return true;
}

static bool keep(struct login *l, const char *code, struct tokens *t, struct error *e)
{
    const char *file = l->config->salesforce.auth.token_file;
    int lock = -1;
    bool done = exchange(l, code, t, e) && is_complete(l->config, t, e) && store_lock(file, &lock, e) &&
                token_store_write(file, t, e);

    token_store_unlock(&lock);
    return done;
}

/* ---- the command ---- */

static void invite(const struct login *l, const struct options *o)
{
    char *url = authorization_url(&l->authorization);

    printf("Open this address in a browser, and allow the access:\n\n    %s\n\n", url);
    fflush(stdout);
    bool opened = !o->no_browser && browser_open(url);
    if (opened)
        printf("A browser should have opened by itself. ");
    printf("Waiting for %s, at the most %d s.\n"
           "Is the browser on another machine? Paste the address of the page that it ends on here, and press Enter.\n",
           l->authorization.redirect_uri, o->timeout_s);
    fflush(stdout);
    free(url);
}

static void say_done(struct login *l, const struct tokens *t)
{
    const char *configured = l->config->salesforce.instance_url;
    const char *instance = configured[0] ? configured : t->instance_url;
    char *who = login_owner(l->visit, instance, t);
    char *said = xasprintf("Logged in to %s as %s.", instance, who), *shown = terminal_safe(said, strlen(said));
    char *stored = xasprintf("The tokens are in %s.", l->config->salesforce.auth.token_file);

    redirect_finish(l->redirect, true, said, "You may close this page.");
    printf("%s\n%s\n", shown, stored);
    free(shown);
    free(stored);
    free(said);
    free(who);
}

static int log_in(struct login *l, const struct options *o)
{
    struct tokens t = {0};
    struct error e = {0};

    invite(l, o);
    char *code = wait_for_code(l, o->timeout_s, &e);
    if (code && keep(l, code, &t, &e)) {
        say_done(l, &t);
    } else {
        redirect_finish(l->redirect, false, e.text, e.hint);
        error_print(&e);
    }
    tokens_release(&t);
    free(code);
    return (int)e.status;
}

static bool may_log_in(const struct config *c, struct error *e)
{
    int lock = -1;

    if (c->salesforce.auth.flow != FLOW_REFRESH_TOKEN) {
        error_set(e, STATUS_CONFIGURATION,
                  "salesforce.auth.flow: is not \"refresh_token\": this flow logs in by itself");
        return error_hint(e, "`sfsink check` tries it; to log in by hand, remove salesforce.auth.flow");
    }
    if (!c->salesforce.auth.client_id[0]) {
        error_set(e, STATUS_CONFIGURATION, "salesforce.auth.client_id: missing; the login needs it");
        return error_hint(e, "it is the app's consumer key: Setup, External Client App Manager, Settings");
    }
    bool writable = store_lock(c->salesforce.auth.token_file, &lock, e);
    token_store_unlock(&lock);
    return writable;
}

static int run_with(const struct config *c, const struct options *o)
{
    struct login l = {.config = c};
    struct error e = {0};
    unsigned char chance[AUTHORIZATION_CHANCE];
    int status;

    if (!may_log_in(c, &e))
        return error_print(&e);
    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        bug("no random numbers");
    l.redirect = redirect_listen(c->salesforce.auth.redirect_port, AUTHORIZATION_PATH, &e);
    if (!l.redirect)
        return error_print(&e);
    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    authorization_make(&l.authorization, c, chance);
    l.visit = visit_new(c);
    status = log_in(&l, o);
    visit_free(l.visit);
    authorization_release(&l.authorization);
    redirect_close(l.redirect);
    return status;
}

static bool read_options(int argc, char **argv, struct options *o, struct error *e)
{
    static const struct option known[] = {
        {"no-browser", no_argument, NULL, 'n'}, {"timeout", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        char *end = NULL;
        long n = c == 't' ? strtol(optarg, &end, 10) : 0;
        if (c == 'n')
            o->no_browser = true;
        else if (c == 't' && !*end && n >= 1 && n <= TIMEOUT_MOST_S)
            o->timeout_s = (int)n;
        else if (c == 't')
            return error_set(e, STATUS_USAGE, "login --timeout %s: a number of seconds from 1 to %d is wanted", optarg,
                             TIMEOUT_MOST_S);
        else
            return error_set(e, STATUS_USAGE, "login %s: not understood", argv[optind - 1]);
    }
    return optind == argc || error_set(e, STATUS_USAGE, "login %s: takes no such argument", argv[optind]);
}

static int run(int argc, char **argv, const char *config_file)
{
    struct options o = {.timeout_s = TIMEOUT_S};
    struct error e = {0};
    int status = STATUS_OK;

    if (!read_options(argc, argv, &o, &e)) {
        error_hint(&e, "sfsink login --help lists the options");
        return error_print(&e);
    }
    struct config *config = configured(config_file, &status);
    if (!config)
        return status;
    status = run_with(config, &o);
    config_free(config);
    return status;
}

const struct command command_login = {
    "login",
    "[--no-browser] [--timeout SECONDS]",
    "logs in to Salesforce in the browser and stores the tokens for the workers",
    "OAuth 2.0 authorization code with PKCE, for salesforce.auth.flow = \"refresh_token\". Prints an address, opens it "
    "in a\n"
    "browser where there is one, and waits for the redirect to http://localhost:PORT/callback "
    "(salesforce.auth.redirect_port;\n"
    "the app must have this callback). From a remote shell: open the address anywhere, and paste the address of the "
    "page\n"
    "that it ends on (it will not load) on standard input.\n"
    "The tokens go to salesforce.auth.token_file. It is also how one reconnects after \"token expired or invalid\": "
    "workers\n"
    "that run pick the new tokens up by themselves.\n\n"
    "    --no-browser       prints the address only\n"
    "    --timeout SECONDS  how long to wait for the redirect; default 300\n\n"
    "Exit status: 0 logged in, and the tokens are stored; 69 nothing came back in time, the port is taken or "
    "Salesforce\n"
    "cannot be reached; 77 denied, or refused by Salesforce; 78 wrong configuration, or the tokens cannot be stored.\n",
    run,
};
