/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/faults.h"

#include "common/memory.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct faults {
    json_t *calls, *records;
    json_int_t last_id;
};

struct faults *faults_new(void)
{
    struct faults *f = xcalloc(1, sizeof *f);
    f->calls = json_array();
    f->records = json_array();
    return f;
}

void faults_free(struct faults *f)
{
    if (!f)
        return;
    json_decref(f->calls);
    json_decref(f->records);
    free(f);
}

static bool known(const json_t *fault, const char *const *names)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)fault, key, value)
    {
        const char *const *name = names;
        while (*name && strcmp(*name, key) != 0)
            name++;
        if (!*name)
            return false;
    }
    return true;
}

static void add(struct faults *f, json_t *list, const json_t *fault, json_int_t *id)
{
    json_t *copy = json_deep_copy(fault);

    *id = ++f->last_id;
    json_object_set_new(copy, "id", json_integer(*id));
    json_object_set_new(copy, "seen", json_integer(0));
    json_object_set_new(copy, "used", json_integer(0));
    json_array_append_new(list, copy);
}

const char *faults_add_call(struct faults *f, const json_t *fault, json_int_t *id)
{
    static const char *const names[] = {"method", "path", "object",       "skip",    "times",    "applied",
                                        "status", "body", "content_type", "headers", "stall_ms", "late",
                                        "drop",   "cut",  "results",      NULL};
    if (!json_is_object(fault) || !known(fault, names))
        return "a call fault has: method, path, object, skip, times, applied, status, body, content_type, headers, "
               "stall_ms, late, drop, cut, results";
    add(f, f->calls, fault, id);
    return NULL;
}

const char *faults_add_record(struct faults *f, const json_t *fault, json_int_t *id)
{
    static const char *const names[] = {"object", "field", "key", "operation", "skip", "times", "errors", NULL};
    const json_t *error;
    size_t i;

    if (!json_is_object(fault) || !known(fault, names) || !json_is_string(json_object_get(fault, "key")) ||
        !json_array_size(json_object_get(fault, "errors")))
        return "a record fault has: object, field, key, operation, skip, times, errors";
    json_array_foreach(
        json_object_get(fault, "errors"), i,
        error) if (!json_is_string(json_object_get(error, "statusCode")) ||
                   !json_is_string(json_object_get(
                       error, "message"))) return "an error has: statusCode, message, and perhaps fields";
    add(f, f->records, fault, id);
    return NULL;
}

json_t *faults_show(const struct faults *f)
{
    json_t *calls = json_deep_copy(f->calls), *records = json_deep_copy(f->records);
    return json_pack("{s:o, s:o}", "calls", calls, "records", records);
}

static bool remove_from(json_t *list, json_int_t id)
{
    bool any = false;
    for (size_t i = json_array_size(list); i-- > 0;)
        if (!id || json_integer_value(json_object_get(json_array_get(list, i), "id")) == id)
            any = json_array_remove(list, i) == 0;
    return any;
}

bool faults_remove(struct faults *f, json_int_t id)
{
    bool calls = remove_from(f->calls, id);
    return remove_from(f->records, id) || calls;
}

static bool says(const json_t *fault, const char *key, const char *value)
{
    const char *wanted = json_string_value(json_object_get(fault, key));
    return !wanted || strcasecmp(wanted, value) == 0;
}

static json_int_t raise_count(json_t *fault, const char *key)
{
    json_t *count = json_object_get(fault, key);
    json_int_t before = json_integer_value(count);
    json_integer_set(count, before + 1);
    return before;
}

/* One that fits was seen: whether it is now this fault's turn. */
static bool takes_its_turn(json_t *fault)
{
    json_t *times = json_object_get(fault, "times");
    json_int_t most = times ? json_integer_value(times) : 1;

    if (most && json_integer_value(json_object_get(fault, "used")) >= most)
        return false;
    if (raise_count(fault, "seen") < json_integer_value(json_object_get(fault, "skip")))
        return false;
    raise_count(fault, "used");
    return true;
}

json_t *faults_for_call(struct faults *f, const char *method, const char *path, const char *object)
{
    json_t *fault;
    size_t i;

    json_array_foreach(f->calls, i, fault)
    {
        const char *glob = json_string_value(json_object_get(fault, "path"));
        if (says(fault, "method", method) && says(fault, "object", object) && (!glob || fnmatch(glob, path, 0) == 0) &&
            takes_its_turn(fault))
            return json_incref(fault);
    }
    return NULL;
}

static bool key_fits(const json_t *fault, const json_t *record)
{
    const char *key = json_string_value(json_object_get(fault, "key")),
               *field = json_string_value(json_object_get(fault, "field")), *name;
    json_t *value;

    if (strcmp(key, "*") == 0)
        return true;
    json_object_foreach((json_t *)record, name, value) if (json_is_string(value) &&
                                                           strcmp(json_string_value(value), key) == 0 &&
                                                           (strcasecmp(name, field ? field : "External_Id__c") == 0 ||
                                                            strcasecmp(name, "Id") == 0)) return true;
    return false;
}

const json_t *faults_for_record(struct faults *f, const char *operation, const char *object, const json_t *record,
                                const json_t *stored)
{
    json_t *fault;
    size_t i;

    json_array_foreach(f->records, i, fault) if (says(fault, "object", object) && says(fault, "operation", operation) &&
                                                 (key_fits(fault, record) || key_fits(fault, stored)) &&
                                                 takes_its_turn(fault)) return json_object_get(fault, "errors");
    return NULL;
}
