/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/store.h"

#include "common/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define uthash_fatal(msg) memory_exhausted()
#include <uthash.h>

struct entry {
    struct record record; /* first: the records that others hold are entries */
    UT_hash_handle hh;
};

struct slot {
    char *key; /* "Contact.External_Id__c=c-1" */
    struct entry **entries;
    size_t n, room;
    UT_hash_handle hh;
};

struct change {
    struct entry *entry;
    json_t *before; /* the changed fields as they were; NULL: it was inserted */
    bool was_deleted;
};

struct store {
    struct entry *by_id;
    struct slot *slots;
    struct change *undo;
    size_t nundo, undo_room;
    uint64_t births;
};

struct store *store_new(void)
{
    return xcalloc(1, sizeof(struct store));
}

static void free_slots(struct store *s)
{
    struct slot *slot, *next;
    HASH_ITER(hh, s->slots, slot, next)
    {
        HASH_DEL(s->slots, slot);
        free(slot->key);
        free(slot->entries);
        free(slot);
    }
}

static void free_entry(struct entry *e)
{
    json_decref(e->record.fields);
    free(e);
}

void store_free(struct store *s)
{
    struct entry *e, *next;

    if (!s)
        return;
    store_settle(s);
    free_slots(s);
    HASH_ITER(hh, s->by_id, e, next)
    {
        HASH_DEL(s->by_id, e);
        free_entry(e);
    }
    free(s->undo);
    free(s);
}

/* ---- the index ---- */

bool store_indexes(const struct field *f)
{
    return (f->flags & (F_EXTERNAL_ID | F_UNIQUE | F_ID_LOOKUP)) && f->type != FIELD_ID;
}

char *store_key_text(const json_t *value)
{
    return json_is_string(value)   ? xstrdup(json_string_value(value))
           : json_is_number(value) ? xasprintf("%.17g", json_number_value(value))
                                   : NULL;
}

static char *slot_key(const struct object *o, const struct field *f, const char *value)
{
    char *key = xasprintf("%s.%s=%s", o->name, f->name, value);
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return key;
}

static struct slot *find_slot(const struct store *s, const char *key)
{
    struct slot *slot;
    HASH_FIND_STR(s->slots, key, slot);
    return slot;
}

static void slot_add(struct store *s, const char *key, struct entry *e)
{
    struct slot *slot = find_slot(s, key);

    if (!slot) {
        slot = xcalloc(1, sizeof *slot);
        slot->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, s->slots, slot->key, strlen(slot->key), slot);
    }
    if (slot->n == slot->room) {
        slot->room = slot->room ? slot->room * 2 : 1;
        slot->entries = xreallocarray(slot->entries, slot->room, sizeof(struct entry *));
    }
    slot->entries[slot->n++] = e;
}

static void slot_remove(struct store *s, const char *key, struct entry *e)
{
    struct slot *slot = find_slot(s, key);
    size_t kept = 0;

    for (size_t i = 0; slot && i < slot->n; i++)
        if (slot->entries[i] != e)
            slot->entries[kept++] = slot->entries[i];
    if (slot)
        slot->n = kept;
}

typedef void slot_change(struct store *, const char *key, struct entry *);

static void index_field(struct store *s, struct entry *e, const struct field *f, slot_change *with)
{
    char *value = store_key_text(json_object_get(e->record.fields, f->name));

    if (value) {
        char *key = slot_key(e->record.object, f, value);
        with(s, key, e);
        free(key);
    }
    free(value);
}

/* By the fields that `changes` names; NULL: by all. Deleted records are in no slot. */
static void index_entry(struct store *s, struct entry *e, const json_t *changes, slot_change *with)
{
    const struct object *o = e->record.object;

    for (size_t i = 0; i < o->nfields && !e->record.deleted; i++)
        if (store_indexes(&o->fields[i]) && (!changes || json_object_get(changes, o->fields[i].name)))
            index_field(s, e, &o->fields[i], with);
}

void store_reindex(struct store *s)
{
    struct entry *e, *next;

    free_slots(s);
    HASH_ITER(hh, s->by_id, e, next)
    index_entry(s, e, NULL, slot_add);
}

size_t store_lookup(const struct store *s, const struct object *o, const struct field *f, const char *value,
                    enum match how, uint64_t until, struct record **found, size_t max)
{
    char *key = slot_key(o, f, value);
    const struct slot *slot = find_slot(s, key);
    bool exact =
        how == MATCH_AS_FIELD && f->type != FIELD_EMAIL && (f->flags & (F_UNIQUE | F_CASE_SENSITIVE)) != F_UNIQUE;
    size_t n = 0;

    for (size_t i = 0; slot && i < slot->n; i++) {
        struct record *r = &slot->entries[i]->record;
        const char *stored = json_string_value(json_object_get(r->fields, f->name));
        if (r->born > until || (exact && stored && strcmp(stored, value) != 0))
            continue;
        if (n < max)
            found[n] = r;
        n++;
    }
    free(key);
    return n;
}

/* ---- finding ---- */

struct record *store_find(const struct store *s, const char *id18)
{
    struct entry *e;
    HASH_FIND_STR(s->by_id, id18, e);
    return e ? &e->record : NULL;
}

struct record *store_next(const struct store *s, const struct record *after)
{
    struct entry *e = after ? ((const struct entry *)after)->hh.next : s->by_id;
    return e ? &e->record : NULL;
}

uint64_t store_newest(const struct store *s)
{
    return s->births;
}

size_t store_count(const struct store *s, const struct object *o)
{
    size_t n = 0;
    for (const struct record *r = store_next(s, NULL); r; r = store_next(s, r))
        n += r->object == o && !r->deleted;
    return n;
}

/* ---- changing ---- */

/* before: the values that are about to be changed; NULL: it is new. */
static void remember(struct store *s, struct entry *e, json_t *before)
{
    if (s->nundo == s->undo_room) {
        s->undo_room = s->undo_room ? s->undo_room * 2 : 256;
        s->undo = xreallocarray(s->undo, s->undo_room, sizeof *s->undo);
    }
    s->undo[s->nundo++] = (struct change){e, before, e->record.deleted};
}

struct record *store_insert(struct store *s, struct object *o, json_t *fields)
{
    struct entry *e = xcalloc(1, sizeof *e);

    record_id_make(o->prefix, ++o->next_number, e->record.id);
    e->record.object = o;
    e->record.fields = fields;
    e->record.born = ++s->births;
    json_object_set_new(fields, "Id", json_string(e->record.id));
    HASH_ADD_STR(s->by_id, record.id, e);
    index_entry(s, e, NULL, slot_add);
    remember(s, e, NULL);
    return &e->record;
}

static void set_fields(struct store *s, struct entry *e, const json_t *changes)
{
    index_entry(s, e, changes, slot_remove);
    json_object_update(e->record.fields, (json_t *)changes);
    index_entry(s, e, changes, slot_add);
}

void store_update(struct store *s, struct record *r, const json_t *changes)
{
    json_t *before = json_object(), *value;
    const char *name;

    json_object_foreach((json_t *)changes, name, value)
    {
        json_t *old = json_object_get(r->fields, name);
        json_object_set_new(before, name, old ? json_incref(old) : json_null());
    }
    remember(s, (struct entry *)r, before);
    set_fields(s, (struct entry *)r, changes);
}

void store_delete(struct store *s, struct record *r)
{
    struct entry *e = (struct entry *)r;

    remember(s, e, json_pack("{s:b}", "IsDeleted", 0));
    index_entry(s, e, NULL, slot_remove);
    r->deleted = true;
    json_object_set_new(r->fields, "IsDeleted", json_true());
}

size_t store_mark(const struct store *s)
{
    return s->nundo;
}

static void undo(struct store *s, struct change *c)
{
    struct entry *e = c->entry;

    if (!c->before) {
        index_entry(s, e, NULL, slot_remove);
        HASH_DEL(s->by_id, e);
        free_entry(e);
        return;
    }
    bool revived = e->record.deleted && !c->was_deleted;
    e->record.deleted = c->was_deleted;
    set_fields(s, e, c->before);
    if (revived)
        index_entry(s, e, NULL, slot_add);
    json_decref(c->before);
}

void store_rollback(struct store *s, size_t mark)
{
    while (s->nundo > mark)
        undo(s, &s->undo[--s->nundo]);
}

void store_settle(struct store *s)
{
    while (s->nundo)
        json_decref(s->undo[--s->nundo].before);
}
