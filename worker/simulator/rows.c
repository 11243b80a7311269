/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/rows.h"

#include "common/memory.h"
#include "worker/simulator/retrieve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *first_code(const struct result *r)
{
    return json_string_value(json_object_get(json_array_get(r->errors, 0), "statusCode"));
}

/* An error of the record becomes the call's. */
static bool fail(const struct result *r, struct answer *a)
{
    const char *code = first_code(r);

    if (r->duplicate) {
        answer_json(a, 400,
                    json_pack("[{s:O, s:s, s:O}]", "duplicateResut", r->duplicate, "errorCode", code, "message",
                              json_object_get(json_array_get(r->errors, 0), "message")));
        return false;
    }
    int status = strcmp(code, "ENTITY_IS_DELETED") == 0 || strcmp(code, "NOT_FOUND") == 0 ? 404
                 : strcmp(code, "INSUFFICIENT_ACCESS_OR_READONLY") == 0                   ? 403
                                                                                          : 400;
    answer_record_errors(a, status, r->errors);
    return false;
}

static void set_location(const struct call *c, const struct object *o, const struct result *r, struct answer *a)
{
    free(a->location);
    a->location = xasprintf("/services/data/v%d.0/sobjects/%s/%s", c->version, o->name, r->id);
}

static bool need_body(const struct call *c, struct answer *a)
{
    if (!c->body)
        return answer_error(a, 400, "JSON_PARSER_ERROR",
                            "The HTTP entity body is required, but this request has no entity body.");
    return json_is_object(c->body) ||
           answer_error(a, 400, "JSON_PARSER_ERROR", "Cannot deserialize instance of record at [line:1, column:1]");
}

static bool create(struct world *w, const struct call *c, struct object *o, struct answer *a)
{
    struct result r;
    bool good;

    if (!need_body(c, a))
        return false;
    result_init(&r);
    write_create(w, c, o, c->body, &r);
    world_note(w, OPERATION_CREATE, o->name, c->body, &r);
    good = result_ok(&r);
    if (good) {
        answer_json(a, 201, result_json(&r, OPERATION_CREATE, &w->settings));
        set_location(c, o, &r, a);
    } else {
        fail(&r, a);
    }
    result_release(&r);
    return good;
}

static bool read_row(struct world *w, const struct call *c, const struct object *o, const char *id, struct answer *a)
{
    char *listed = call_query(c, "fields");
    const struct record *r = store_find(w->store, id);
    json_t *all = record_json(r, c->version), *row = json_object();

    for (const char *at = listed; at && *at;) {
        size_t n = strcspn(at, ",");
        char *name = xstrndup(at, n);
        const struct field *f = object_field(o, name);
        if (f)
            json_object_set(row, f->name, json_object_get(all, f->name));
        else
            answer_error(a, 400, "INVALID_FIELD", "No such column '%s' on sobject of type %s", name, o->name);
        free(name);
        at += n + (at[n] == ',');
    }
    json_object_set(row, "attributes", json_object_get(all, "attributes"));
    json_object_set(row, "Id", json_object_get(all, "Id"));
    if (!a->status)
        answer_json(a, 200, json_incref(listed ? row : all));
    json_decref(row);
    json_decref(all);
    free(listed);
    return a->status == 200;
}

/* By its id, 18 or 15 characters. */
static bool by_id(struct world *w, const struct call *c, const struct object *o, const char *given, struct answer *a)
{
    char id[RECORD_ID_SIZE];
    struct result r;
    bool get = strcmp(c->method, "GET") == 0, is_id = record_id_read(given, id);
    const struct record *stored = is_id ? store_find(w->store, id) : NULL;
    enum operation op = strcmp(c->method, "DELETE") == 0 ? OPERATION_DELETE : OPERATION_UPDATE;

    if (is_id && schema_object_of_id(w->schema, id) == o && (!stored || (get && stored->deleted)))
        return answer_error(a, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s",
                            given);
    if (get)
        return stored && stored->object == o
                   ? read_row(w, c, o, id, a)
                   : answer_error(a, 400, "MALFORMED_ID", "%s ID: id value of incorrect type: %s", o->label, given);
    if (op == OPERATION_UPDATE && strcmp(c->method, "PATCH") != 0)
        return answer_not_allowed(a, c->method, "DELETE,GET,HEAD,PATCH");
    if (op == OPERATION_UPDATE && !need_body(c, a))
        return false;
    result_init(&r);
    if (op == OPERATION_DELETE)
        write_delete(w, given, o, &r);
    else
        write_update(w, c, o, given, c->body, &r);
    json_t *sent = op == OPERATION_DELETE ? json_pack("{s:s}", "Id", given) : json_incref((json_t *)c->body);
    world_note(w, op, o->name, sent, &r);
    json_decref(sent);
    bool good = result_ok(&r);
    if (good)
        a->status = 204;
    else
        fail(&r, a);
    result_release(&r);
    return good;
}

/* Several records have the key: their URLs. */
static void answer_choices(const struct call *c, struct record *const *found, size_t n, struct answer *a)
{
    json_t *urls = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(urls, json_sprintf("/services/data/v%d.0/sobjects/%s/%s", c->version,
                                                 found[i]->object->name, found[i]->id));
    answer_json(a, 300, urls);
}

/* The key may stand in the URL alone; a new record gets it from there. */
static json_t *with_key(const struct call *c, const struct field *key, const char *value)
{
    json_t *given = json_copy((json_t *)c->body);

    if (key->type != FIELD_ID && key->flags & F_CREATE && !json_object_get(given, key->name))
        json_object_set_new(given, key->name, json_string(value));
    return given;
}

static bool upsert(struct world *w, const struct call *c, struct object *o, const struct field *key, const char *value,
                   struct answer *a)
{
    struct result r;

    if (!need_body(c, a))
        return false;
    json_t *given = with_key(c, key, value);
    result_init(&r);
    write_upsert(w, c, o, key, value, given, call_query_true(c, "updateOnly"), &r);
    world_note(w, OPERATION_UPSERT, o->name, given, &r);
    bool good = result_ok(&r);
    if (good && r.created)
        set_location(c, o, &r, a);
    if (!good)
        fail(&r, a);
    else if (c->version < 46 && !r.created)
        a->status = 204;
    else
        answer_json(a, r.created ? 201 : 200, result_json(&r, OPERATION_UPSERT, &w->settings));
    json_decref(given);
    result_release(&r);
    return good;
}

static bool by_key(struct world *w, const struct call *c, struct object *o, struct answer *a)
{
    const struct field *key = write_key_field(o, c->segments[2]);
    const char *value = c->segments[3];
    struct record *found[16];

    if (!key)
        return answer_error(a, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s",
                            c->segments[2]);
    if (!*value)
        return answer_not_allowed(a, c->method, "GET,HEAD,POST");
    if (key->type == FIELD_ID)
        return by_id(w, c, o, value, a);
    size_t n = store_lookup(w->store, o, key, value, MATCH_AS_FIELD, c->seen, found, 16);
    if (n > 1) {
        answer_choices(c, found, n < 16 ? n : 16, a);
        return false;
    }
    if (strcmp(c->method, "PATCH") == 0)
        return upsert(w, c, o, key, value, a);
    return n ? by_id(w, c, o, found[0]->id, a)
             : answer_error(a, 404, "NOT_FOUND", "The requested resource does not exist");
}

bool rows_call(struct world *w, const struct call *c, struct answer *a)
{
    struct object *o = schema_object(w->schema, c->segments[1]);
    bool post = strcmp(c->method, "POST") == 0;

    if (!o)
        return answer_not_found(a);
    if (c->nsegments == 2 || (c->nsegments == 3 && strcasecmp(c->segments[2], "Id") == 0))
        return post ? create(w, c, o, a) : answer_not_allowed(a, c->method, "GET,HEAD,POST");
    if (c->nsegments == 4)
        return by_key(w, c, o, a);
    /* a key field without a value: the empty segment is gone from the path */
    if (write_key_field(o, c->segments[2]))
        return answer_not_allowed(a, c->method, "GET,HEAD,POST");
    return by_id(w, c, o, c->segments[2], a);
}
