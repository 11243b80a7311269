/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/token_request.h"

#include "common/buffer.h"
#include "common/jwt.h"
#include "common/memory.h"
#include "worker/salesforce/error_codes.h"
#include "worker/salesforce/request.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FORM_CEILING = 65536, ASSERTION_LIFE_MS = 170000 /* Salesforce takes three minutes */ };

/* ---- request ---- */

void token_request_add(struct buffer *form, const char *name, const char *value)
{
    if (form->len)
        buffer_add_char(form, '&');
    buffer_add_string(form, name);
    buffer_add_char(form, '=');
    request_escape(form, text_of(value));
}

static void add_client(struct buffer *form, const struct config *c)
{
    token_request_add(form, "client_id", c->salesforce.auth.client_id);
    if (c->salesforce.auth.client_secret[0])
        token_request_add(form, "client_secret", c->salesforce.auth.client_secret);
}

static bool add_assertion(struct buffer *form, const struct config *c, int64_t wall_ms, struct error *e)
{
    struct jwt_claims claims = {.issuer = c->salesforce.auth.client_id,
                                .subject = c->salesforce.auth.username,
                                .audience = c->salesforce.auth.login_url,
                                .expires_s = (wall_ms + ASSERTION_LIFE_MS) / 1000};
    char *assertion = jwt_sign(&claims, c->salesforce.auth.private_key, e);

    if (!assertion)
        return error_context(e, "salesforce.auth.private_key");
    token_request_add(form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    token_request_add(form, "assertion", assertion);
    free(assertion);
    return true;
}

char *token_request_form(const struct config *c, const char *refresh_token, int64_t wall_ms, struct error *e)
{
    struct buffer form = BUFFER_INIT(FORM_CEILING);

    if (c->salesforce.auth.flow == FLOW_JWT) {
        if (!add_assertion(&form, c, wall_ms, e))
            return NULL;
    } else if (c->salesforce.auth.flow == FLOW_CLIENT_CREDENTIALS) {
        token_request_add(&form, "grant_type", "client_credentials");
        add_client(&form, c);
    } else {
        token_request_add(&form, "grant_type", "refresh_token");
        token_request_add(&form, "refresh_token", refresh_token);
        add_client(&form, c);
    }
    return buffer_steal(&form);
}

/* ---- hosts ---- */

static struct text host_of(const char *url)
{
    const char *at = strstr(url, "://");

    if (!at)
        return TEXT_NONE;
    at += 3;
    if (*at == '[')
        return text_make(at, strcspn(at, "]/?#@") + 1);
    return text_make(at, strcspn(at, ":/?#"));
}

static bool same_host(struct text host, const char *url)
{
    struct text other = host_of(url);

    return other.at && host.len == other.len && strncasecmp(host.at, other.at, host.len) == 0;
}

static bool ends_in(struct text host, const char *suffix)
{
    size_t len = strlen(suffix);

    return host.len > len && strncasecmp(host.at + host.len - len, suffix, len) == 0;
}

bool token_host_allowed(const struct config *c, const char *url)
{
    static const char *const domains[] = {".salesforce.com", ".force.com",    ".salesforce.mil",
                                          ".cloudforce.com", ".database.com", ".sfcrmproducts.cn"};
    struct text host = host_of(url);

    if (!host.at || host.len == 0 || memchr(url, '@', strlen(url)))
        return false;
    if (same_host(host, "x://127.0.0.1") || same_host(host, "x://localhost") || same_host(host, "x://[::1]"))
        return true;
    if (strncasecmp(url, "https://", 8) != 0)
        return false;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (ends_in(host, domains[i]))
            return true;
    return same_host(host, c->salesforce.auth.login_url) || same_host(host, c->salesforce.instance_url);
}

/* ---- response ---- */

static char *string_of(const json_t *root, const char *name)
{
    const char *s = json_string_value(json_object_get(root, name));

    return xstrdup(s ? s : "");
}

static void drop_slash(char *url)
{
    size_t len = strlen(url);

    while (len && url[len - 1] == '/')
        url[--len] = '\0';
}

static enum token_result read_tokens(const struct config *c, const json_t *root, struct tokens *out, struct error *e)
{
    struct tokens t = {.access_token = string_of(root, "access_token"),
                       .refresh_token = string_of(root, "refresh_token"),
                       .instance_url = string_of(root, "instance_url"),
                       .id = string_of(root, "id"),
                       .scope = string_of(root, "scope"),
                       .issued_at = string_of(root, "issued_at")};

    drop_slash(t.instance_url);
    if (!t.access_token[0] || strpbrk(t.access_token, "\r\n")) {
        error_set(e, STATUS_UNAVAILABLE, "%s: answered without a usable access token", c->salesforce.auth.login_url);
    } else if (t.instance_url[0] && !token_host_allowed(c, t.instance_url)) {
        error_set(e, STATUS_NOT_ALLOWED, "%s: answered with the instance URL %.200s, which is not Salesforce's",
                  c->salesforce.auth.login_url, t.instance_url);
        error_hint(e, "if it is right, put it into salesforce.instance_url");
    } else {
        tokens_release(out);
        *out = t;
        return TOKEN_GIVEN;
    }
    enum token_result result = t.access_token[0] ? TOKEN_REFUSED : TOKEN_LATER;
    tokens_release(&t);
    return result;
}

static enum token_result read_refusal(const struct config *c, int status, const json_t *root, struct error *e)
{
    char *code = string_of(root, "error"), *message = string_of(root, "error_description");
    struct error_case refused = {
        .scope = IN_TOKEN, .status = status, .code = code, .message = message, .external_id = ""};
    const struct error_row *row = error_row_find(&refused);
    bool later = row->class == CLASS_RETRY;
    enum status exit_status = later ? STATUS_UNAVAILABLE : STATUS_NOT_ALLOWED;

    if (code[0])
        error_set(e, exit_status, "%s: %s: %s", c->salesforce.auth.login_url, code, message);
    else
        error_set(e, exit_status, "%s: the token endpoint answered with HTTP status %d", c->salesforce.auth.login_url,
                  status);
    error_hint(e, "%s", row->todo);
    free(code);
    free(message);
    return later ? TOKEN_LATER : TOKEN_REFUSED;
}

enum token_result token_response_read(const struct config *c, int status, struct text body, struct tokens *out,
                                      struct error *e)
{
    json_t *root = json_loadb(body.at ? body.at : "", body.len, 0, NULL);
    enum token_result result;

    if (status == 200 && json_is_object(root)) {
        result = read_tokens(c, root, out, e);
    } else if (status == 200) {
        error_set(e, STATUS_UNAVAILABLE, "%s: the token endpoint's answer is no JSON", c->salesforce.auth.login_url);
        result = TOKEN_LATER;
    } else {
        result = read_refusal(c, status, root, e);
    }
    json_decref(root);
    return result;
}
