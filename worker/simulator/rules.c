/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/rules.h"

#include "worker/simulator/results.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void rules_release(struct rules *r)
{
    json_decref(r->validation);
    json_decref(r->duplicate);
    *r = (struct rules){0};
}

static const char *text_of_key(const json_t *rule, const char *key)
{
    return json_string_value(json_object_get(rule, key));
}

const char *rules_check(const json_t *validation, const json_t *duplicate)
{
    const json_t *rule;
    size_t i;

    if ((validation && !json_is_array(validation)) || (duplicate && !json_is_array(duplicate)))
        return "rules are an array";
    json_array_foreach(validation, i, rule)
    {
        const json_t *when = json_object_get(rule, "when");
        if (!text_of_key(rule, "object") || !text_of_key(rule, "message") || !text_of_key(when, "field") ||
            !text_of_key(when, "op"))
            return "a validation rule has: object, message, when (field, op, value or prior), and perhaps field";
    }
    json_array_foreach(
        duplicate, i,
        rule) if (!text_of_key(rule, "object") || !text_of_key(rule, "name") ||
                  !text_of_key(
                      rule,
                      "field")) return "a duplicate rule has: object, name, field, and perhaps allow_save, message";
    return NULL;
}

/* <0, 0, >0; nothing is less than something. */
static int compare(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return (json_integer_value(a) > json_integer_value(b)) - (json_integer_value(a) < json_integer_value(b));
    if (json_is_number(a) && json_is_number(b))
        return (json_number_value(a) > json_number_value(b)) - (json_number_value(a) < json_number_value(b));
    if (json_is_string(a) && json_is_string(b))
        return strcmp(json_string_value(a), json_string_value(b));
    if (json_is_boolean(a) && json_is_boolean(b))
        return json_is_true(a) - json_is_true(b);
    return (a && !json_is_null(a)) - (b && !json_is_null(b));
}

static bool holds(const json_t *when, const json_t *before, const json_t *after)
{
    const char *op = text_of_key(when, "op"), *field = text_of_key(when, "field");
    const json_t *value = json_object_get(after, field);
    bool prior = json_is_true(json_object_get(when, "prior"));

    if (strcmp(op, "blank") == 0)
        return !value || json_is_null(value);
    if (strcmp(op, "changed") == 0)
        return before && compare(value, json_object_get(before, field)) != 0;
    if (prior && !before)
        return false;
    const json_t *with = prior ? json_object_get(before, field) : json_object_get(when, "value");
    if (strcmp(op, "contains") == 0)
        return json_is_string(value) && json_is_string(with) &&
               strstr(json_string_value(value), json_string_value(with));
    int order = compare(value, with);
    bool equal = op[0] != '!' && op[strlen(op) - 1] == '=';
    return (equal && order == 0) || (op[0] == '<' && order < 0) || (op[0] == '>' && order > 0) ||
           (op[0] == '!' && order != 0);
}

void rules_validate(const struct rules *r, const struct object *o, const json_t *before, const json_t *after,
                    json_t *errors)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(r->validation, i, rule) if (strcasecmp(text_of_key(rule, "object"), o->name) == 0 &&
                                                   holds(json_object_get(rule, "when"), before, after))
        errors_add(errors, "FIELD_CUSTOM_VALIDATION_EXCEPTION", text_of_key(rule, "field"), "%s",
                   text_of_key(rule, "message"));
}

bool rules_exist(const struct rules *r)
{
    return json_array_size(r->validation) || json_array_size(r->duplicate);
}

void rules_guard_version(const json_t *before, const json_t *changes, json_t *errors)
{
    const json_t *old = json_object_get(before, "Source_Version__c"),
                 *now = json_object_get(changes, "Source_Version__c");

    if (json_is_number(old) && json_is_number(now) && compare(now, old) < 0)
        errors_add(errors, "FIELD_CUSTOM_VALIDATION_EXCEPTION", NULL,
                   "SFSINK_STALE_VERSION: a newer version of this record is already there");
}

const json_t *rules_duplicate(const struct rules *r, const struct store *s, const struct object *o, const json_t *after,
                              const struct record *self, const struct record **other)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(r->duplicate, i, rule)
    {
        const char *field = text_of_key(rule, "field"), *value = text_of_key(after, field);
        if (strcasecmp(text_of_key(rule, "object"), o->name) != 0 || !value)
            continue;
        for (const struct record *there = store_next(s, NULL); there; there = store_next(s, there)) {
            const char *stored = text_of_key(there->fields, field);
            if (there->object == o && there != self && !there->deleted && stored && strcasecmp(stored, value) == 0) {
                *other = there;
                return rule;
            }
        }
    }
    return NULL;
}
