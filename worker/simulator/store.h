/* SPDX-License-Identifier: Apache-2.0 */
/* store.h: the org's records, found by id and by their key fields; and the way back when a transaction fails.
 *
 *     size_t mark = store_mark(s);
 *     ... insert, update, delete ...
 *     store_rollback(s, mark);       undoes what came after the mark; store_settle() forgets how
 *
 * Fields are a JSON object by canonical field names, null where empty. A deleted record stays, marked, as in the recycle bin, but is no longer
 * found by key. Keys are indexed without regard to case (ASCII); store_lookup() compares exactly where the field asks for it.
 * Not thread-safe: the world's lock is around it. Bounded by the machine: it is a simulator. */
#ifndef SFSINK_WORKER_SIMULATOR_STORE_H
#define SFSINK_WORKER_SIMULATOR_STORE_H

#include "worker/simulator/record_ids.h"
#include "worker/simulator/schema.h"

struct record {
    char id[RECORD_ID_SIZE];
    struct object *object;
    json_t *fields;
    uint64_t born; /* rises from record to record: what a request that began earlier cannot have seen */
    bool deleted;
};

struct store;

struct store *store_new(void);
void store_free(struct store *s);

struct record *store_find(const struct store *s, const char *id18);           /* deleted ones too; NULL: never was */
struct record *store_next(const struct store *s, const struct record *after); /* in order of birth; NULL: the first */
uint64_t store_newest(const struct store *s);                                 /* `born` of the last one */
size_t store_count(const struct store *s, const struct object *o);            /* without the deleted */

enum match {
    MATCH_ANY_CASE, /* as SOQL compares */
    MATCH_AS_FIELD  /* any case only if the field is unique and not case-sensitive: as upsert compares */
};
/* The living records with this value in an indexed field (external id, unique or id lookup), born no later than `until`. At most `max`
 * of them in `found`; gives how many there are. */
size_t store_lookup(const struct store *s, const struct object *o, const struct field *f, const char *value,
                    enum match how, uint64_t until, struct record **found, size_t max);
char *store_key_text(const json_t *value); /* how a key is compared; malloc'd; NULL: it is no text and no number */
bool store_indexes(const struct field *f); /* whether store_lookup() can be asked */

struct record *store_insert(struct store *s, struct object *o, json_t *fields); /* takes fields */
void store_update(struct store *s, struct record *r, const json_t *changes);
void store_delete(struct store *s, struct record *r);

size_t store_mark(const struct store *s);
void store_rollback(struct store *s, size_t mark);
void store_settle(struct store *s);

void store_reindex(struct store *s); /* after fields have become keys */

#endif
