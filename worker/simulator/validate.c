/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/validate.h"

#include "common/memory.h"
#include "worker/simulator/references.h"
#include "worker/simulator/values.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_id_or_attributes(const char *name)
{
    return strcasecmp(name, "Id") == 0 || strcmp(name, "attributes") == 0;
}

/* Whether all names exist; the first that does not is the record's only error, as it is in Salesforce. */
static bool know_all(struct draft *d)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)d->given, name, value)
    {
        if (is_id_or_attributes(name) || object_field(d->object, name))
            continue;
        if (object_relation(d->object, name) && (json_is_object(value) || json_is_null(value)))
            continue;
        errors_add(d->result->errors, "INVALID_FIELD", NULL, "No such column '%s' on sobject of type %s", name,
                   d->object->name);
        return false;
    }
    return true;
}

static bool writable(const struct draft *d, const struct field *f)
{
    return f->flags & (d->stored ? F_UPDATE : F_CREATE);
}

/* The fields that may not be written now, all in one error. */
static bool may_write_all(struct draft *d)
{
    struct buffer names = BUFFER_INIT(1 << 16), text = BUFFER_INIT(1 << 17);
    json_t *fields = json_array(), *value;
    const char *name;

    json_object_foreach((json_t *)d->given, name, value)
    {
        const struct field *f = object_field(d->object, name);
        if (!f)
            f = object_relation(d->object, name);
        if (is_id_or_attributes(name) || writable(d, f) || (d->key && f == d->key))
            continue;
        buffer_printf(&names, "%s%s", names.len ? ", " : "", f->name);
        json_array_append_new(fields, json_string(f->name));
    }
    bool all = json_array_size(fields) == 0;
    if (!all) {
        buffer_printf(&text,
                      "Unable to create/update fields: %s. Please check the security settings of this field and "
                      "verify that it is read/write for your profile or permission set.",
                      names.bytes);
        errors_add_list(d->result->errors, "INVALID_FIELD_FOR_INSERT_UPDATE", json_incref(fields), text.bytes);
    }
    json_decref(fields);
    buffer_release(&names);
    buffer_release(&text);
    return all;
}

static void take(struct draft *d, const struct field *f, const json_t *given)
{
    struct complaint c = COMPLAINT_INIT;
    json_t *value = value_take(f, given, &c);

    if (value) {
        json_object_set_new(d->changes, f->name, value);
    } else {
        bool list_fields = !c.wrong_type;
        d->result->wrong_type |= c.wrong_type;
        errors_add(d->result->errors, c.code, list_fields ? f->name : NULL, "%s", c.message.bytes);
    }
    buffer_release(&c.message);
}

static void take_all(struct world *w, struct draft *d)
{
    const char *name;
    json_t *given;

    json_object_foreach((json_t *)d->given, name, given)
    {
        const struct field *f = object_field(d->object, name);
        if (is_id_or_attributes(name))
            continue;
        if (f && !(d->key == f && !writable(d, f)))
            take(d, f, given);
        else if (!f)
            reference_by_key(w, d, object_relation(d->object, name), given);
    }
}

/* Required fields that are missing on create, or cleared at any time. */
static void check_required(struct draft *d)
{
    struct buffer names = BUFFER_INIT(1 << 16);
    json_t *fields = json_array();

    for (size_t i = 0; i < d->object->nfields; i++) {
        const struct field *f = &d->object->fields[i];
        const json_t *value = json_object_get(d->changes, f->name);
        bool cleared = json_is_null(value);
        if (!field_required(f) || (value && !cleared) || (!value && d->stored))
            continue;
        buffer_printf(&names, "%s%s", names.len ? ", " : "", f->name);
        json_array_append_new(fields, json_string(f->name));
    }
    if (names.len) {
        char *text = xasprintf("Required fields are missing: [%s]", names.bytes);
        errors_add_list(d->result->errors, "REQUIRED_FIELD_MISSING", json_incref(fields), text);
        free(text);
    }
    json_decref(fields);
    buffer_release(&names);
}

static void check_unique(struct world *w, struct draft *d, const struct field *f)
{
    char *value = store_key_text(json_object_get(d->changes, f->name));
    struct record *found[2];
    enum match how = f->flags & F_CASE_SENSITIVE ? MATCH_AS_FIELD : MATCH_ANY_CASE;
    size_t n = value ? store_lookup(w->store, d->object, f, value, how, UINT64_MAX, found, 2) : 0;

    free(value);
    if (n == 0 || (n == 1 && found[0] == d->stored))
        return;
    errors_add(d->result->errors, "DUPLICATE_VALUE", NULL,
               "duplicate value found: %s duplicates value on record with id: %s", f->name,
               found[found[0] == d->stored]->id);
}

static void check_against_store(struct world *w, struct draft *d)
{
    for (size_t i = 0; i < d->object->nfields; i++) {
        const struct field *f = &d->object->fields[i];
        if (!json_object_get(d->changes, f->name))
            continue;
        if (f->type == FIELD_REFERENCE)
            reference_check(w, d, f);
        if (f->flags & F_UNIQUE && !(f->flags & F_HIDDEN))
            check_unique(w, d, f);
    }
}

static json_t *duplicate_result(const struct world *w, const struct draft *d, const json_t *rule,
                                const struct record *other, const char *message)
{
    char *url = xasprintf("/services/data/v%d.0/sobjects/%s/%s", d->call->version, other->object->name, other->id);
    const char *object = d->object->name, *name = json_string_value(json_object_get(rule, "name"));
    json_t *match =
        json_pack("{s:[], s:[], s:i, s:{s:{s:s, s:s}, s:s}}", "additionalInformation", "fieldDiffs", "matchConfidence",
                  100, "record", "attributes", "type", object, "url", url, "Id", other->id);
    json_t *matches = json_pack("{s:s, s:[], s:s, s:[o], s:s, s:i, s:b}", "entityType", object, "errors", "matchEngine",
                                "ExactMatchEngine", "matchRecords", match, "rule", name, "size", 1, "success", 1);
    (void)w;
    free(url);
    return json_pack("{s:b, s:s, s:s, s:s, s:[o]}", "allowSave", json_is_true(json_object_get(rule, "allow_save")),
                     "duplicateRule", name, "duplicateRuleEntityType", object, "errorMessage", message, "matchResults",
                     matches);
}

static void check_duplicate_rules(struct world *w, struct draft *d, const json_t *after)
{
    const struct record *other = NULL;
    const json_t *rule = rules_duplicate(&w->rules, w->store, d->object, after, d->stored, &other);
    const char *message = json_string_value(json_object_get(rule, "message"));

    if (!rule || (d->call->allow_save && json_is_true(json_object_get(rule, "allow_save"))))
        return;
    message = message ? message : "Use one of these records?";
    errors_add(d->result->errors, "DUPLICATES_DETECTED", NULL, "%s", message);
    json_decref(d->result->duplicate);
    d->result->duplicate = duplicate_result(w, d, rule, other, message);
}

/* The admin's rules see the record as it would be. Copying it costs more than all the rest, so only where there are rules. */
static void check_rules(struct world *w, struct draft *d)
{
    const json_t *before = d->stored ? d->stored->fields : NULL;

    if (w->settings.version_guard && before)
        rules_guard_version(before, d->changes, d->result->errors);
    if (!rules_exist(&w->rules))
        return;
    json_t *after = before ? json_copy((json_t *)before) : json_object();
    json_object_update(after, d->changes);
    rules_validate(&w->rules, d->object, before, after, d->result->errors);
    if (result_ok(d->result))
        check_duplicate_rules(w, d, after);
    json_decref(after);
}

void validate(struct world *w, struct draft *d)
{
    if (!know_all(d) || !may_write_all(d))
        return;
    take_all(w, d);
    if (strcmp(d->object->name, "CampaignMember") == 0)
        validate_campaign_member(w, d);
    if (result_ok(d->result))
        check_required(d);
    if (result_ok(d->result))
        check_against_store(w, d);
    if (result_ok(d->result))
        check_rules(w, d);
}

char *validate_types(const struct object *o, const json_t *given)
{
    const char *name;
    char *text = NULL;
    json_t *value;

    json_object_foreach((json_t *)given, name, value)
    {
        const struct field *f = is_id_or_attributes(name) ? NULL : object_field(o, name);
        struct complaint c = COMPLAINT_INIT;
        if (f && !text) {
            json_decref(value_take(f, value, &c));
            text = c.wrong_type ? xstrdup(c.message.bytes) : NULL;
        }
        buffer_release(&c.message);
    }
    return text;
}
