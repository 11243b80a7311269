/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink logout`: ends the stored login, at Salesforce and here. */
#include "common/buffer.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/commands/store_lock.h"
#include "worker/salesforce/token_request.h"
#include "worker/salesforce/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORM_CEILING = 16384, TIMEOUT_MS = 30000 };

/* Revoking a refresh token ends its access tokens, too. *known: Salesforce knew it. */
static bool revoke(struct visit *v, const struct config *c, const char *token, bool *known, struct error *e)
{
    struct buffer form = BUFFER_INIT(FORM_CEILING);
    char *url = xasprintf("%s/services/oauth2/revoke", c->salesforce.auth.login_url);
    struct http_response r;

    token_request_add(&form, "token", token);
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = {"Content-Type: application/x-www-form-urlencoded"},
                                   .body = buffer_text(&form),
                                   .plain = true,
                                   .timeout_ms = TIMEOUT_MS};
    bool done = visit_send(v, &request, &r, e);
    if (done) {
        *known = r.status == 200;
        if (r.status != 200 && r.status != 400)
            done = error_set(e, STATUS_UNAVAILABLE, "%s: answered with HTTP status %d", url, r.status);
        http_response_release(&r);
    }
    explicit_bzero(form.bytes, form.len);
    buffer_release(&form);
    free(url);
    return done;
}

static int log_out(const struct config *c)
{
    const char *file = c->salesforce.auth.token_file;
    struct visit *v = visit_new(c);
    struct tokens t = {0};
    struct error e = {0};
    bool known = false;
    int lock = -1;

    /* Under the lock: a worker that renews the tokens just now would store new ones behind our back. */
    bool read = store_lock(file, &lock, &e) && token_store_read(file, &t, &e);
    if (read && !revoke(v, c, t.refresh_token[0] ? t.refresh_token : t.access_token, &known, &e))
        error_context(&e, "logout: the login is still there, since Salesforce could not be told");
    else if (read && token_store_remove(file, &e))
        printf("%s\n%s is removed\n",
               known ? "Logged out: Salesforce has revoked the tokens."
                     : "Salesforce did not know the tokens any more.",
               file);
    tokens_release(&t);
    token_store_unlock(&lock);
    visit_free(v);
    return e.status ? error_print(&e) : STATUS_OK;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct error e = {0};
    int status = STATUS_OK;

    if (argc > 1) {
        error_set(&e, STATUS_USAGE, "logout %s: takes no such argument", argv[1]);
        return error_print(&e);
    }
    struct config *config = configured(config_file, &status);
    if (!config)
        return status;
    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    if (token_store_exists(config->salesforce.auth.token_file))
        status = log_out(config);
    else
        printf("There is no stored login: %s does not exist.\n", config->salesforce.auth.token_file);
    config_free(config);
    return status;
}

const struct command command_logout = {
    "logout",
    "",
    "revokes the stored login and removes it",
    "Revokes the tokens of salesforce.auth.token_file at Salesforce, then removes the file. Workers that use it stop "
    "writing\n"
    "and show as not ready until somebody logs in again.\n\n"
    "Exit status: 0 logged out, or there was no login; 69 Salesforce cannot be reached, and the login is kept;\n"
    "78 wrong configuration, or the file cannot be used.\n",
    run,
};
