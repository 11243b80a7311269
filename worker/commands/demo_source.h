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

#define DEMO_GROUP "sfsink-demo"
#define DEMO_DEAD_LETTERS "sfsink.dead-letter"

struct demo_source;

struct demo_event {
    const char *topic;
    char *key, *value; /* JSON; yours */
    size_t key_hash;   /* the same row always lands in the same partition */
};

enum demo_table { DEMO_CUSTOMERS, DEMO_COMPANIES, DEMO_INVOICES, DEMO_TABLES };
extern const char *const demo_topics[DEMO_TABLES];
extern const char *const demo_objects[DEMO_TABLES];

struct demo_source *demo_source_new(size_t events, uint64_t seed); /* events: how many will be asked for, about */
void demo_source_free(struct demo_source *s);                      /* NULL is fine */
struct demo_event demo_source_next(struct demo_source *s);

struct demo_counts {
    uint64_t created, updated, deleted;
    uint64_t bad; /* creates and updates that Salesforce must refuse */
    uint64_t events[DEMO_TABLES];
};
struct demo_counts demo_source_counts(const struct demo_source *s);

/* What Salesforce must hold of row number `row`, fields as Salesforce names them; NULL: nothing. Its external id in `id`. Lent. */
enum { DEMO_ID_SIZE = 32 };
size_t demo_source_rows(const struct demo_source *s); /* of each table */
const json_t *demo_source_row(const struct demo_source *s, enum demo_table table, size_t row, char id[DEMO_ID_SIZE]);

/* The configuration of one worker that maps the three tables, as libconfig text. A new string. */
char *demo_configuration(const char *worker, const char *brokers, const char *salesforce);

#endif
