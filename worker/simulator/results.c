/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/results.h"

#include "common/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const operation_names[] = {"create", "update", "upsert", "delete"};

void result_init(struct result *r)
{
    *r = (struct result){.errors = json_array()};
}

void result_release(struct result *r)
{
    json_decref(r->errors);
    json_decref(r->duplicate);
    *r = (struct result){0};
}

bool result_ok(const struct result *r)
{
    return json_array_size(r->errors) == 0;
}

void errors_add_list(json_t *errors, const char *code, json_t *fields, const char *message)
{
    json_array_append_new(errors,
                          json_pack("{s:s, s:s, s:o}", "statusCode", code, "message", message, "fields", fields));
}

void errors_add(json_t *errors, const char *code, const char *field, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        memory_exhausted();
    va_end(args);
    errors_add_list(errors, code, field ? json_pack("[s]", field) : json_array(), text);
    free(text);
}

void result_roll_back(struct result *r)
{
    if (result_ok(r))
        errors_add(r->errors, "ALL_OR_NONE_OPERATION_ROLLED_BACK", NULL,
                   "Record rolled back because not all records were valid and the request was using AllOrNone header");
}

json_t *result_json(const struct result *r, enum operation op, const struct settings *s)
{
    bool ok = result_ok(r);
    json_t *all = json_object(), *errors = json_deep_copy(r->errors), *error;
    size_t i;

    if (ok)
        json_object_set_new(all, "id", json_string(r->id));
    json_object_set_new(all, "success", json_boolean(ok));
    json_array_foreach(errors, i, error)
    {
        if (strcmp(s->error_fields, "absent") == 0)
            json_object_del(error, "fields");
        else if (strcmp(s->error_fields, "null") == 0)
            json_object_set_new(error, "fields", json_null());
    }
    json_object_set_new(all, "errors", errors);
    if (op == OPERATION_UPSERT && (ok || s->created_on_failure))
        json_object_set_new(all, "created", json_boolean(!ok || r->created));
    return all;
}
