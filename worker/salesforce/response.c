/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/response.h"

#include "common/memory.h"
#include "config/route.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_OF_PAGE = 200, JSON_FLAGS = JSON_ALLOW_NUL };

/* ---- errors ---- */

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* ["A","B"] as "A,B"; anything else as "". */
static char *join_fields(const json_t *fields)
{
    struct buffer b = BUFFER_INIT(65536);
    size_t i;
    const json_t *name;

    json_array_foreach(fields, i, name)
    {
        if (!json_is_string(name))
            continue;
        buffer_printf(&b, "%s%s", b.len ? "," : "", json_string_value(name));
    }
    return buffer_steal(&b);
}

static void add_refusal(struct failure **f, const char *code, const char *message, const char *fields)
{
    if (*f)
        failure_add(*f, code, message, fields);
    else
        *f = failure_new(STAGE_WRITE, code, message, fields);
}

/* The refusal that decides is the one that is named, so it stands first. */
static void put_first(struct failure *f, size_t i)
{
    struct refusal decisive = f->refusals[i];

    memmove(&f->refusals[1], &f->refusals[0], i * sizeof decisive);
    f->refusals[0] = decisive;
}

/* Reads errors of a record (statusCode) or of a request (errorCode) into *f; the class that outweighs the others is *class.
 * False where there is none or one is no error. */
static bool read_errors(const json_t *errors, struct error_case *c, struct failure **f, enum error_class *class)
{
    const char *key = c->scope == IN_RECORD ? "statusCode" : "errorCode";
    size_t i, decisive = 0;
    const json_t *error;

    *class = CLASS_DONE;
    json_array_foreach(errors, i, error)
    {
        c->code = text_in(error, key);
        c->message = text_in(error, "message");
        if (!c->code[0])
            break;
        const struct error_row *row = error_row_find(c);
        if (row->class > *class) {
            *class = row->class;
            decisive = i;
        }
        char *fields = join_fields(json_object_get(error, "fields"));
        add_refusal(f, c->code, c->message, fields);
        free(fields);
    }
    if (i == 0 || i < json_array_size(errors)) {
        failure_free(*f);
        *f = NULL;
        return false;
    }
    (*f)->http_status = c->status;
    put_first(*f, decisive);
    return true;
}

/* A page of HTML, or nothing: its beginning, on one line. */
static struct failure *failure_of_page(int status, struct text body)
{
    char code[16], message[MESSAGE_OF_PAGE + 1];
    size_t len = !body.at ? 0 : body.len < MESSAGE_OF_PAGE ? body.len : MESSAGE_OF_PAGE;

    for (size_t i = 0; i < len; i++)
        message[i] = (unsigned char)body.at[i] < ' ' || (unsigned char)body.at[i] > '~' ? ' ' : body.at[i];
    message[len] = '\0';
    snprintf(code, sizeof code, "HTTP_%d", status);
    struct failure *f = failure_new(STAGE_WRITE, code, message, NULL);
    f->http_status = status;
    return f;
}

/* `errors`: the usual array, or the single object that is also seen; NULL: not JSON. */
static struct verdict verdict_of(const json_t *errors, int status, struct text body, enum operation op,
                                 const char *external_id)
{
    struct error_case c = {.scope = IN_REQUEST, .status = status, .op = op, .external_id = external_id};
    struct verdict v = {.suspect = -1};
    json_t *list = json_is_object(errors) ? json_pack("[O]", errors) : json_incref((json_t *)(uintptr_t)errors);

    if (!read_errors(list, &c, &v.failure, &v.class)) {
        c.code = c.message = "";
        v.class = error_row_find(&c)->class;
        v.failure = failure_of_page(status, body);
    }
    json_decref(list);
    return v;
}

struct verdict response_error(int status, struct text body, enum operation op, const char *external_id)
{
    json_t *errors = json_loadb(body.at ? body.at : "", body.len, JSON_FLAGS, NULL);
    struct verdict v = verdict_of(errors, status, body, op, external_id);

    json_decref(errors);
    return v;
}

static struct verdict unusable(int status, const char *why)
{
    struct verdict v = {CLASS_UNKNOWN, failure_new(STAGE_WRITE, "UNUSABLE_ANSWER", why, NULL), -1};

    v.failure->http_status = status;
    return v;
}

/* ---- results ---- */

static enum outcome_kind kind_of(enum error_class class)
{
    switch (class) {
    case CLASS_DONE:
        return OUTCOME_APPLIED;
    case CLASS_SUPERSEDED:
        return OUTCOME_SUPERSEDED;
    case CLASS_RETRY:
    case CLASS_CROWDED:
        return OUTCOME_RETRY;
    case CLASS_UNKNOWN:
        return OUTCOME_UNKNOWN;
    case CLASS_INNOCENT:
    case CLASS_AUTH:
    case CLASS_WAIT:
        return OUTCOME_INNOCENT;
    case CLASS_HALT:
        return OUTCOME_HALT;
    case CLASS_SCHEMA:
    case CLASS_REFUSE:
        break;
    }
    return OUTCOME_REFUSED;
}

static void set_result(struct result *to, enum error_class class, struct failure *f)
{
    *to = (struct result){.class = class, .outcome = {.kind = kind_of(class), .congested = class == CLASS_CROWDED}};
    if (class == CLASS_DONE || class == CLASS_SUPERSEDED)
        failure_free(f);
    else
        to->outcome.failure = f;
}

static bool read_result(const json_t *result, const struct lines *lines, const struct line *line, struct result *to)
{
    const json_t *success = json_object_get(result, "success");
    struct error_case c = {.scope = IN_RECORD,
                           .status = 200,
                           .op = lines->op,
                           .external_id = lines->route->external_id,
                           .resent = line->write->unanswered || line->write->inherited,
                           .cached_id = line->cached,
                           .attempts = line->write->attempts};
    enum error_class class;
    struct failure *f = NULL;

    if (json_is_true(success)) {
        set_result(to, CLASS_DONE, NULL);
        to->outcome.created = json_is_true(json_object_get(result, "created"));
        return true;
    }
    if (!json_is_false(success) || !read_errors(json_object_get(result, "errors"), &c, &f, &class))
        return false;
    set_result(to, class, f);
    return true;
}

void response_results_release(struct result *results, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        failure_free(results[i].outcome.failure);
        results[i] = (struct result){0};
    }
}

/* The results of the lines from `first` on. All or nothing. */
static bool read_results(const json_t *array, const struct lines *lines, size_t first, size_t n, struct result *results)
{
    if (!json_is_array(array) || json_array_size(array) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!read_result(json_array_get(array, i), lines, &lines->at[first + i], &results[i])) {
            response_results_release(results, i);
            return false;
        }
    }
    return true;
}

void response_spread(const struct verdict *v, struct result *results, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        set_result(&results[i], v->class, failure_copy(v->failure));
        if (results[i].outcome.kind == OUTCOME_RETRY) /* the part failed, not the record */
            results[i].outcome.kind = OUTCOME_INNOCENT;
        else if (results[i].outcome.kind == OUTCOME_REFUSED)
            results[i].outcome.kind = n > 1 ? OUTCOME_SUSPECT : OUTCOME_REFUSED;
    }
}

/* ---- composite ---- */

static struct verdict read_part(const json_t *part, const struct request *r, const struct lines *lines, size_t i,
                                struct result *results)
{
    size_t first = i * r->per_collection, n = request_part_lines(r, i);
    int status = (int)json_integer_value(json_object_get(part, "httpStatusCode"));
    const json_t *body = json_object_get(part, "body");
    char name[24];

    snprintf(name, sizeof name, "c%zu", i);
    if (strcmp(text_in(part, "referenceId"), name) != 0)
        return unusable(status, "a part of the composite answer is not where it belongs");
    if (status != 200)
        return verdict_of(body, status, TEXT_NONE, lines->op, lines->route->external_id);
    if (!read_results(body, lines, first, n, results))
        return unusable(status, "a part of the composite answer has not the results that belong to it");
    return (struct verdict){.class = CLASS_DONE, .suspect = -1};
}

/* Where one part has its results, those of the others that cannot be used are unknown by themselves; else all is. */
static struct verdict read_composite(const json_t *answer, const struct request *r, const struct lines *lines,
                                     struct result *results)
{
    const json_t *parts = json_object_get(answer, "compositeResponse"), *first = json_array_get(parts, 0);

    if (json_array_size(parts) == 1 && json_is_null(json_object_get(first, "referenceId")))
        return verdict_of(json_object_get(first, "body"),
                          (int)json_integer_value(json_object_get(first, "httpStatusCode")), TEXT_NONE, lines->op,
                          lines->route->external_id);
    if (json_array_size(parts) > r->nparts)
        return unusable(200, "the composite answer has more parts than the request");
    struct failure *unknown = NULL;
    size_t done = 0;
    for (size_t i = 0; i < r->nparts; i++) {
        struct result *at = &results[i * r->per_collection];
        struct verdict v = read_part(json_array_get(parts, i), r, lines, i, at);
        done += v.class == CLASS_DONE;
        if (v.class != CLASS_DONE)
            response_spread(&v, at, request_part_lines(r, i));
        if (v.class == CLASS_UNKNOWN && !unknown)
            unknown = failure_copy(v.failure);
        failure_free(v.failure);
    }
    if (unknown && !done) {
        response_results_release(results, lines->n);
        return (struct verdict){CLASS_UNKNOWN, unknown, -1};
    }
    failure_free(unknown);
    return (struct verdict){.class = CLASS_DONE, .suspect = -1};
}

/* "… at [line:1, column:18]" */
static int read_position(const struct request *r, const char *message)
{
    size_t line, column;
    const char *at = strstr(message, "[line:");

    if (!at || sscanf(at, "[line:%zu, column:%zu]", &line, &column) != 2)
        return -1;
    return request_line_at(r, line, column);
}

struct verdict response_read(const struct request *r, const struct lines *lines, int status, struct text body,
                             struct result *results)
{
    if (status != 200) {
        struct verdict v = response_error(status, body, lines->op, lines->route->external_id);
        if (v.class == CLASS_REFUSE)
            v.suspect = read_position(r, v.failure->refusals[0].message);
        return v;
    }
    json_t *answer = json_loadb(body.at ? body.at : "", body.len, JSON_FLAGS, NULL);
    struct verdict v = {.class = CLASS_DONE, .suspect = -1};
    if (!answer)
        v = unusable(status, "the answer is not JSON, or is cut short");
    else if (r->composite)
        v = read_composite(answer, r, lines, results);
    else if (!read_results(answer, lines, 0, lines->n, results))
        v = unusable(status, "the answer has not the results that belong to the request");
    json_decref(answer);
    return v;
}
