/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_source.h"

#include "common/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

const char *const demo_topics[DEMO_TABLES] = {"demo.public.customers", "demo.public.companies", "demo.invoices"};
const char *const demo_objects[DEMO_TABLES] = {"Contact", "Account", "Invoice__c"};
static const char *const prefixes[DEMO_TABLES] = {"C", "A", "I"};

static const char *const first_names[] = {"Ada",   "Grace", "Edsger",  "Barbara", "Dennis",
                                          "Radia", "Ken",   "Frances", "Alan",    "Hedy"};
static const char *const last_names[] = {"Lovelace", "Hopper",   "Dijkstra", "Liskov", "Ritchie",
                                         "Perlman",  "Thompson", "Allen",    "Turing", "Lamarr"};
static const char *const cities[] = {"London", "Zürich", "São Paulo", "Nairobi", "東京", "Chicago", "Sydney", "Kraków"};
static const char *const states[] = {"Draft", "Sent", "Paid"};
#define PICK(s, list) (list)[chance((s), sizeof(list) / sizeof *(list))]

struct demo_source {
    uint64_t random;
    size_t rows;                   /* of each table */
    json_t **current[DEMO_TABLES]; /* the row as the source has it, bad values included */
    json_t **wanted[DEMO_TABLES];  /* as Salesforce must have it */
    struct demo_counts counts;
    int64_t position;
};

static size_t chance(struct demo_source *s, size_t n)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)((s->random >> 33) % n);
}

struct demo_source *demo_source_new(size_t events, uint64_t seed)
{
    struct demo_source *s = xcalloc(1, sizeof *s);
    s->random = seed;
    s->rows = events / 20 + 1; /* some seven changes a row */
    for (int t = 0; t < DEMO_TABLES; t++) {
        s->current[t] = xcalloc(s->rows, sizeof(json_t *));
        s->wanted[t] = xcalloc(s->rows, sizeof(json_t *));
    }
    return s;
}

void demo_source_free(struct demo_source *s)
{
    if (!s)
        return;
    for (int t = 0; t < DEMO_TABLES; t++) {
        for (size_t i = 0; i < s->rows; i++) {
            json_decref(s->current[t][i]);
            json_decref(s->wanted[t][i]);
        }
        free(s->current[t]);
        free(s->wanted[t]);
    }
    free(s);
}

static void name_row(enum demo_table table, size_t row, char id[DEMO_ID_SIZE])
{
    snprintf(id, DEMO_ID_SIZE, "%s-%06zu", prefixes[table], row);
}

/* A row with new values; *wanted is what Salesforce shows of it, NULL if it must refuse it. */
static json_t *make_row(struct demo_source *s, enum demo_table table, const char *id, bool bad, json_t **wanted)
{
    const char *first = PICK(s, first_names), *last = PICK(s, last_names), *city = PICK(s, cities),
               *state = PICK(s, states);
    int number = (int)chance(s, 100000);
    char email[64], due[32];
    json_t *row = NULL;

    snprintf(email, sizeof email, "%s.%d@example.com", id, number);
    snprintf(due, sizeof due, "2026-%02d-%02d", number % 12 + 1, number % 28 + 1);
    switch (table) {
    case DEMO_CUSTOMERS:
        row = json_pack("{s:s, s:s, s:s?, s:s}", "id", id, "first_name", first, "last_name",
                        bad && number % 2 ? NULL : last, "email", bad ? "nobody at home" : email);
        *wanted = json_pack("{s:s, s:s, s:s, s:o}", "FirstName", first, "LastName", last, "Email", email, "Title",
                            json_sprintf("%s %s", first, last));
        break;
    case DEMO_COMPANIES:
        row = json_pack("{s:s, s:s, s:s, s:i}", "id", id, "name", last, "city", city, "employees", bad ? -1 : number);
        *wanted = json_pack("{s:s, s:s, s:i}", "Name", last, "BillingCity", city, "NumberOfEmployees", number);
        if (bad) /* a company without a name */
            json_object_set_new(row, "name", json_null());
        break;
    case DEMO_INVOICES:
    case DEMO_TABLES:
        row = json_pack("{s:s, s:f, s:s, s:s}", "id", id, "amount", number / 4.0, "status", bad ? "Lost" : state, "due",
                        due);
        *wanted = json_pack("{s:f, s:s, s:s}", "Amount__c", number / 4.0, "Status__c", state, "Due_Date__c", due);
        break;
    }
    if (bad) {
        json_decref(*wanted);
        *wanted = NULL;
    }
    return row;
}

static char *envelope(struct demo_source *s, const char *op, json_t *before, json_t *after)
{
    json_t *all = json_pack("{s:O?, s:O?, s:{s:s, s:I, s:s}, s:s}", "before", before, "after", after, "source",
                            "connector", "postgresql", "lsn", (json_int_t)s->position, "table", "demo", "op", op);
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

static char *change(struct demo_source *s, enum demo_table table, size_t row, const char *id)
{
    json_t **current = &s->current[table][row], **wanted = &s->wanted[table][row], *fresh_wanted = NULL;
    char *text;

    if (*current && table != DEMO_INVOICES && chance(s, 12) == 0) {
        text = envelope(s, "d", *current, NULL);
        json_decref(*current);
        json_decref(*wanted);
        *current = *wanted = NULL;
        s->counts.deleted++;
        return text;
    }
    bool bad = chance(s, 50) == 0;
    json_t *fresh = make_row(s, table, id, bad, &fresh_wanted);
    text =
        table == DEMO_INVOICES ? json_dumps(fresh, JSON_COMPACT) : envelope(s, *current ? "u" : "c", *current, fresh);
    if (bad)
        s->counts.bad++;
    else if (*current)
        s->counts.updated++;
    else
        s->counts.created++;
    json_decref(*current);
    *current = fresh;
    if (fresh_wanted) {
        json_decref(*wanted);
        *wanted = fresh_wanted;
    }
    return text;
}

struct demo_event demo_source_next(struct demo_source *s)
{
    enum demo_table table = (enum demo_table)chance(s, DEMO_TABLES);
    size_t row = chance(s, s->rows);
    char id[DEMO_ID_SIZE];

    s->position++;
    s->counts.events[table]++;
    name_row(table, row, id);
    return (struct demo_event){demo_topics[table], xasprintf("{\"id\":\"%s\"}", id), change(s, table, row, id), row};
}

struct demo_counts demo_source_counts(const struct demo_source *s)
{
    return s->counts;
}

size_t demo_source_rows(const struct demo_source *s)
{
    return s->rows;
}

const json_t *demo_source_row(const struct demo_source *s, enum demo_table table, size_t row, char id[DEMO_ID_SIZE])
{
    name_row(table, row, id);
    return s->wanted[table][row];
}

/* linger_ms: the demo's stream is thin, so a longer wait shows what full batches do. Heartbeat and session make the mock cluster's
 * slow rebalances bearable: members learn of one with their next heartbeat, and it lasts a second less than the session. There is a second
 * one wherever a member's SyncGroup comes after the leader's, which the mock refuses: every third demo or so. */
static const char configuration[] =
    "worker: { name = \"%s\"; };\n"
    "kafka: { brokers = \"%s\"; group = \"" DEMO_GROUP
    "\"; properties = [ \"consumer.heartbeat.interval.ms=500\", \"consumer.session.timeout.ms=6000\" ]; };\n"
    "salesforce: {\n"
    "  auth: { flow = \"client_credentials\"; login_url = \"%s\"; client_id = \"demo\"; client_secret = \"demo\"; };\n"
    "};\n"
    "batch: { linger_ms = 1000; };\n"
    "shutdown_ms = 5000;\n"
    "dead_letter: { topic = \"" DEMO_DEAD_LETTERS "\"; };\n"
    "http: { listen = \"127.0.0.1:0\"; };\n"
    "routes = (\n"
    "  { topic = \"%s\"; format = \"debezium\"; object = \"Contact\";\n"
    "    mode = \"upsert\"; external_id = \"External_Id__c\"; on_delete = \"delete\"; tombstones = \"skip\";\n"
    "    fields = ( { to = \"External_Id__c\"; from = \"id\"; },\n"
    "               { to = \"FirstName\"; from = \"first_name\"; },\n"
    "               { to = \"LastName\"; from = \"last_name\"; required = true; },\n"
    "               { to = \"Email\"; from = \"email\"; },\n"
    "               { to = \"Title\"; jq = \".first_name + \\\" \\\" + .last_name\"; } ); },\n"
    "  { topic = \"%s\"; format = \"debezium\"; object = \"Account\";\n"
    "    mode = \"upsert\"; external_id = \"External_Id__c\"; on_delete = \"delete\"; tombstones = \"skip\";\n"
    "    fields = ( { to = \"External_Id__c\"; from = \"id\"; },\n"
    "               { to = \"Name\"; from = \"name\"; },\n"
    "               { to = \"BillingCity\"; from = \"city\"; },\n"
    "               { to = \"NumberOfEmployees\"; from = \"employees\"; as = \"integer\"; } ); },\n"
    "  { topic = \"%s\"; format = \"row\"; object = \"Custom Object\"; custom_object = \"Invoice__c\";\n"
    "    mode = \"upsert\"; external_id = \"External_Id__c\";\n"
    "    fields = ( { to = \"External_Id__c\"; from = \"id\"; },\n"
    "               { to = \"Amount__c\"; from = \"amount\"; },\n"
    "               { to = \"Status__c\"; from = \"status\"; },\n"
    "               { to = \"Due_Date__c\"; from = \"due\"; } ); } );\n";

char *demo_configuration(const char *worker, const char *brokers, const char *salesforce)
{
    return xasprintf(configuration, worker, brokers, salesforce, demo_topics[DEMO_CUSTOMERS],
                     demo_topics[DEMO_COMPANIES], demo_topics[DEMO_INVOICES]);
}
