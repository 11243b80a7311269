/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/merge.h"

#include "config/route.h"
#include "worker/engine/groups.h"

/* [waiting][coming]: the operation of both together, or APART. An update needs the record, an upsert makes it: as one
 * upsert they would make a record that the update alone would have been refused for. An insert takes nothing in: sent
 * again after no answer it may be refused as a duplicate of itself, and that must say nothing about another change.
 * After a delete the record is another one. */
enum { APART = OPERATIONS };
static const int together[OPERATIONS][OPERATIONS] = {
    /*               OP_UPSERT  OP_INSERT  OP_UPDATE  OP_DELETE */
    [OP_UPSERT] = {OP_UPSERT, APART, OP_UPSERT, OP_DELETE},
    [OP_INSERT] = {APART, APART, APART, OP_DELETE},
    [OP_UPDATE] = {APART, APART, OP_UPDATE, OP_DELETE},
    [OP_DELETE] = {APART, APART, APART, OP_DELETE},
};

static void measure(struct turn *t)
{
    const struct record *r = t->write.record, *first = t->first->record, *last = t->last->record;
    size_t bytes = first->overhead > last->overhead ? first->overhead : last->overhead;
    for (size_t i = 0; i < r->nslots; i++)
        bytes += t->write.slots[i].len;
    t->write.bytes = bytes;
}

struct turn *turn_new(struct entry *entry)
{
    struct turn *t = xcalloc(1, sizeof *t);
    t->write.record = entry->record;
    t->write.slots = entry->record->slots;
    t->op = entry->record->op;
    t->group_value = entry->record->group;
    t->first = t->last = entry;
    t->nentries = 1;
    entry->next = NULL;
    entry->superseded = false;
    measure(t);
    return t;
}

/* The slots to write into: a copy, since the record's own are needed if the changes must be taken apart. */
static slot *own_slots(struct turn *t)
{
    size_t n = t->write.record->nslots;
    if (!t->merged) {
        t->merged = xcalloc(n, sizeof *t->merged);
        memcpy(t->merged, t->write.slots, n * sizeof *t->merged);
        t->write.slots = t->merged;
    }
    return t->merged;
}

/* A merged write holds values of several versions: that of the highest change which brought this one. (Constants of the
 * route are the same bytes in each.) */
int64_t turn_slot_version(const struct turn *t, size_t i)
{
    int64_t version = INT64_MIN;
    for (const struct entry *entry = t->first; entry; entry = entry->next)
        if (entry->record->slots[i].at == t->write.slots[i].at && entry->record->version > version)
            version = entry->record->version;
    return version;
}

/* The write goes nowhere without. */
static bool names_record(const struct route *r, size_t i)
{
    return (int)i == r->key_field || (int)i == r->id_field;
}

size_t turn_drop_written(struct turn *t, const int64_t *versions)
{
    size_t left = 0;
    for (size_t i = 0; i < t->write.record->nslots; i++) {
        if (!t->write.slots[i].at || names_record(t->write.record->route, i))
            continue;
        if (turn_slot_version(t, i) < versions[i])
            own_slots(t)[i] = (slot){0};
        else
            left++;
    }
    measure(t);
    return left;
}

void turn_free(struct engine *e, struct turn *t)
{
    group_forget(e, t);
    free(t->merged);
    free(t);
}

/* Of a route that has versions only deletes come without, and nothing but another one joins a delete. */
static bool is_older(const struct record *coming, const struct record *waiting)
{
    return coming->has_version && coming->version < waiting->version;
}

bool turn_takes(const struct turn *t, const struct entry *entry, size_t max_merge)
{
    const struct record *waiting = t->write.record, *coming = entry->record;

    if (t->state != TURN_QUEUED && t->state != TURN_READY)
        return false;
    if (t->alone || t->write.attempts || t->write.unanswered || t->nentries >= max_merge)
        return false;
    /* one partition: what is merged is settled, or given back, together */
    if (waiting->route != coming->route || t->last->part != entry->part)
        return false;
    if (!text_equal(waiting->key, coming->key))
        return false;
    return together[t->op][coming->op] != APART;
}

/* The later change, of an equal or higher version: what it names wins, a delete empties. */
static void lay_over(struct turn *t, const struct record *coming)
{
    slot *slots = own_slots(t);
    for (size_t i = 0; i < coming->nslots; i++)
        if (coming->op == OP_DELETE || coming->slots[i].at)
            slots[i] = coming->slots[i];
    t->op = (enum operation)together[t->op][coming->op];
    t->write.record = coming;
    if (coming->group.at && !text_equal(coming->group, t->group_value)) {
        t->group_value = coming->group;
        t->group_changed = true;
    }
}

/* A change of a lower version fills what the newer ones leave alone; false: nothing of it is wanted. */
static bool lay_under(struct turn *t, const struct record *coming)
{
    bool wanted = false;
    for (size_t i = 0; i < coming->nslots; i++) {
        if (!coming->slots[i].at || (t->write.slots[i].at && turn_slot_version(t, i) > coming->version))
            continue;
        own_slots(t)[i] = coming->slots[i];
        wanted = true;
    }
    t->op = (enum operation)together[t->op][coming->op];
    return wanted;
}

void turn_fold(struct turn *t, struct entry *entry)
{
    const struct record *coming = entry->record;

    if (is_older(coming, t->write.record))
        entry->superseded = !lay_under(t, coming);
    else
        lay_over(t, coming);
    entry->next = NULL;
    t->last->next = entry;
    t->last = entry;
    t->nentries++;
    measure(t);
}
