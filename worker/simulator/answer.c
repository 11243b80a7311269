/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/answer.h"

#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_drop(struct answer *a)
{
    json_decref(a->body);
    free(a->location);
    *a = (struct answer){0};
}

void answer_json(struct answer *a, int status, json_t *body)
{
    json_decref(a->body);
    a->status = status;
    a->body = body;
}

bool answer_error(struct answer *a, int status, const char *code, const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *message = json_string(text);
    answer_json(a, status,
                json_pack("[{s:o, s:s}]", "message", message ? message : json_string("(text cut)"), "errorCode", code));
    return false;
}

void answer_record_errors(struct answer *a, int status, const json_t *errors)
{
    json_t *all = json_array(), *error, *fields;
    size_t i;

    json_array_foreach(errors, i, error)
    {
        json_t *one = json_object();
        json_object_set(one, "message", json_object_get(error, "message"));
        json_object_set(one, "errorCode", json_object_get(error, "statusCode"));
        fields = json_object_get(error, "fields");
        if (json_array_size(fields) ||
            strcmp(json_string_value(json_object_get(error, "statusCode")), "INVALID_FIELD") != 0)
            json_object_set(one, "fields", fields);
        json_array_append_new(all, one);
    }
    answer_json(a, status, all);
}

bool answer_not_found(struct answer *a)
{
    return answer_error(a, 404, "NOT_FOUND", "The requested resource does not exist");
}

bool answer_not_allowed(struct answer *a, const char *method, const char *allowed)
{
    return answer_error(a, 405, "METHOD_NOT_ALLOWED", "HTTP Method '%s' not allowed. Allowed are %s", method, allowed);
}
