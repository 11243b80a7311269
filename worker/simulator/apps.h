/* SPDX-License-Identifier: Apache-2.0 */
/* apps.h: who may log in. Any client id and secret may, unless the control interface registered the app (then what it says is checked) or the
 * setting known_apps_only is on.
 *
 *   {"secret": "…", "require_secret": true, "redirect_uris": ["http://localhost:8484/callback"], "public_key": "-----BEGIN…",
 *    "usernames": ["who approved it"]}       each may be absent: not checked */
#ifndef SFSINK_WORKER_SIMULATOR_APPS_H
#define SFSINK_WORKER_SIMULATOR_APPS_H

#include "worker/simulator/world.h"

/* A refusal of the token endpoint; error NULL: none. */
struct refusal {
    const char *error, *description;
};

const char *app_check(const json_t *app); /* NULL, or what is wrong with a registration */

struct refusal app_known(const struct world *w, const char *client_id);
struct refusal app_secret(const struct world *w, const char *client_id,
                          const char *secret); /* secret NULL: not given */
struct refusal app_redirect(const struct world *w, const char *client_id, const char *redirect_uri);
struct refusal app_user(const struct world *w, const char *client_id, const char *username);
const char *app_public_key(const struct world *w, const char *client_id); /* PEM; NULL: none */

#endif
