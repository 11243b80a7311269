/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/composite.h"

#include "common/memory.h"
#include "worker/simulator/api.h"
#include "worker/simulator/substitution.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_SUBREQUESTS = 25, MOST_HEAVY = 5 };

static const char *text_of_key(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- the request as a whole ---- */

static bool is_heavy(const json_t *subrequest)
{
    const char *url = text_of_key(subrequest, "url");
    struct call c;
    bool heavy = url && call_init(&c, "GET", url) && c.nsegments > 0 &&
                 (strcasecmp(c.segments[0], "query") == 0 || strcasecmp(c.segments[0], "queryAll") == 0 ||
                  (c.nsegments > 1 && strcasecmp(c.segments[0], "composite") == 0));
    if (url)
        call_release(&c);
    return heavy;
}

static json_t *subresponse(json_t *body, json_t *headers, int status, const char *reference)
{
    return json_pack("{s:o, s:o, s:i, s:s?}", "body", body ? body : json_null(), "httpHeaders",
                     headers ? headers : json_object(), "httpStatusCode", status, "referenceId", reference);
}

/* Too much in one: a single element, and 200 for the whole. */
static bool refuse_size(struct answer *a, const char *message)
{
    json_t *body = json_pack("[{s:s, s:s}]", "errorCode", "LIMIT_EXCEEDED", "message", message);
    answer_json(a, 200, json_pack("{s:[o]}", "compositeResponse", subresponse(body, NULL, 400, NULL)));
    return false;
}

static bool is_reference_id(const char *id)
{
    if (!id || !isalnum((unsigned char)*id))
        return false;
    while (isalnum((unsigned char)*id) || *id == '_')
        id++;
    return !*id;
}

static bool check_subrequest(const json_t *subrequest, const json_t *earlier, struct answer *a)
{
    static const char *const forbidden[] = {"Accept", "Authorization", "Content-Type"};
    const char *id = text_of_key(subrequest, "referenceId"), *name;
    json_t *value;

    if (!is_reference_id(id))
        return answer_error(a, 400, "JSON_PARSER_ERROR",
                            "Provided referenceId ('%.80s') must start with a letter or a "
                            "number, and it can contain only letters, numbers and underscores ('_').",
                            id ? id : "null");
    if (json_object_get(earlier, id))
        return answer_error(a, 400, "INVALID_INPUT", "Provided referenceId ('%.80s') is not unique", id);
    if (!text_of_key(subrequest, "method") || !text_of_key(subrequest, "url"))
        return answer_error(a, 400, "JSON_PARSER_ERROR", "A subrequest needs a method and a url");
    json_object_foreach(json_object_get(subrequest, "httpHeaders"), name,
                        value) for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden;
                                    i++) if (strcasecmp(name, forbidden[i]) ==
                                             0) return answer_error(a, 400, "INVALID_INPUT",
                                                                    "Header %s is not allowed in a subrequest", name);
    return true;
}

static bool check_request(const json_t *list, struct answer *a)
{
    json_t *ids = json_object();
    const json_t *subrequest;
    size_t i, heavy = 0;
    bool good = true;

    if (!json_array_size(list))
        good = answer_error(a, 400, "REQUIRED_FIELD_MISSING", "compositeRequest needs at least one subrequest");
    else if (json_array_size(list) > MOST_SUBREQUESTS)
        good = refuse_size(a, "The request can’t contain more than 25 operations.");
    json_array_foreach(list, i, subrequest)
    {
        good = good && check_subrequest(subrequest, ids, a);
        if (good)
            json_object_set_new(ids, text_of_key(subrequest, "referenceId"), json_null());
        heavy += is_heavy(subrequest);
    }
    json_decref(ids);
    if (good && heavy > MOST_HEAVY)
        good = refuse_size(a, "The request can’t contain more than 5 query or sObject Collections operations.");
    return good;
}

/* ---- one subrequest ---- */

static bool known_method(const char *method)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i], method) == 0)
            return true;
    return false;
}

static bool run(struct world *w, const struct call *outer, const char *method, const char *url, const json_t *body,
                struct answer *a)
{
    struct call c;
    bool good;

    if (!call_init(&c, method, url) || c.version <= 0) {
        call_release(&c);
        return answer_not_found(a);
    }
    c.body = body;
    c.composite = true;
    c.allow_save = outer->allow_save;
    c.seen = outer->seen;
    if (!known_method(method))
        good = answer_error(a, 405, "METHOD_NOT_ALLOWED", "HTTP Method '%s' not allowed", method);
    else if (call_is(&c, 1, "composite", NULL))
        good = answer_error(a, 400, "INVALID_INPUT", "A composite request cannot be a subrequest");
    else
        good = api_call(w, &c, a);
    call_release(&c);
    return good;
}

/* Runs it with its references filled in; keeps its body for those that follow. */
static bool carry_out(struct world *w, const struct call *outer, const json_t *subrequest, json_t *bodies,
                      json_t *responses)
{
    const json_t *given = json_object_get(subrequest, "body");
    const char *reference = text_of_key(subrequest, "referenceId");
    struct answer a = {0};
    char why[512] = "", *url = substitute_text(text_of_key(subrequest, "url"), bodies, why);
    json_t *body = url && given ? substitute_json(given, bodies, why) : NULL;
    bool good;

    if (!url || (given && !body))
        good = answer_error(&a, 400, "PROCESSING_HALTED", "%s", why);
    else
        good = run(w, outer, text_of_key(subrequest, "method"), url, body, &a);
    json_t *headers = a.location ? json_pack("{s:s}", "Location", a.location) : NULL;
    if (a.body)
        json_object_set(bodies, reference, a.body);
    json_array_append_new(responses, subresponse(json_incref(a.body), headers, a.status, reference));
    json_decref(body);
    free(url);
    answer_drop(&a);
    return good;
}

/* Everything is undone. A collection's results stay as they are, success and all; the others are halted. */
static void halt(const json_t *list, json_t *responses)
{
    json_t *response;
    size_t i;

    json_array_foreach(responses, i, response)
    {
        json_int_t status = json_integer_value(json_object_get(response, "httpStatusCode"));
        if (status >= 300 || is_heavy(json_array_get(list, i)))
            continue;
        json_object_set_new(response, "body",
                            json_pack("[{s:s, s:s}]", "errorCode", "PROCESSING_HALTED", "message",
                                      "The transaction was rolled back since another operation in the same transaction "
                                      "failed."));
        json_object_set_new(response, "httpHeaders", json_object());
        json_object_set_new(response, "httpStatusCode", json_integer(400));
    }
}

/* A collection with failures is 200, and makes an outer allOrNone undo everything all the same. */
static bool has_failures(const json_t *responses)
{
    const json_t *body = json_object_get(json_array_get(responses, json_array_size(responses) - 1), "body"), *result;
    size_t i;

    json_array_foreach(body, i, result) if (json_is_false(json_object_get(result, "success"))) return true;
    return false;
}

bool composite_call(struct world *w, const struct call *c, struct answer *a)
{
    const json_t *list = json_object_get(c->body, "compositeRequest"), *subrequest;
    bool all_or_none = json_is_true(json_object_get(c->body, "allOrNone")), failed = false;
    size_t i, mark = store_mark(w->store);

    if (!c->body)
        return answer_error(a, 400, "JSON_PARSER_ERROR",
                            "The HTTP entity body is required, but this request has no entity body.");
    if (!check_request(list, a))
        return false;
    json_t *bodies = json_object(), *responses = json_array();
    json_array_foreach(list, i, subrequest)
    {
        bool good = carry_out(w, c, subrequest, bodies, responses);
        failed |= !good || has_failures(responses);
    }
    if (failed && all_or_none) {
        store_rollback(w->store, mark);
        world_undo_notes(w);
        halt(list, responses);
    }
    json_decref(bodies);
    answer_json(a, 200, json_pack("{s:o}", "compositeResponse", responses));
    return !failed;
}
