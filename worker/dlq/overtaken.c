/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/overtaken.h"

#include "common/memory.h"
#include "config/route.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define uthash_fatal(message) memory_exhausted()
#include <uthash.h>

enum { DIGEST = 16 };

struct watched { /* one record of one topic */
    unsigned char key[DIGEST];
    struct watch *first;
    UT_hash_handle hh;
};

struct overtaken {
    struct watched *records;
    EVP_MD_CTX *digest;
};

struct overtaken *overtaken_new(void)
{
    struct overtaken *o = xcalloc(1, sizeof *o);
    o->digest = EVP_MD_CTX_new();
    if (!o->digest)
        memory_exhausted();
    return o;
}

void overtaken_free(struct overtaken *o)
{
    if (!o)
        return;
    struct watched *r, *next_record;
    HASH_ITER(hh, o->records, r, next_record)
    {
        for (struct watch *w = r->first, *next; w; w = next) {
            next = w->next;
            free(w->repeats);
            free(w);
        }
        HASH_DEL(o->records, r);
        free(r);
    }
    EVP_MD_CTX_free(o->digest);
    free(o);
}

/* Keys are personal data and may be long: a digest stands for them. */
static void digest_of(struct overtaken *o, struct text topic, const struct record *r, unsigned char out[DIGEST])
{
    unsigned char full[EVP_MAX_MD_SIZE];

    if (!EVP_DigestInit_ex(o->digest, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(o->digest, &r->key_space, sizeof r->key_space) ||
        !EVP_DigestUpdate(o->digest, &topic.len, sizeof topic.len) ||
        !EVP_DigestUpdate(o->digest, topic.at, topic.len) ||
        !EVP_DigestUpdate(o->digest, r->identity.at, r->identity.len) || !EVP_DigestFinal_ex(o->digest, full, NULL))
        bug("SHA-256 does not work");
    memcpy(out, full, DIGEST);
}

static struct watched *find(struct overtaken *o, const unsigned char key[DIGEST])
{
    struct watched *r;
    HASH_FIND(hh, o->records, key, DIGEST, r);
    return r;
}

/* The key names the record and is no change of it; the version only guards. */
static bool is_written(const struct record *r, size_t slot_number)
{
    int i = (int)slot_number;
    return r->slots[slot_number].at && i != r->route->key_field && i != r->route->id_field &&
           i != r->route->version_field;
}

struct watch *overtaken_watch(struct overtaken *o, const struct origin *origin, const struct record *r)
{
    unsigned char key[DIGEST];

    if (!r->identity.at)
        return NULL;
    digest_of(o, origin->topic, r, key);
    struct watched *record = find(o, key);
    if (!record) {
        record = xcalloc(1, sizeof *record);
        memcpy(record->key, key, DIGEST);
        HASH_ADD(hh, o->records, key, DIGEST, record);
    }
    struct watch *w = xcalloc(1, sizeof *w + r->nslots);
    w->origin = *origin;
    w->op = r->op;
    w->guarded = r->route->version_field >= 0;
    w->sent_offset = INT64_MAX;
    w->nslots = r->nslots;
    for (size_t i = 0; i < r->nslots; i++)
        w->nleft += w->left[i] = is_written(r, i);
    w->next = record->first;
    return record->first = w;
}

void watch_send(struct watch *w, int32_t partition, int64_t offset)
{
    w->sent_partition = partition;
    w->sent_offset = offset;
    w->disturbed = false;
}

/* ---- a later event ---- */

bool overtaken_is_later(const struct origin *a, const struct origin *than)
{
    if (a->partition == than->partition)
        return a->offset > than->offset;
    return a->timestamp_ms < 0 || than->timestamp_ms < 0 || a->timestamp_ms >= than->timestamp_ms;
}

static bool is_repeated(const struct watch *w, const struct origin *o)
{
    for (size_t i = 0; i < w->nrepeats; i++)
        if (w->repeats[i].first_partition == o->partition && w->repeats[i].first_offset == o->offset)
            return true;
    return false;
}

/* True if it writes any of the letter's fields. */
static bool write_over(struct watch *w, const struct record *r)
{
    bool touches = false;

    for (size_t i = 0; i < w->nslots && i < r->nslots; i++)
        if (w->left[i] && is_written(r, i)) {
            touches = true;
            w->nleft -= w->left[i] == 1;
            w->left[i] = 2;
        }
    return touches;
}

static void repeat(struct watch *w, const struct message *m, const struct record *r)
{
    if (r->op == OP_INSERT || w->nrepeats == REPEATS_MAX) {
        w->stuck = true;
        return;
    }
    w->repeats = xreallocarray(w->repeats, w->nrepeats + 1, sizeof *w->repeats);
    w->repeats[w->nrepeats++] = (struct repeat){m->partition, m->origin.partition, m->offset, m->origin.offset};
}

static void take(struct watch *w, const struct message *m, const struct record *r)
{
    bool deletes = r->op == OP_DELETE || w->op == OP_DELETE;

    if (w->overtaken || !overtaken_is_later(&m->origin, &w->origin) || (w->guarded && !deletes) ||
        is_repeated(w, &m->origin))
        return;
    bool touches = deletes || write_over(w, r);
    if (deletes || w->nleft == 0)
        w->overtaken = true;
    else if (touches || w->nrepeats) /* what lies behind a repeated one is newer than that, too */
        repeat(w, m, r);
    else
        return;
    if (m->partition != w->sent_partition || m->offset < w->sent_offset)
        w->disturbed = true;
}

void overtaken_take(struct overtaken *o, const struct message *m, const struct record *r)
{
    unsigned char key[DIGEST];

    if (!r->identity.at)
        return;
    digest_of(o, m->origin.topic, r, key);
    struct watched *record = find(o, key);
    for (struct watch *w = record ? record->first : NULL; w; w = w->next)
        take(w, m, r);
}
