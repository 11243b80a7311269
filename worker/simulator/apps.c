/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/apps.h"

#include <string.h>

static const struct refusal fine = {NULL, NULL};

const char *app_check(const json_t *app)
{
    static const char *const names[] = {"secret", "require_secret", "redirect_uris", "public_key", "usernames"};
    const char *key;
    json_t *value;

    if (!json_is_object(app))
        return "an app is an object";
    json_object_foreach((json_t *)app, key, value)
    {
        size_t i = 0;
        while (i < sizeof names / sizeof *names && strcmp(names[i], key) != 0)
            i++;
        if (i == sizeof names / sizeof *names)
            return "an app has: secret, require_secret, redirect_uris, public_key, usernames";
    }
    return NULL;
}

static const json_t *find(const struct world *w, const char *client_id, const char *key)
{
    return json_object_get(json_object_get(w->apps, client_id), key);
}

/* An absent list allows everything. */
static bool allows(const json_t *list, const char *text)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (json_is_string(one) && strcmp(json_string_value(one), text) == 0) return true;
    return !list;
}

struct refusal app_known(const struct world *w, const char *client_id)
{
    if (client_id && *client_id && (!w->settings.known_apps_only || json_object_get(w->apps, client_id)))
        return fine;
    return (struct refusal){"invalid_client_id", "client identifier invalid"};
}

struct refusal app_secret(const struct world *w, const char *client_id, const char *secret)
{
    const char *right = json_string_value(find(w, client_id, "secret"));
    bool optional = json_is_false(find(w, client_id, "require_secret"));

    if (!right || (optional && !secret) || (secret && strcmp(secret, right) == 0))
        return fine;
    return (struct refusal){"invalid_client", "invalid client credentials"};
}

struct refusal app_redirect(const struct world *w, const char *client_id, const char *redirect_uri)
{
    if (redirect_uri && *redirect_uri && allows(find(w, client_id, "redirect_uris"), redirect_uri))
        return fine;
    return (struct refusal){"redirect_uri_mismatch", "redirect_uri must match configuration"};
}

struct refusal app_user(const struct world *w, const char *client_id, const char *username)
{
    if (allows(find(w, client_id, "usernames"), username))
        return fine;
    return (struct refusal){"invalid_grant", "user hasn't approved this consumer"};
}

const char *app_public_key(const struct world *w, const char *client_id)
{
    return json_string_value(find(w, client_id, "public_key"));
}
