/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "common/memory.h"
#include "config/environment.h"
#include "config/files.h"
#include "config/places.h"
#include "config/properties.h"
#include "config/routes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- settings that contradict each other ---- */

static void needs(const struct node *root, struct mistakes *m, const char *flow, const char *setting, const char *value)
{
    if (!value[0] && !node_find(root, setting))
        node_mistake(m, root, setting, "missing; salesforce.auth.flow = \"%s\" needs it", flow);
    else if (!value[0] && node_find(root, setting)->text && !node_find(root, setting)->text[0])
        node_mistake(m, root, setting, "empty; salesforce.auth.flow = \"%s\" needs it", flow);
}

/* True if the secret is there, or was to be read from a file and has its mistake already. */
static const char *secret_or_file(const struct node *root, const char *file_setting, const char *value)
{
    const struct node *file = node_find(root, file_setting);
    return value[0] ? value : file && file->text ? file->text : "";
}

static bool is_general_login(const char *url)
{
    return strcmp(url, "https://login.salesforce.com") == 0 || strcmp(url, "https://test.salesforce.com") == 0;
}

static void check_auth(const struct config *c, const struct node *root, struct mistakes *m)
{
    const char *client_secret =
                   secret_or_file(root, "salesforce.auth.client_secret_file", c->salesforce.auth.client_secret),
               *private_key = secret_or_file(root, "salesforce.auth.private_key_file", c->salesforce.auth.private_key),
               *access_token =
                   secret_or_file(root, "salesforce.auth.access_token_file", c->salesforce.auth.access_token);

    switch (c->salesforce.auth.flow) {
    case FLOW_REFRESH_TOKEN: /* `sfsink login` says what it lacks */
        break;
    case FLOW_JWT:
        needs(root, m, "jwt", "salesforce.auth.client_id", c->salesforce.auth.client_id);
        needs(root, m, "jwt", "salesforce.auth.username", c->salesforce.auth.username);
        needs(root, m, "jwt", "salesforce.auth.private_key", private_key);
        break;
    case FLOW_CLIENT_CREDENTIALS:
        needs(root, m, "client_credentials", "salesforce.auth.client_id", c->salesforce.auth.client_id);
        needs(root, m, "client_credentials", "salesforce.auth.client_secret", client_secret);
        if (is_general_login(c->salesforce.auth.login_url))
            node_mistake(
                m, root, "salesforce.auth.login_url",
                "\"%s\" given, but salesforce.auth.flow = \"client_credentials\" needs your My Domain, such as "
                "\"https://example.my.salesforce.com\"",
                c->salesforce.auth.login_url);
        break;
    case FLOW_ACCESS_TOKEN:
        needs(root, m, "access_token", "salesforce.auth.access_token", access_token);
        needs(root, m, "access_token", "salesforce.instance_url", c->salesforce.instance_url);
        break;
    }
    if (access_token[0] && node_find(root, "salesforce.auth.access_token") &&
        c->salesforce.auth.flow != FLOW_ACCESS_TOKEN)
        node_mistake(m, root, "salesforce.auth.access_token",
                     "given, but salesforce.auth.flow is not \"access_token\": it would never be used");
}

static void check_ranges(const struct config *c, const struct node *root, struct mistakes *m)
{
    if (c->retry.backoff_ms > c->retry.backoff_max_ms)
        node_mistake(m, root, "retry.backoff_ms", "%d given, which is more than retry.backoff_max_ms = %d",
                     c->retry.backoff_ms, c->retry.backoff_max_ms);
    if (c->salesforce.api_usage.slow_at > c->salesforce.api_usage.stop_at)
        node_mistake(m, root, "salesforce.api_usage.slow_at",
                     "%d given, which is more than salesforce.api_usage.stop_at = %d", c->salesforce.api_usage.slow_at,
                     c->salesforce.api_usage.stop_at);
}

static void check_topics(const struct config *c, const struct node *root, struct mistakes *m)
{
    const char *letters = c->dead_letter.topic, *progress = c->dead_letter.progress_topic,
               *parking = c->dead_letter.parking_topic;
    if (strcmp(letters, progress) == 0)
        node_mistake(m, root, "dead_letter.progress_topic",
                     "\"%s\" given, which is dead_letter.topic too: two topics are needed", progress);
    if (parking[0] && (strcmp(parking, letters) == 0 || strcmp(parking, progress) == 0))
        node_mistake(m, root, "dead_letter.parking_topic", "\"%s\" given, which is dead_letter.%s too", parking,
                     strcmp(parking, letters) == 0 ? "topic" : "progress_topic");
}

/* ---- reading ---- */

static void set_name(struct config *c)
{
    char host[256] = "";
    if (c->worker.name[0])
        return;
    bool known = gethostname(host, sizeof host - 1) == 0 && host[0];
    free(c->worker.name);
    c->worker.name = xstrdup(known ? host : "sfsink");
}

static struct config *read_tree(const char *file, struct node *root, struct mistakes *m)
{
    struct config *c = xcalloc(1, sizeof *c);
    c->file = files_absolute(file);
    c->named = xstrdup(file);
    char *dir = files_directory(c->file);
    const struct reading reading = {m, dir};

    c->places = places_new(root);
    environment_fill(root, m);
    values_read(&reading, &settings_config, root, c);
    set_name(c);
    routes_read(&reading, node_find(root, "routes"), c);
    check_auth(c, root, m);
    check_ranges(c, root, m);
    check_topics(c, root, m);
    routes_check_together(c, root, m);
    free(dir);
    return c;
}

struct config *config_load(const char *file, char **mistakes)
{
    struct mistakes m = {0};
    struct document *document = document_read(file, &m);
    struct config *c = document ? read_tree(file, document_root(document), &m) : NULL;

    if (m.n) {
        config_free(c);
        c = NULL;
        *mistakes = mistakes_text(&m);
    }
    mistakes_release(&m);
    document_free(document);
    return c;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    places_free(c->places);
    routes_free(c->routes, c->nroutes);
    properties_free(c->kafka.properties, c->kafka.nproperties);
    values_release(&settings_config, c);
    free(c->file);
    free(c->named);
    free(c);
}

/* ---- finding ---- */

const char *config_place(const struct config *c, const char *path, int *line)
{
    return places_find(c->places, path, c->named, line);
}

char *config_find(const char *given, struct error *e)
{
    static const char *const places[] = {"./sfsink.cfg", "/etc/sfsink/sfsink.cfg"};
    const char *variable = getenv("SFSINK_CONFIG");

    if (given)
        return xstrdup(given);
    if (variable && variable[0])
        return xstrdup(variable);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], F_OK) == 0)
            return xstrdup(places[i]);
    error_set(e, STATUS_CONFIGURATION, "no configuration: there is neither %s nor %s", places[0], places[1]);
    error_hint(
        e, "name one: sfsink -c FILE, or SFSINK_CONFIG=FILE; to begin one: sfsink help config --example > sfsink.cfg");
    return NULL;
}
