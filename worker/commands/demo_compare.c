/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_compare.h"

#include "common/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const char external_id[] = "External_Id__c";

static void differ(struct demo_comparison *c, json_t *words)
{
    if (json_array_size(c->differences) < DEMO_DIFFERENCES)
        json_array_append(c->differences, words);
    json_decref(words);
}

static bool same_value(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return fabs(json_number_value(a) - json_number_value(b)) < 1e-9;
    return json_equal(a, b);
}

static char *value_text(const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    return text ? text : xstrdup("nothing");
}

/* One record against one row; either may be missing. */
static bool same_record(struct demo_comparison *c, const char *object, const char *id, const json_t *wanted,
                        const json_t *stored)
{
    const char *field;
    json_t *value;
    bool same = true;

    if (!wanted || !stored) {
        differ(c, json_sprintf("%s %s: the source %s, Salesforce %s", object, id, wanted ? "has it" : "has none",
                               stored ? "has one" : "has none"));
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)wanted, field, value)
    {
        const json_t *there = json_object_get(stored, field);
        if (same_value(value, there))
            continue;
        char *source_text = value_text(value), *salesforce_text = value_text(there);
        differ(c, json_sprintf("%s %s: %s is %s in the source, %s in Salesforce", object, id, field, source_text,
                               salesforce_text));
        free(source_text);
        free(salesforce_text);
        same = false;
    }
    return same;
}

/* The records of an object by external id; what has none, or one that is taken, is a difference already. */
static json_t *index_records(struct demo_comparison *c, const char *object, const json_t *records)
{
    json_t *index = json_object(), *record;
    size_t i;

    json_array_foreach(records, i, record)
    {
        const char *id = json_string_value(json_object_get(record, external_id));
        if (id && !json_object_get(index, id)) {
            json_object_set(index, id, record);
            continue;
        }
        differ(c, json_sprintf("%s: a record too many in Salesforce, %s %s", object, external_id, id ? id : "missing"));
        c->wrong++;
    }
    return index;
}

void demo_compare(struct demo_comparison *c, const struct demo_source *source, enum demo_table table,
                  const json_t *records)
{
    const char *object = demo_objects[table], *id_left;
    json_t *index = index_records(c, object, records), *left;
    char id[DEMO_ID_SIZE];

    c->stored = json_array_size(records);
    for (size_t row = 0; row < demo_source_rows(source); row++) {
        const json_t *wanted = demo_source_row(source, table, row, id), *stored = json_object_get(index, id);
        c->wanted += wanted != NULL;
        if ((wanted || stored) && !same_record(c, object, id, wanted, stored))
            c->wrong++;
        json_object_del(index, id);
    }
    json_object_foreach(index, id_left, left)
    { /* of rows that the source never had */
        same_record(c, object, id_left, NULL, left);
        c->wrong++;
    }
    json_decref(index);
}
