/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_report.h"

#include "worker/commands/demo_compare.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 32 };

/* 1234567 as "1,234,567". */
static const char *grouped(uint64_t n, char text[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static bool print_objects(const struct demo_result *r, const struct terminal *t, json_t *differences)
{
    struct table *table =
        table_new("topic", "object", ">events", ">rows in the source", ">records in Salesforce", "<final state", NULL);
    struct demo_counts counts = demo_source_counts(r->source);
    bool all_equal = true;

    for (int i = 0; i < DEMO_TABLES; i++) {
        struct demo_comparison c = {.differences = differences};
        char events[NUMBER_SIZE], rows[NUMBER_SIZE], records[NUMBER_SIZE], wrong[NUMBER_SIZE], state[128];
        json_t *stored = simulator_records(r->salesforce, demo_objects[i]);
        demo_compare(&c, r->source, (enum demo_table)i, stored);
        json_decref(stored);
        snprintf(state, sizeof state, "%s%s%s%s", terminal_style(t, c.wrong ? STYLE_RED : STYLE_GREEN),
                 c.wrong ? grouped(c.wrong, wrong) : "equal", c.wrong ? " wrong" : "", terminal_style(t, STYLE_PLAIN));
        table_row(table, demo_topics[i], demo_objects[i], grouped(counts.events[i], events), grouped(c.wanted, rows),
                  grouped(c.stored, records), state);
        all_equal = all_equal && c.wrong == 0;
    }
    table_print(table, t);
    return all_equal;
}

/* ---- dead letters ---- */

static void count_code(void *codes, const char *code)
{
    json_int_t n = json_integer_value(json_object_get(codes, code));
    json_object_set_new(codes, code, json_integer(n + 1));
}

static bool print_letters(const struct demo_result *r, const struct terminal *t, struct error *e)
{
    json_t *codes = json_object(), *n;
    const char *code;
    struct table *table = table_new("dead letters, by code", ">events", NULL);

    bool read = demo_broker_read_header(r->broker, DEMO_DEAD_LETTERS, "sfsink.error.code", count_code, codes, e);
    json_object_foreach(codes, code, n)
    {
        char *safe = terminal_safe(code, strlen(code)), number[NUMBER_SIZE];
        table_row(table, safe, grouped((uint64_t)json_integer_value(n), number));
        free(safe);
    }
    table_print(table, t);
    json_decref(codes);
    return read;
}

/* ---- the whole ---- */

static void print_sums(const struct demo_result *r, const struct terminal *t)
{
    struct demo_counts made = demo_source_counts(r->source);
    struct simulator_counts org = simulator_counts(r->salesforce);
    char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE], e[NUMBER_SIZE];
    double per_thousand = r->events ? 1000.0 * (double)org.api_calls / (double)r->events : 0;

    fprintf(t->out, "%s events in: %s creates, %s updates, %s deletes, %s mistakes\n", grouped(r->events, a),
            grouped(made.created, b), grouped(made.updated, c), grouped(made.deleted, d), grouped(made.bad, e));
    fprintf(t->out, "%s coalesced: went along in a newer change of the same record, some of the mistakes too\n",
            grouped(r->merged, a));
    fprintf(t->out, "%s records written, %s deleted, %s refused, in %s API calls: %.1f for 1,000 events\n\n",
            grouped(org.records_written, a), grouped(org.records_deleted, b), grouped(org.records_refused, c),
            grouped(org.api_calls, d), per_thousand);
}

bool demo_report(const struct demo_result *r, const struct terminal *t, bool *equal, struct error *e)
{
    json_t *differences = json_array(), *words;
    size_t i;

    fprintf(t->out, "\n");
    print_sums(r, t);
    *equal = print_objects(r, t, differences);
    fprintf(t->out, "\n");
    bool read = print_letters(r, t, e);
    if (*equal)
        fprintf(t->out, "\n%sSalesforce holds exactly what the source does%s, %.1f s after the start.\n",
                terminal_style(t, STYLE_GREEN), terminal_style(t, STYLE_PLAIN), (double)r->took_ms / 1000);
    else
        fprintf(t->out, "\n%sSalesforce does not hold what the source does%s:\n", terminal_style(t, STYLE_RED),
                terminal_style(t, STYLE_PLAIN));
    json_array_foreach(differences, i, words)
    {
        const char *text = json_string_value(words);
        char *safe = terminal_safe(text, strlen(text));
        fprintf(t->out, "  %s\n", safe);
        free(safe);
    }
    json_decref(differences);
    return read;
}
