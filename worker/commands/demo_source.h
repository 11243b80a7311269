/* SPDX-License-Identifier: Apache-2.0 */
/* demo_source.h: a made-up warehouse: three tables whose rows change, and what Salesforce must hold in the end.
 *
 * Each call changes one row and gives the event of it, as Debezium or an outbox would have written it. About one change
 * in fifty is one that Salesforce refuses. Same seed, same history. */
#ifndef SFSINK_WORKER_COMMANDS_DEMO_SOURCE_H
#define SFSINK_WORKER_COMMANDS_DEMO_SOURCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct demo_source;

struct demo_event {
    const char *topic;
    char *key, *value; /* JSON; yours */
    size_t key_hash;   /* the same row always lands in the same partition */
};

enum demo_table { DEMO_CUSTOMERS, DEMO_COMPANIES, DEMO_INVOICES, DEMO_TABLES };
extern const char *const demo_topics[DEMO_TABLES];
extern const char *const demo_objects[DEMO_TABLES];

struct demo_source *demo_source_new(size_t events, uint64_t seed);
void demo_source_free(struct demo_source *s);
struct demo_event demo_source_next(struct demo_source *s);

struct demo_counts {
    uint64_t created, updated, deleted, bad;
};
struct demo_counts demo_source_counts(const struct demo_source *s);

/* The rows of a table by number; NULL: there is none now. External id in *id (lent). Fields as Salesforce names them.
 */
size_t demo_source_rows(const struct demo_source *s, enum demo_table table);
const json_t *demo_source_row(const struct demo_source *s, enum demo_table table, size_t row, char id[32]);

/* The configuration that maps the three tables; brokers and instance are filled in. A new string. */
char *demo_configuration(const char *brokers, const char *instance, int linger_ms);

#endif
