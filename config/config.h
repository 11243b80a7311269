/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: everything that a user can set, read, checked and immutable.
 *
 *     sfsink.cfg (and what it includes) ──► config_load() ──► const struct config      or all mistakes at once
 *
 * config_load() fills ${NAME} and NAME_file in, checks each value against the table of settings.h, compiles the routes (route.h) and
 * collects every mistake with file, line and path. What it returns is read-only and never changes; a reload makes a new one.
 * Strings are never NULL ("" for not set) unless it says so. */
#ifndef SFSINK_CONFIG_CONFIG_H
#define SFSINK_CONFIG_CONFIG_H

#include "common/error.h"
#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route;

enum start { START_EARLIEST, START_LATEST };
enum on_data_loss { DATA_LOSS_STOP, DATA_LOSS_CONTINUE };
enum assignment { ASSIGNMENT_ROUNDROBIN, ASSIGNMENT_RANGE };
enum auth_flow { FLOW_REFRESH_TOKEN, FLOW_JWT, FLOW_CLIENT_CREDENTIALS, FLOW_ACCESS_TOKEN };

struct property {            /* one of kafka.properties */
    bool consumer, producer; /* for whom: "consumer.X=…" sets one, "X=…" both */
    char *name, *value;
};

struct config {
    char *file;  /* its absolute path */
    char *named; /* as it was named to config_load() */

    struct {
        char *name;
        enum log_level log_level;
        enum log_format log_format;
    } worker;

    struct {
        char *brokers, *group;
        enum start start;
        enum on_data_loss on_data_loss;
        enum assignment assignment;
        bool commit_map; /* keep what is finished above the low watermark in the commit's metadata */
        struct property *properties;
        size_t nproperties;
    } kafka;

    struct {
        char *instance_url; /* no slash at the end */
        char *api_version;  /* "v59.0" */
        char *ca_file;
        struct {
            enum auth_flow flow;
            char *login_url; /* no slash at the end */
            char *client_id, *client_secret, *scopes;
            char *token_file; /* absolute */
            int redirect_port;
            char *username, *private_key, *access_token;
        } auth;
        int requests_in_flight;
        int timeout_ms;
        int ambiguous_hold_ms;
        bool compress;
        struct {
            int slow_at, stop_at; /* per cent */
        } api_usage;
    } salesforce;

    struct {
        int max_records, max_bytes, linger_ms, collections_per_call;
    } batch;
    struct {
        int max_attempts, backoff_ms, backoff_max_ms;
    } retry;
    struct {
        int max_events, max_mb;
    } buffer;
    int shutdown_ms;

    struct {
        char *topic, *progress_topic;
        int max_replays;
        char *parking_topic;
        int stop_above_percent;
    } dead_letter;

    struct {
        char *listen; /* "HOST:PORT", "[::1]:PORT"; "" for none */
    } http;

    struct route **routes; /* in the order of the file */
    size_t nroutes;

    struct places *places; /* for config_place() */
};

/* Reads and checks `file`. On failure NULL, with every mistake in `mistakes` (one line each: "FILE:LINE: PATH: what was given, what is
 * allowed, nearest name", a line break after each), or the reason why the file cannot be read at all. Free `*mistakes`.
 * (Not config_read: that is a function of libconfig's.) */
struct config *config_load(const char *file, char **mistakes);
void config_free(struct config *c); /* NULL is fine */

/* Which file: `given` (-c), else $SFSINK_CONFIG, ./sfsink.cfg, /etc/sfsink/sfsink.cfg; the first that exists. A new string, or NULL and
 * an error that names the places looked at. */
char *config_find(const char *given, struct error *e);

/* Where a setting stands, "routes[0].fields[2].to": file (lent) and line; of one that is not written, the group that it would stand in. */
const char *config_place(const struct config *c, const char *path, int *line);

/* The effective configuration as libconfig text, secrets masked; free() it. */
char *config_print(const struct config *c);

/* Is it the same login but for its secrets: flow, addresses, app and user? Then other secrets can be taken over. */
bool config_same_login(const struct config *a, const struct config *b);

/* The settings that differ and wait for a restart, "kafka.group, routes"; "" if there is none. free() it. */
char *config_restart_for(const struct config *old, const struct config *fresh);

/* Those that differ and are taken over by SIGHUP, "batch.linger_ms"; the same. */
char *config_taken_over(const struct config *old, const struct config *fresh);

/* The route of a topic: an exact name before a pattern, then the first in the file; NULL: none. */
const struct route *config_route_of(const struct config *c, const char *topic);

#endif
