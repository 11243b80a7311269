/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/slots.h"

#include "worker/change/convert.h"

struct text draft_text(const struct draft *d, const char *texts)
{
    if (!d->present)
        return TEXT_NONE;
    return text_make(d->at ? d->at : texts + d->offset, d->len);
}

struct draft draft_from(const struct scratch *s, size_t offset)
{
    return (struct draft){.offset = offset, .len = s->texts.len - offset, .present = true};
}

static struct draft draft_in_place(struct text t)
{
    return (struct draft){.at = t.at, .len = t.len, .present = true};
}

static struct draft draft_null(void)
{
    return draft_in_place(text_of("null"));
}

/* Nothing to write: missing where it must not be, or left as it is. */
static bool draft_nothing(const struct field *f, bool key, const char *what, struct draft *d, struct problem *p)
{
    *d = (struct draft){0};
    if (key)
        return problem_set(p, CODE_KEY_MISSING, "the record's key is %s", what);
    if (f->required)
        return problem_set(p, CODE_MAP_REQUIRED, "the field is required and %s", what);
    return true;
}

/* Debezium's placeholder: what Salesforce has stays, which only a record that exists can have. */
static bool draft_kept(const struct look *l, const struct field *f, bool key, struct draft *d, struct problem *p)
{
    *d = (struct draft){0};
    if (key || l->change->kind != CHANGE_UPDATE)
        return draft_nothing(f, key, "not known to Debezium", d, p);
    return true;
}

/* A parent by its external id: {"External_Id__c":VALUE}. */
static void begin_parent(const struct field *f, struct buffer *out)
{
    buffer_add(out, "{\"", 2);
    buffer_add_string(out, f->parent_key);
    buffer_add(out, "\":", 2);
}

static bool draft_value(const struct field *f, bool key, const struct value *v, struct scratch *s, struct draft *d,
                        struct problem *p)
{
    size_t start = s->texts.len;
    enum unit unit = f->unit == UNIT_NONE ? v->unit : f->unit;

    if (f->parent_key)
        begin_parent(f, &s->texts);
    switch (convert(v->node, v->schema, f->as, unit, &s->work, &s->texts, p)) {
    case CONVERT_REFUSED:
        return false;
    case CONVERT_NULL:
        s->texts.len = start;
        if (f->required || key || f->on_null == ON_NULL_SKIP)
            return draft_nothing(f, key, "empty", d, p);
        *d = draft_null();
        return true;
    case CONVERT_SAME:
        if (v->lasting && !f->parent_key) {
            *d = draft_in_place(json_raw(v->node));
            return true;
        }
        buffer_add_text(&s->texts, json_raw(v->node));
        break;
    case CONVERT_NEW:
        break;
    }
    if (f->parent_key)
        buffer_add_char(&s->texts, '}');
    *d = draft_from(s, start);
    return true;
}

bool draft_field(struct look *l, const struct field *f, bool key, struct scratch *s, struct draft *d, struct problem *p)
{
    struct value v;
    p->field = f;
    if (!look_for(l, f, &v, p))
        return false;
    if ((v.found == FOUND_ABSENT || v.found == FOUND_NULL) && f->default_json)
        value_of_constant(f->default_json, &v);

    bool good = true;
    switch (v.found) {
    case FOUND_VALUE:
        good = draft_value(f, key, &v, s, d, p);
        break;
    case FOUND_KEPT:
        good = draft_kept(l, f, key, d, p);
        break;
    case FOUND_ABSENT:
        good = draft_nothing(f, key, "absent", d, p);
        break;
    case FOUND_NULL:
        if (f->required || key || f->on_null == ON_NULL_SKIP)
            good = draft_nothing(f, key, "null", d, p);
        else
            *d = draft_null();
        break;
    }
    if (good)
        p->field = NULL;
    return good;
}
