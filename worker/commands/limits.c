/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink limits`: what is left of the org's daily API calls, and of what else stops a worker. */
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/terminal.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/salesforce/response.h"
#include "worker/salesforce/visit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct limit {
    const char *theirs, *ours, *words; /* Salesforce's name, the name in --json, the name for people */
    int64_t max, remaining;
    bool known;
};

enum { API_CALLS, STORAGE, LIMITS };

static void read_limits(const json_t *root, struct limit *limits)
{
    for (size_t i = 0; i < LIMITS; i++) {
        const json_t *one = json_object_get(root, limits[i].theirs), *max = json_object_get(one, "Max"),
                     *remaining = json_object_get(one, "Remaining");
        limits[i].known = json_is_integer(max) && json_is_integer(remaining);
        limits[i].max = json_integer_value(max);
        limits[i].remaining = json_integer_value(remaining);
    }
}

/* The header of every answer knows the API calls, too, and needs no permission. */
static void read_header(const char *header, struct limit *calls)
{
    int64_t used, max;

    if (calls->known || !response_limit_info(header, &used, &max))
        return;
    *calls = (struct limit){calls->theirs, calls->ours, calls->words, max, max > used ? max - used : 0, true};
}

static bool ask(struct visit *v, const struct config *c, struct limit *limits, struct error *e)
{
    char *path = xasprintf("/services/data/%s/limits", c->salesforce.api_version);
    struct http_response r;
    bool done = visit_get(v, path, &r, e);

    if (done) {
        json_t *root = r.status == 200 ? json_loadb(r.body, r.body_len, 0, NULL) : NULL;
        read_limits(root, limits);
        read_header(r.limit_info, &limits[API_CALLS]);
        json_decref(root);
        done = limits[API_CALLS].known || visit_refused(path, &r, e);
        http_response_release(&r);
    }
    free(path);
    return done;
}

/* ---- showing ---- */

static void print_json(const struct limit *limits, const struct config *c)
{
    json_t *root = json_object();

    for (size_t i = 0; i < LIMITS; i++)
        if (limits[i].known)
            json_object_set_new(root, limits[i].ours,
                                json_pack("{s:I, s:I, s:I}", "max", (json_int_t)limits[i].max, "used",
                                          (json_int_t)(limits[i].max - limits[i].remaining), "remaining",
                                          (json_int_t)limits[i].remaining));
    json_object_set_new(root, "slow_at", json_integer(limits[API_CALLS].max * c->salesforce.api_usage.slow_at / 100));
    json_object_set_new(root, "stop_at", json_integer(limits[API_CALLS].max * c->salesforce.api_usage.stop_at / 100));
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static void add_row(struct table *table, const struct limit *l)
{
    char used[64], remaining[32], max[32];
    int64_t gone = l->max - l->remaining;

    snprintf(remaining, sizeof remaining, "%" PRId64, l->remaining);
    snprintf(max, sizeof max, "%" PRId64, l->max);
    snprintf(used, sizeof used, "%" PRId64 " (%.0f %%)", gone, l->max ? 100.0 * (double)gone / (double)l->max : 0.0);
    table_row(table, l->words, remaining, used, max);
}

static void print_table(const struct limit *limits, const struct config *c)
{
    struct terminal t = terminal_of(stdout);
    struct table *table = table_new("limit", ">left", ">used", ">of", NULL);
    int64_t max = limits[API_CALLS].max;

    for (size_t i = 0; i < LIMITS; i++)
        if (limits[i].known)
            add_row(table, &limits[i]);
    table_print(table, &t);
    printf("\nWorkers slow down from %" PRId64 " calls on (api_usage.slow_at, %d %%) and wait from %" PRId64
           " on (api_usage.stop_at, %d %%).\n",
           max * c->salesforce.api_usage.slow_at / 100, c->salesforce.api_usage.slow_at,
           max * c->salesforce.api_usage.stop_at / 100, c->salesforce.api_usage.stop_at);
}

static int show(const struct config *c, bool json)
{
    struct limit limits[LIMITS] = {
        {.theirs = "DailyApiRequests", .ours = "daily_api_calls", .words = "API calls, 24 hours"},
        {.theirs = "DataStorageMB", .ours = "data_storage_mb", .words = "data storage, MB"}};
    struct visit *v = visit_new(c);
    struct error e = {0};

    if (ask(v, c, limits, &e)) {
        if (json)
            print_json(limits, c);
        else
            print_table(limits, c);
    } else {
        error_print(&e);
    }
    visit_free(v);
    return (int)e.status;
}

static int run(int argc, char **argv, const char *config_file)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    struct error e = {0};
    int status = STATUS_OK;

    if (argc > 1 && !json) {
        error_set(&e, STATUS_USAGE, "limits %s: not understood", argv[1]);
        error_hint(&e, "sfsink limits --help");
        return error_print(&e);
    }
    struct config *config = configured(config_file, &status);
    if (!config)
        return status;
    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    status = show(config, json);
    config_free(config);
    return status;
}

const struct command command_limits = {
    "limits",
    "[--json]",
    "what is left of the org's daily API calls",
    "Asks the org, which costs one call. The calls are those of all its integrations in the last 24 hours; the figures "
    "may be\n"
    "five minutes old. Storage is shown where the user may see it.\n\n"
    "    --json  for programs: {\"daily_api_calls\": {\"max\", \"used\", \"remaining\"}, \"data_storage_mb\": {…}, "
    "\"slow_at\", "
    "\"stop_at\"}\n\n"
    "Exit status: 0 done; 69 Salesforce cannot be reached; 77 not logged in or not allowed; 78 wrong configuration.\n",
    run,
};
