/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/authorize.h"

#include "common/buffer.h"
#include "common/form.h"
#include "common/memory.h"
#include "worker/simulator/apps.h"
#include "worker/simulator/door.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_PAGE = 1 << 20 };
static const char html[] = "text/html;charset=UTF-8";

static void add_escaped(struct buffer *b, const char *s)
{
    for (; *s; s++)
        switch (*s) {
        case '&':
            buffer_add_string(b, "&amp;");
            break;
        case '<':
            buffer_add_string(b, "&lt;");
            break;
        case '"':
            buffer_add_string(b, "&quot;");
            break;
        default:
            buffer_add_char(b, *s);
        }
}

static void add_encoded(struct buffer *b, const char *s)
{
    for (; *s; s++) {
        if (isalnum((unsigned char)*s) || strchr("-._~", *s))
            buffer_add_char(b, *s);
        else
            buffer_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

static void show(struct http_reply *reply, int status, struct buffer *page)
{
    size_t len = page->len;
    http_reply_take(reply, status, html, buffer_steal(page), len);
}

static void show_error(struct http_reply *reply, const char *error, const char *description)
{
    struct buffer page = BUFFER_INIT(LARGEST_PAGE);

    buffer_printf(&page,
                  "<!doctype html><title>Error</title><h1>We can't authorize you because of an OAuth error.</h1>"
                  "<p>error=%s&amp;error_description=%s</p>\n",
                  error, description);
    show(reply, 400, &page);
}

void authorize_page(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    static const char *const kept[] = {"client_id", "redirect_uri", "scope", "state", "code_challenge"};
    const char *client_id = http_exchange_query(x, "client_id"), *type = http_exchange_query(x, "response_type"),
               *method = http_exchange_query(x, "code_challenge_method"), *hint = http_exchange_query(x, "login_hint");
    struct refusal r = app_known(w, client_id);
    struct buffer page = BUFFER_INIT(LARGEST_PAGE);

    if (!r.error)
        r = app_redirect(w, client_id, http_exchange_query(x, "redirect_uri"));
    if (!r.error && (!type || strcmp(type, "code") != 0))
        r = (struct refusal){"unsupported_response_type", "response type not supported"};
    if (!r.error && method && strcmp(method, "S256") != 0)
        r = (struct refusal){"invalid_request", "code challenge method not supported"};
    if (r.error) {
        show_error(reply, r.error, r.description);
        return;
    }
    buffer_add_string(&page, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Allow Access?</title>"
                             "<h1>Allow Access?</h1><p>The app <b>");
    add_escaped(&page, client_id);
    buffer_add_string(&page, "</b> is asking to manage this simulated org's data.</p>"
                             "<form method=\"post\" action=\"/services/oauth2/authorize\">");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *value = http_exchange_query(x, kept[i]);
        buffer_printf(&page, "<input type=\"hidden\" name=\"%s\" value=\"", kept[i]);
        add_escaped(&page, value ? value : "");
        buffer_add_string(&page, "\">");
    }
    buffer_add_string(&page, "<p><label>Username <input name=\"username\" value=\"");
    add_escaped(&page, hint && *hint ? hint : DEFAULT_USERNAME);
    buffer_add_string(&page, "\"></label></p><button name=\"decision\" value=\"deny\">Deny</button> "
                             "<button name=\"decision\" value=\"allow\" id=\"allow\">Allow</button></form></html>\n");
    show(reply, 200, &page);
}

static void redirect(struct http_reply *reply, const char *to, const char *name, const char *value, const char *state,
                     const char *more)
{
    struct buffer url = BUFFER_INIT(LARGEST_PAGE);

    buffer_printf(&url, "%s%c%s=", to, strchr(to, '?') ? '&' : '?', name);
    add_encoded(&url, value);
    buffer_add_string(&url, more);
    if (state && *state) {
        buffer_add_string(&url, "&state=");
        add_encoded(&url, state);
    }
    http_reply_text(reply, 302, NULL, "");
    http_reply_header(reply, "Location", "%s", url.bytes);
    buffer_release(&url);
}

void authorize_decision(struct world *w, const struct http_exchange *x, struct http_reply *reply)
{
    enum { CLIENT, REDIRECT, SCOPE, STATE, CHALLENGE, USERNAME, DECISION, NFIELDS };
    static const char *const names[NFIELDS] = {"client_id",      "redirect_uri", "scope",   "state",
                                               "code_challenge", "username",     "decision"};
    char *form[NFIELDS];

    for (int i = 0; i < NFIELDS; i++) {
        form[i] = form_value(x->body, names[i]);
        form[i] = form[i] ? form[i] : xstrdup("");
    }
    struct refusal r = app_redirect(w, form[CLIENT], form[REDIRECT]);
    if (r.error) {
        show_error(reply, r.error, r.description);
    } else if (strcmp(form[DECISION], "allow") != 0 || !*form[USERNAME]) {
        redirect(reply, form[REDIRECT], "error", "access_denied", form[STATE],
                 "&error_description=end-user%20denied%20authorization");
    } else {
        struct approval *a =
            tokens_approve(w->tokens, form[CLIENT], form[USERNAME], *form[SCOPE] ? form[SCOPE] : "refresh_token api");
        struct code bound = {form[REDIRECT], form[CHALLENGE]};
        redirect(reply, form[REDIRECT], "code",
                 tokens_new_code(w->tokens, a, bound, w->now_ms + w->settings.code_life_ms), form[STATE], "");
    }
    door_note(w, x, x->path, reply->status, json_object());
    for (int i = 0; i < NFIELDS; i++)
        free(form[i]);
}
