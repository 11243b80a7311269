/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/simulator.h"

#include "common/http_server.h"
#include "common/memory.h"
#include "worker/simulator/authorize.h"
#include "worker/simulator/control.h"
#include "worker/simulator/door.h"
#include "worker/simulator/oauth.h"
#include "worker/simulator/retrieve.h"

#include <stdlib.h>

enum { MOST_CONNECTIONS = 1000, HEADER_BYTES = 16384 };

struct simulator {
    struct world world;
    struct http_server *server;
};

typedef void handler(struct world *w, const struct http_exchange *x, struct http_reply *reply);

static void locked(void *context, handler *h, const struct http_exchange *x, struct http_reply *reply)
{
    struct simulator *s = context;

    pthread_mutex_lock(&s->world.lock);
    world_read_clocks(&s->world);
    h(&s->world, x, reply);
    pthread_mutex_unlock(&s->world.lock);
}

#define LOCKED(name, run)                                                                                              \
    static void name(void *context, const struct http_exchange *x, struct http_reply *reply)                           \
    {                                                                                                                  \
        locked(context, run, x, reply);                                                                                \
    }
LOCKED(serve_api, door_api)
LOCKED(serve_token, oauth_token)
LOCKED(serve_revoke, oauth_revoke)
LOCKED(serve_introspect, oauth_introspect)
LOCKED(serve_userinfo, oauth_userinfo)
LOCKED(serve_authorize, authorize_page)
LOCKED(serve_decision, authorize_decision)
LOCKED(serve_control, control_request)

static const struct http_path paths[] = {
    {NULL, "/services/data", serve_api},
    {NULL, "/services/data/*", serve_api},
    {NULL, "/services/oauth2/token", serve_token},
    {NULL, "/services/oauth2/revoke", serve_revoke},
    {NULL, "/services/oauth2/introspect", serve_introspect},
    {"GET", "/services/oauth2/userinfo", serve_userinfo},
    {"GET", "/id/*", serve_userinfo},
    {"GET", "/services/oauth2/authorize", serve_authorize},
    {"POST", "/services/oauth2/authorize", serve_decision},
    {NULL, "/control/*", serve_control},
};

static void completed(void *context, void *state, bool sent)
{
    struct simulator *s = context;

    (void)sent;
    pthread_mutex_lock(&s->world.lock);
    door_completed(&s->world, state);
    pthread_mutex_unlock(&s->world.lock);
}

struct simulator *simulator_start(const struct simulator_options *o, struct error *e)
{
    struct simulator *s = xcalloc(1, sizeof *s);

    pthread_mutex_init(&s->world.lock, NULL);
    settings_reset(&s->world.at_start);
    s->world.at_start.latency_ms = o->latency_ms;
    if (o->daily_limit)
        s->world.at_start.daily_limit = o->daily_limit;
    world_init(&s->world);
    pthread_mutex_lock(&s->world.lock); /* nobody is served before the address is known */
    s->server = http_server_start(&(struct http_server_options){.listen = o->listen,
                                                                .paths = paths,
                                                                .npaths = sizeof paths / sizeof *paths,
                                                                .context = s,
                                                                .completed = completed,
                                                                .max_connections = MOST_CONNECTIONS,
                                                                .max_header_bytes = HEADER_BYTES,
                                                                .max_body_bytes = LARGEST_BODY,
                                                                .idle_timeout_s = o->idle_timeout_s},
                                  e);
    if (s->server)
        s->world.url = xasprintf("http://%s", http_server_address(s->server));
    pthread_mutex_unlock(&s->world.lock);
    if (s->server)
        return s;
    simulator_stop(s);
    return NULL;
}

void simulator_stop(struct simulator *s)
{
    if (!s)
        return;
    http_server_stop(s->server);
    world_release(&s->world);
    pthread_mutex_destroy(&s->world.lock);
    free(s->world.url);
    free(s);
}

const char *simulator_url(const struct simulator *s)
{
    return s->world.url;
}

json_t *simulator_records(struct simulator *s, const char *object)
{
    json_t *all = json_array();

    pthread_mutex_lock(&s->world.lock);
    const struct object *o = schema_object(s->world.schema, object);
    for (const struct record *r = store_next(s->world.store, NULL); o && r; r = store_next(s->world.store, r))
        if (r->object == o && !r->deleted)
            json_array_append_new(all, json_deep_copy(r->fields));
    pthread_mutex_unlock(&s->world.lock);
    return all;
}

void simulator_settings_help(FILE *to)
{
    settings_help(to);
}

struct simulator_counts simulator_counts(struct simulator *s)
{
    pthread_mutex_lock(&s->world.lock);
    struct simulator_counts counts = s->world.counts;
    pthread_mutex_unlock(&s->world.lock);
    return counts;
}
