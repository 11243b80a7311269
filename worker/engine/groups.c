/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/engine/groups.h"

#include "config/route.h"
#include "worker/engine/queues.h"
#include "worker/engine/sendings.h"

#include <string.h>

static size_t make_key(struct engine *e, const char *object, struct text value)
{
    size_t object_len = strlen(object) + 1;
    engine_key_room(e, object_len + value.len);
    memcpy(e->key, object, object_len);
    memcpy(e->key + object_len, value.at, value.len);
    return object_len + value.len;
}

static struct group *group_of(struct engine *e, const struct turn *t)
{
    struct group *g;
    size_t len = make_key(e, t->write.record->route->object, t->group_value);
    HASH_FIND(hh, e->groups, e->key, len, g);
    if (!g) {
        g = xcalloc(1, sizeof *g + len);
        g->key_len = len;
        memcpy(g->key, e->key, len);
        HASH_ADD_KEYPTR(hh, e->groups, g->key, len, g);
    }
    return g;
}

bool group_enter(struct engine *e, struct turn *t)
{
    if (!e->limits.group || !t->group_value.at)
        return false;
    if (!t->group) {
        t->group = group_of(e, t);
        t->group->users++;
    }
    DL_APPEND2(t->group->ready, t, group_prev, group_next);
    return t->group->out > 0;
}

void group_leave(struct turn *t)
{
    if (t->group)
        DL_DELETE2(t->group->ready, t, group_prev, group_next);
}

void group_forget(struct engine *e, struct turn *t)
{
    struct group *g = t->group;
    t->group = NULL;
    if (!g || --g->users)
        return;
    HASH_DEL(e->groups, g);
    free(g);
}

static void block(struct group *g)
{
    struct turn *t;
    DL_FOREACH2(g->ready, t, group_next)
    {
        queue_block(t);
    }
}

/* Backwards, each to the front: those that were first are first again. */
static void unblock(struct engine *e, struct group *g)
{
    struct turn *t = g->ready ? g->ready->group_prev : NULL;
    for (; t; t = t == g->ready ? NULL : t->group_prev)
        queue_unblock(e, t);
}

void groups_out(struct engine *e, const struct sending *s)
{
    for (size_t i = 0; e->limits.group && i < s->batch.nwrites; i++) {
        struct group *g = sending_turn(s, i)->group;
        if (g && g->out++ == 0)
            block(g);
    }
}

void groups_back(struct engine *e, const struct sending *s)
{
    for (size_t i = 0; e->limits.group && i < s->batch.nwrites; i++) {
        struct group *g = sending_turn(s, i)->group;
        if (g && --g->out == 0)
            unblock(e, g);
    }
}

bool groups_free(const struct sending *s)
{
    for (size_t i = 0; i < s->batch.nwrites; i++) {
        const struct group *g = sending_turn(s, i)->group;
        if (g && g->out)
            return false;
    }
    return true;
}
