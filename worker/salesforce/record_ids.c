/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/record_ids.h"

#include "common/memory.h"
#include "config/route.h"

#include <stdio.h>
#include <stdlib.h>

#define uthash_fatal(message) memory_exhausted()
#include <uthash.h>

struct known {
    char id[ID_SIZE];
    int64_t until;
    UT_hash_handle hh;
    size_t len;
    char name[]; /* object, NUL, field, NUL, value */
};

struct record_ids {
    struct known *all; /* in the order in which they were put */
    size_t max;
};

struct record_ids *record_ids_new(size_t max)
{
    struct record_ids *ids = xcalloc(1, sizeof *ids);

    ids->max = max;
    return ids;
}

static void forget(struct record_ids *ids, struct known *k)
{
    HASH_DEL(ids->all, k);
    free(k);
}

void record_ids_free(struct record_ids *ids)
{
    while (ids && ids->all)
        forget(ids, ids->all);
    free(ids);
}

static struct known *known_new(const struct route *route, struct text key)
{
    size_t object = strlen(route->object) + 1, field = strlen(route->external_id) + 1;
    struct known *k = xcalloc(1, sizeof *k + object + field + key.len);

    memcpy(k->name, route->object, object);
    memcpy(k->name + object, route->external_id, field);
    memcpy(k->name + object + field, key.at, key.len);
    k->len = object + field + key.len;
    return k;
}

static struct known *find(const struct record_ids *ids, const struct route *route, struct text key)
{
    struct known *wanted = known_new(route, key), *found;

    HASH_FIND(hh, ids->all, wanted->name, wanted->len, found);
    free(wanted);
    return found;
}

bool record_ids_get(const struct record_ids *ids, int64_t now, const struct route *route, struct text key,
                    char id[ID_SIZE])
{
    const struct known *k = find(ids, route, key);

    if (!k || now >= k->until)
        return false;
    memcpy(id, k->id, ID_SIZE);
    return true;
}

void record_ids_drop(struct record_ids *ids, const struct route *route, struct text key)
{
    struct known *k = find(ids, route, key);

    if (k)
        forget(ids, k);
}

void record_ids_put(struct record_ids *ids, int64_t now, const struct route *route, struct text key, const char *id)
{
    record_ids_drop(ids, route, key);
    if (ids->all && HASH_COUNT(ids->all) >= ids->max)
        forget(ids, ids->all);
    struct known *k = known_new(route, key);
    snprintf(k->id, sizeof k->id, "%s", id);
    k->until = now + RECORD_IDS_MS;
    HASH_ADD(hh, ids->all, name[0], (unsigned)k->len, k);
}
