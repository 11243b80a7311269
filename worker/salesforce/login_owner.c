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

char *login_owner(struct visit *v, const char *instance_url, const struct tokens *t)
{
    json_t *info = user_info(v, instance_url, t);
    const char *name = json_string_value(json_object_get(info, "preferred_username"));
    char org[TOKEN_ID_SIZE], user[TOKEN_ID_SIZE];

    char *who = tokens_owner(t, org, user)
                    ? xasprintf("%s (organization %s, user %s)", name ? name : "a user", org, user)
                    : xstrdup(name ? name : "a user whom the answer does not name");
    json_decref(info);
    return who;
}
