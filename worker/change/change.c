/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping: which operation an event is, its slots, its key, and the one block that holds them. */
#include "worker/change/change.h"

#include "common/memory.h"
#include "worker/change/identity.h"
#include "worker/change/slots.h"
#include "worker/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST_RECORD = 1 << 30, KEPT_SCRATCH = 1 << 20, KEPT_NODES = 1 << 16, VERSION_DIGITS = 18 };

struct mapper {
    struct decoder decoder;
    struct look now, old;
    struct scratch scratch;
    struct draft *drafts, *old_drafts; /* one a slot of the largest route so far */
    size_t room;
    struct draft key, identity, group; /* of the record being made */
    int64_t version;
    struct problem problem;
};

struct mapper *mapper_new(void)
{
    struct mapper *m = xcalloc(1, sizeof *m);
    m->scratch.texts.ceiling = m->scratch.work.ceiling = LARGEST_RECORD;
    return m;
}

static void release_scratch(struct mapper *m)
{
    look_release(&m->now);
    look_release(&m->old);
    decoder_release(&m->decoder);
    buffer_release(&m->scratch.texts);
    buffer_release(&m->scratch.work);
}

void mapper_free(struct mapper *m)
{
    if (!m)
        return;
    release_scratch(m);
    free(m->drafts);
    free(m->old_drafts);
    free(m);
}

static void begin(struct mapper *m, const struct route *route)
{
    m->problem = (struct problem){0};
    m->key = m->identity = m->group = (struct draft){0};
    buffer_clear(&m->scratch.texts);
    if (route->nfields > m->room) {
        m->room = route->nfields;
        m->drafts = xreallocarray(m->drafts, m->room, sizeof *m->drafts);
        m->old_drafts = xreallocarray(m->old_drafts, m->room, sizeof *m->old_drafts);
    }
}

/* ---- what an event means by a route, before its fields are looked at ---------------------------------------------------------- */

static struct meaning skip(const char *why)
{
    return (struct meaning){.kind = MEANING_SKIP, .why = why};
}

/* False: the event is skipped, and *why says by which rule. */
static bool choose_operation(const struct route *r, enum change_kind kind, enum operation *op, const char **why)
{
    if (kind == CHANGE_DELETE) {
        *op = OP_DELETE;
        *why = "on_delete = \"ignore\"";
        return r->on_delete != ON_DELETE_IGNORE;
    }
    *op = r->mode == MODE_UPSERT ? OP_UPSERT : r->mode == MODE_INSERT ? OP_INSERT : OP_UPDATE;
    *why = "an update, and mode = \"insert\"";
    return r->mode != MODE_INSERT || kind == CHANGE_CREATE;
}

/* The slot that names the record, or -1: an insert that nothing names. */
static int key_slot(const struct route *r)
{
    return r->mode == MODE_UPDATE && r->id_field >= 0 ? r->id_field : r->key_field;
}

enum verdict { GO_ON, LEAVE_OUT, REFUSE };

static enum verdict ask_where(struct mapper *m, const struct route *r)
{
    struct value v;
    if (!r->where)
        return GO_ON;
    if (!look_with_jq(&m->now, r->where, CODE_MAP_WHERE, &v, &m->problem))
        return REFUSE;
    bool no =
        v.found == FOUND_ABSENT || v.found == FOUND_NULL || (v.found == FOUND_VALUE && v.node->kind == JSON_NODE_FALSE);
    return no ? LEAVE_OUT : GO_ON;
}

/* ---- key, version, group ------------------------------------------------------------------------------------------------------ */

/* The slot's value as people know it, appended to scratch: a text without quotes and escapes, a number as it stands. */
static bool add_plain(struct scratch *s, const struct draft *d)
{
    struct text t = draft_text(d, s->texts.bytes);
    if (!t.at || (t.at[0] != '"' && t.at[0] != '-' && (t.at[0] < '0' || t.at[0] > '9')))
        return false;
    buffer_clear(&s->work);
    if (t.at[0] == '"') {
        struct json_node n = {.at = t.at, .len = (uint32_t)t.len, .kind = JSON_NODE_STRING};
        n.escaped = memchr(t.at, '\\', t.len) != NULL;
        json_decode(&n, &s->work);
    } else {
        buffer_add_text(&s->work, t);
    }
    buffer_add_text(&s->texts, buffer_text(&s->work));
    return true;
}

static bool is_id(const char *field)
{
    size_t len = strlen(field);
    return len >= 2 && strcmp(field + len - 2, "Id") == 0;
}

static struct draft identity_of(struct scratch *s, const struct draft *plain, bool id)
{
    size_t start = s->texts.len;
    buffer_clear(&s->work);
    buffer_add_text(&s->work, draft_text(plain, s->texts.bytes));
    identity_write(buffer_text(&s->work), id, &s->texts);
    return draft_from(s, start);
}

static bool make_key(struct mapper *m, const struct route *r, int key)
{
    const struct field *f = &r->fields[key];
    struct scratch *s = &m->scratch;

    if (!draft_field(&m->now, f, true, s, &m->drafts[key], &m->problem))
        return false;
    m->problem.field = f;
    size_t start = s->texts.len;
    if (!add_plain(s, &m->drafts[key]))
        return problem_set(&m->problem, CODE_KEY_MISSING, "the record's key is neither text nor number");
    m->key = draft_from(s, start);
    m->identity = identity_of(s, &m->key, is_id(f->to));
    if (m->identity.len == 0) {
        m->key = m->identity = (struct draft){0};
        return problem_set(&m->problem, CODE_KEY_MISSING, "the record's key is empty");
    }
    m->problem.field = NULL;
    return true;
}

/* Reads the version out of its slot, which was converted to an integer's plain text; only its length is left to check. */
static bool make_version(struct mapper *m, const struct route *r)
{
    struct text t = draft_text(&m->drafts[r->version_field], m->scratch.texts.bytes);
    bool missing = !t.at || text_is(t, "null");

    if (missing || t.len - (t.at[0] == '-') > VERSION_DIGITS) {
        m->problem.field = &r->fields[r->version_field];
        return problem_set(&m->problem, CODE_VERSION_MISSING, "the version is %s",
                           missing ? "missing" : "no integer of at most 18 digits");
    }
    m->version = strtoll(t.at, NULL, 10); /* the last text of the scratch, so a NUL follows */
    return true;
}

static void make_group(struct mapper *m, const struct route *r)
{
    struct scratch *s = &m->scratch;
    const struct draft *d = &m->drafts[r->group_field];
    if (!d->present || text_is(draft_text(d, s->texts.bytes), "null"))
        return;
    size_t start = s->texts.len;
    if (!add_plain(s, d)) /* a parent by its external id: its whole text */
        m->group = *d;
    else
        m->group = draft_from(s, start);
    m->group = identity_of(s, &m->group, is_id(r->fields[r->group_field].to));
}

/* ---- fields ------------------------------------------------------------------------------------------------------------------- */

static bool make_fields(struct mapper *m, const struct route *r, int key)
{
    for (size_t i = 0; i < r->nfields; i++) {
        if ((int)i == key)
            continue;
        bool version = (int)i == r->version_field;
        if (!draft_field(&m->now, &r->fields[i], false, &m->scratch, &m->drafts[i], &m->problem)) {
            if (version)
                m->problem.code = CODE_VERSION_MISSING;
            return false;
        }
        if (version && !make_version(m, r))
            return false;
    }
    return true;
}

/* True if nothing that would be sent differs from what the old row gives. */
static bool is_unchanged(struct mapper *m, const struct route *r, const struct message *message, const struct change *c)
{
    if (!r->skip_unchanged || c->kind != CHANGE_UPDATE || !c->before.value)
        return false;
    look_at_row(&m->old, message, c, c->before);
    for (size_t i = 0; i < r->nfields; i++) {
        struct problem ignored = {0};
        const struct field *f = &r->fields[i];
        if (!m->drafts[i].present || (f->source != SOURCE_ROW && f->source != SOURCE_JQ))
            continue;
        if (!draft_field(&m->old, f, false, &m->scratch, &m->old_drafts[i], &ignored) ||
            !text_equal(draft_text(&m->drafts[i], m->scratch.texts.bytes),
                        draft_text(&m->old_drafts[i], m->scratch.texts.bytes)))
            return false;
    }
    return true;
}

/* A delete names the record and nothing else; its group is worth having, its other fields are not. */
static void make_delete(struct mapper *m, const struct route *r)
{
    struct problem ignored = {0};
    for (size_t i = 0; i < r->nfields; i++)
        m->drafts[i] = (struct draft){0};
    if (r->group_field < 0)
        return;
    if (draft_field(&m->now, &r->fields[r->group_field], false, &m->scratch, &m->drafts[r->group_field], &ignored))
        make_group(m, r);
    m->drafts[r->group_field] = (struct draft){0};
}

/* ---- the record --------------------------------------------------------------------------------------------------------------- */

static struct record *build(const struct mapper *m, const struct route *r, enum operation op)
{
    /* {"attributes":{"type":"…"},"id":"…"} around the slots */
    enum { AROUND = 64 };
    const struct buffer *texts = &m->scratch.texts;
    size_t slots = sizeof(struct record) + r->nfields * sizeof(slot), bytes = slots + texts->len;
    struct record *record = xmalloc(bytes);
    char *block = (char *)record + slots;

    if (texts->len)
        memcpy(block, texts->bytes, texts->len);
    *record = (struct record){.route = r,
                              .op = op,
                              .has_version = r->version_field >= 0 && op != OP_DELETE,
                              .version = r->version_field >= 0 && op != OP_DELETE ? m->version : 0,
                              .key_space = r->key_space,
                              .key = draft_text(&m->key, block),
                              .identity = draft_text(&m->identity, block),
                              .group = draft_text(&m->group, block),
                              .bytes = bytes,
                              .overhead = row_overhead(r) + strlen(r->object) + AROUND,
                              .nslots = r->nfields};
    for (size_t i = 0; i < r->nfields; i++)
        record->slots[i] = draft_text(&m->drafts[i], block);
    return record;
}

static struct meaning refuse(struct mapper *m, bool op_known, enum operation op)
{
    struct meaning meaning = {.kind = MEANING_REFUSE, .op_known = op_known, .op = op};
    meaning.failure = problem_failure(&m->problem);
    struct text key = draft_text(&m->key, m->scratch.texts.bytes);
    if (key.at)
        meaning.key = xstrndup(key.at, key.len);
    return meaning;
}

static struct meaning map_delete(struct mapper *m, const struct route *r, const struct message *message,
                                 const struct change *c)
{
    int key = key_slot(r);
    look_at_deleted(&m->now, message, c);
    bool named = key >= 0 && make_key(m, r, key);
    if (r->on_delete == ON_DELETE_DEAD_LETTER) {
        m->problem = (struct problem){.stage = STAGE_MAP};
        problem_set(&m->problem, CODE_DELETE_UNWANTED,
                    "the event deletes, and the route has on_delete = \"dead_letter\"");
        return refuse(m, true, OP_DELETE);
    }
    if (!named && c->key_framed) { /* it may well be in there */
        m->problem = (struct problem){.stage = STAGE_DECODE};
        look_at_framed_key(&m->problem);
    }
    if (!named) {
        problem_set(&m->problem, CODE_KEY_MISSING, "the route maps no field that names the record");
        return refuse(m, true, OP_DELETE);
    }
    make_delete(m, r);
    return (struct meaning){.kind = MEANING_RECORD, .record = build(m, r, OP_DELETE)};
}

static struct meaning map_row(struct mapper *m, const struct route *r, const struct message *message,
                              const struct change *c, enum operation op)
{
    int key = key_slot(r);
    look_at_row(&m->now, message, c, c->row);
    enum verdict verdict = ask_where(m, r);
    if (verdict == LEAVE_OUT)
        return skip("where");
    struct problem failed = m->problem;
    bool named = key < 0 || make_key(m, r, key);
    if (verdict == REFUSE) {
        m->problem = failed;
        return refuse(m, true, op);
    }
    if (!named || !make_fields(m, r, key))
        return refuse(m, true, op);
    if (is_unchanged(m, r, message, c))
        return skip("skip_unchanged");
    if (r->group_field >= 0)
        make_group(m, r);
    return (struct meaning){.kind = MEANING_RECORD, .record = build(m, r, op)};
}

struct meaning mapper_map(struct mapper *m, const struct route *route, const struct message *message)
{
    struct change c;
    const char *why = NULL;
    enum operation op = OP_UPSERT;
    struct meaning meaning;

    begin(m, route);
    enum decoded decoded = decode(&m->decoder, route, message, &c, &why, &m->problem);
    if (decoded == DECODED_REFUSED)
        meaning = refuse(m, false, op);
    else if (decoded == DECODED_SKIP || !choose_operation(route, c.kind, &op, &why))
        meaning = skip(why);
    else {
        m->problem.stage = STAGE_MAP;
        meaning = op == OP_DELETE ? map_delete(m, route, message, &c) : map_row(m, route, message, &c, op);
    }
    /* One huge event must not occupy memory for good. */
    if (message->value.len > KEPT_SCRATCH || m->scratch.texts.room > KEPT_SCRATCH || m->decoder.value.room > KEPT_NODES)
        release_scratch(m);
    return meaning;
}
