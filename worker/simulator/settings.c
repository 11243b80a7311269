/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/settings.h"

#include <stddef.h>
#include <string.h>

enum kind { KIND_NUMBER, KIND_BOOLEAN, KIND_TEXT };

static const struct row {
    const char *name;
    enum kind kind;
    size_t at;
    int64_t number; /* the default of a number or boolean */
    const char *text;
    const char *help;
} rows[] = {
#define AT(member) offsetof(struct settings, member)
    {"latency_ms", KIND_NUMBER, AT(latency_ms), 0, NULL, "how much later each API call is answered"},
    {"race_ms", KIND_NUMBER, AT(race_ms), 0, NULL,
     "an upsert by a field that is not unique writes so much later than it has looked: a race may create two"},
    {"daily_limit", KIND_NUMBER, AT(daily_limit), 100000, NULL, "API calls a day"},
    {"daily_used", KIND_NUMBER, AT(daily_used), 0, NULL, "API calls counted so far"},
    {"concurrent_limit", KIND_NUMBER, AT(concurrent_limit), 25, NULL, "long calls at once"},
    {"long_request_ms", KIND_NUMBER, AT(long_request_ms), 20000, NULL, "a call is long from here on"},
    {"token_life_ms", KIND_NUMBER, AT(token_life_ms), 7200000, NULL,
     "an access token dies after so long without a call"},
    {"code_life_ms", KIND_NUMBER, AT(code_life_ms), 900000, NULL, "an authorization code dies after so long"},
    {"locator_life_ms", KIND_NUMBER, AT(locator_life_ms), 172800000, NULL, "a query's next page is gone after so long"},
    {"query_page", KIND_NUMBER, AT(query_page), 2000, NULL, "rows on a page of a query"},
    {"journal_records", KIND_NUMBER, AT(journal_records), 200000, NULL, "records in the journal; the oldest calls go"},
    {"journal_values", KIND_BOOLEAN, AT(journal_values), 1, NULL, "the journal holds the records as they were sent"},
    {"rotate_refresh_tokens", KIND_BOOLEAN, AT(rotate_refresh_tokens), 0, NULL,
     "each refresh gives a new refresh token; using an old one revokes them all"},
    {"known_apps_only", KIND_BOOLEAN, AT(known_apps_only), 0, NULL, "client ids that were not registered are refused"},
    {"client_credentials_user", KIND_BOOLEAN, AT(client_credentials_user), 1, NULL,
     "the app has a Run As user for client_credentials"},
    {"login_host", KIND_TEXT, AT(login_host), 0, "",
     "the host name (of the Host header) that acts as login.salesforce.com"},
    {"pretty_print", KIND_BOOLEAN, AT(pretty_print), 0, NULL, "answers are indented JSON"},
    {"chunked", KIND_BOOLEAN, AT(chunked), 1, NULL, "answers are chunked, without Content-Length"},
    {"wrong_type_fails_request", KIND_BOOLEAN, AT(wrong_type_fails_request), 0, NULL,
     "a value of the wrong JSON type in a collection fails the whole request, not the record"},
    {"created_on_failure", KIND_BOOLEAN, AT(created_on_failure), 0, NULL, "failed upserts say \"created\": true"},
    {"extra_keys", KIND_BOOLEAN, AT(extra_keys), 0, NULL, "every object of an answer has keys that nobody knows"},
    {"error_fields", KIND_TEXT, AT(error_fields), 0, "list", "\"fields\" of a record's error: list, absent, null"},
    {"version_guard", KIND_BOOLEAN, AT(version_guard), 1, NULL,
     "a Source_Version__c lower than the stored one is refused (SFSINK_STALE_VERSION)"},
    {"storage_full", KIND_BOOLEAN, AT(storage_full), 0, NULL, "creating fails with STORAGE_LIMIT_EXCEEDED"},
    {"upsert_field_400", KIND_BOOLEAN, AT(upsert_field_400), 0, NULL,
     "an upsert by a field that is no external id is 400 INVALID_FIELD, not 404 NOT_FOUND"},
};
enum { NROWS = sizeof rows / sizeof *rows };

static void *place(struct settings *s, const struct row *row)
{
    return (char *)s + row->at;
}

void settings_reset(struct settings *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < NROWS; i++) {
        if (rows[i].kind == KIND_NUMBER)
            *(int64_t *)place(s, &rows[i]) = rows[i].number;
        else if (rows[i].kind == KIND_BOOLEAN)
            *(bool *)place(s, &rows[i]) = rows[i].number != 0;
        else
            snprintf(place(s, &rows[i]), SETTING_TEXT_SIZE, "%s", rows[i].text);
    }
}

static json_t *show(struct settings *s, const struct row *row)
{
    if (row->kind == KIND_NUMBER)
        return json_integer(*(int64_t *)place(s, row));
    return row->kind == KIND_BOOLEAN ? json_boolean(*(bool *)place(s, row)) : json_string(place(s, row));
}

json_t *settings_show(const struct settings *s)
{
    struct settings copy = *s;
    json_t *all = json_object();
    for (size_t i = 0; i < NROWS; i++)
        json_object_set_new(all, rows[i].name, show(&copy, &rows[i]));
    return all;
}

static const char *change(struct settings *s, const char *name, const json_t *value)
{
    for (size_t i = 0; i < NROWS; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (rows[i].kind == KIND_NUMBER && json_is_integer(value) && json_integer_value(value) >= 0)
            *(int64_t *)place(s, &rows[i]) = json_integer_value(value);
        else if (rows[i].kind == KIND_BOOLEAN && json_is_boolean(value))
            *(bool *)place(s, &rows[i]) = json_is_true(value);
        else if (rows[i].kind == KIND_TEXT && json_string_length(value) < SETTING_TEXT_SIZE && json_is_string(value))
            snprintf(place(s, &rows[i]), SETTING_TEXT_SIZE, "%s", json_string_value(value));
        else
            return "a setting has a value of the wrong type";
        return NULL;
    }
    return "no such setting: GET /control/settings lists them";
}

const char *settings_change(struct settings *s, const json_t *changes)
{
    struct settings copy = *s;
    const char *name, *wrong = NULL;
    json_t *value;

    if (!json_is_object(changes))
        return "settings are an object of names and values";
    json_object_foreach((json_t *)changes, name, value) if (!wrong) wrong = change(&copy, name, value);
    if (!wrong)
        *s = copy;
    return wrong;
}

void settings_help(FILE *to)
{
    for (size_t i = 0; i < NROWS; i++) {
        if (rows[i].kind == KIND_NUMBER)
            fprintf(to, "    %-25s %-10lld %s\n", rows[i].name, (long long)rows[i].number, rows[i].help);
        else
            fprintf(to, "    %-25s %-10s %s\n", rows[i].name,
                    rows[i].kind == KIND_TEXT ? (rows[i].text[0] ? rows[i].text : "\"\"")
                    : rows[i].number          ? "true"
                                              : "false",
                    rows[i].help);
    }
}
