/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: how the simulated org behaves: one table, from which the control interface, its help and the defaults come.
 * Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_SETTINGS_H
#define SFSINK_WORKER_SIMULATOR_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SETTING_TEXT_SIZE = 256 };

struct settings {
    int64_t latency_ms;
    int64_t race_ms;
    int64_t daily_limit, daily_used;
    int64_t concurrent_limit, long_request_ms;
    int64_t token_life_ms, code_life_ms, locator_life_ms;
    int64_t query_page;
    int64_t journal_records;
    bool rotate_refresh_tokens, known_apps_only, client_credentials_user;
    bool pretty_print, chunked;
    bool wrong_type_fails_request, created_on_failure, extra_keys;
    bool version_guard, storage_full, upsert_field_400;
    bool journal_values;
    char error_fields[SETTING_TEXT_SIZE]; /* "list", "absent", "null" */
    char login_host[SETTING_TEXT_SIZE];
};

void settings_reset(struct settings *s);
json_t *settings_show(const struct settings *s);                        /* new */
const char *settings_change(struct settings *s, const json_t *changes); /* all or nothing; NULL, or what is wrong */
void settings_help(FILE *to);                                           /* one line a setting */

#endif
