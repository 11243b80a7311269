/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/login_owner.h"

#include "common/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000 };

static json_t *user_info(struct visit *v, const char *instance_url, const struct tokens *t)
{
    char *url = xasprintf("%s/services/oauth2/userinfo", instance_url);
    char *authorization = xasprintf("Authorization: Bearer %s", t->access_token);
    struct http_request request = {
        .method = "GET", .url = url, .headers = {authorization, "Accept: application/json"}, .timeout_ms = TIMEOUT_MS};
    struct http_response r;
    json_t *root = NULL;

    if (visit_send(v, &request, &r, NULL)) {
        root = r.status == 200 ? json_loadb(r.body, r.body_len, 0, NULL) : NULL;
        http_response_release(&r);
    }
    explicit_bzero(authorization, strlen(authorization));
    free(authorization);
    free(url);
    return root;
}

/* "https://login.salesforce.com/id/00D…/005…" has both. */
char *login_owner(struct visit *v, const char *instance_url, const struct tokens *t)
{
    json_t *info = user_info(v, instance_url, t);
    const char *name = json_string_value(json_object_get(info, "preferred_username"));
    const char *user = strrchr(t->id, '/'), *org = user;

    while (org && org > t->id && org[-1] != '/')
        org--;
    if (org == t->id || !user || user == t->id)
        user = org = NULL;
    char *who =
        user ? xasprintf("%s (organization %.*s, user %s)", name ? name : "a user", (int)(user - org), org, user + 1)
             : xstrdup(name ? name : "a user whom the answer does not name");
    json_decref(info);
    return who;
}
