/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/collections.h"

#include "common/memory.h"
#include "worker/simulator/retrieve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_RECORDS = 200, MOST_CHUNKS = 10 };

/* One collection on its way: the records, and what became of each. */
struct batch {
    struct call call; /* lent parts */
    enum operation op;
    const json_t *records; /* as sent; for a delete objects with an Id */
    size_t n;
    bool all_or_none, update_only;
    struct object *object; /* of an upsert */
    const struct field *key;
    char **keys; /* the value of the key field of each record; NULL: none */
    struct result *results;
};

static const char unsupported[] =
    "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' "
    "after the entity name. Please reference your WSDL or the describe call for the appropriate names.";

static json_t *get_any_case(const json_t *object, const char *name)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value) if (strcasecmp(key, name) == 0) return value;
    return NULL;
}

static const char *type_of(const json_t *record)
{
    return json_string_value(json_object_get(json_object_get(record, "attributes"), "type"));
}

/* ---- what fails the request ---- */

static size_t count_chunks(const json_t *records)
{
    const char *last = "";
    const json_t *record;
    size_t i, n = 0;

    json_array_foreach(records, i, record)
    {
        const char *type = type_of(record) ? type_of(record) : "null";
        n += strcasecmp(type, last) != 0;
        last = type;
    }
    return n;
}

static bool check_types(struct world *w, const json_t *records, struct answer *a)
{
    const json_t *record;
    size_t i;

    json_array_foreach(records, i, record)
    {
        const struct object *o = schema_object(w->schema, type_of(record));
        char *wrong = o ? validate_types(o, record) : NULL;
        if (wrong) {
            answer_error(a, 400, "JSON_PARSER_ERROR", "%s", wrong);
            free(wrong);
            return false;
        }
    }
    return true;
}

static bool check_request(struct world *w, const struct batch *b, struct answer *a)
{
    const json_t *record;
    size_t i;

    if (b->n == 0)
        return answer_error(a, 400, "REQUIRED_FIELD_MISSING", "At least 1 record is required");
    if (b->n > MOST_RECORDS)
        return answer_error(a, 400, "EXCEEDED_ID_LIMIT",
                            "record limit reached. cannot submit more than 200 records into this call");
    json_array_foreach(b->records, i, record) if (!json_is_object(record)) return answer_error(
        a, 400, "JSON_PARSER_ERROR", "Cannot deserialize instance of record at [line:1, column:1]");
    if (count_chunks(b->records) > MOST_CHUNKS)
        return answer_error(
            a, 400, "INVALID_INPUT",
            "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce "
            "chunking.");
    return !w->settings.wrong_type_fails_request || check_types(w, b->records, a);
}

/* ---- one record ---- */

static void upsert(struct world *w, struct batch *b, size_t i, const json_t *record)
{
    struct result *r = &b->results[i];
    const char *type = type_of(record);

    if (!type || !schema_object(w->schema, type))
        errors_add(r->errors, "INVALID_TYPE", NULL, unsupported, type ? type : "null");
    else if (schema_object(w->schema, type) != b->object)
        errors_add(r->errors, "INVALID_TYPE", NULL, "sObject type '%s' is not that of the request: %s", type,
                   b->object->name);
    else if (b->key->type != FIELD_ID && get_any_case(record, "Id"))
        errors_add(r->errors, "INVALID_FIELD", "Id", "The Id field should not be specified in the sobject data.");
    else
        write_upsert(w, &b->call, b->object, b->key, b->keys[i], record, b->update_only, r);
}

static void carry_out(struct world *w, struct batch *b, size_t i)
{
    const json_t *record = json_array_get(b->records, i);
    struct result *r = &b->results[i];
    const char *id = json_string_value(get_any_case(record, "Id")), *type = type_of(record);
    struct object *o = schema_object(w->schema, type);

    if (b->op == OPERATION_UPSERT)
        upsert(w, b, i, record);
    else if (b->op == OPERATION_DELETE)
        write_delete(w, id, NULL, r);
    else if (!o)
        errors_add(r->errors, "INVALID_TYPE", NULL, unsupported, type ? type : "null");
    else if (b->op == OPERATION_UPDATE)
        write_update(w, &b->call, o, id, record, r);
    else if (get_any_case(record, "Id"))
        errors_add(r->errors, "INVALID_FIELD_FOR_INSERT_UPDATE", "Id", "cannot specify Id in an insert call");
    else
        write_create(w, &b->call, o, record, r);
}

/* ---- the same record twice ---- */

static bool same_key(const struct batch *b, const char *x, const char *y)
{
    bool exact = b->key && b->key->type != FIELD_EMAIL && (b->key->flags & (F_UNIQUE | F_CASE_SENSITIVE)) != F_UNIQUE;
    return exact ? strcmp(x, y) == 0 : strcasecmp(x, y) == 0;
}

static void add_duplicate(struct batch *b, size_t i)
{
    if (!result_ok(&b->results[i]))
        return;
    if (b->op == OPERATION_UPSERT && b->key->type != FIELD_ID)
        errors_add(b->results[i].errors, "DUPLICATE_VALUE", NULL, "Duplicate external id specified: %s", b->keys[i]);
    else
        errors_add(b->results[i].errors, "DUPLICATE_VALUE", NULL, "Duplicate id in list: %s", b->keys[i]);
}

/* All records of one key fail, and none of them is written. */
static void refuse_duplicates(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = i + 1; b->keys[i] && *b->keys[i] && k < b->n; k++)
            if (b->keys[k] && same_key(b, b->keys[i], b->keys[k])) {
                add_duplicate(b, i);
                add_duplicate(b, k);
            }
}

static void find_keys(struct batch *b)
{
    const char *name = b->key ? b->key->name : "Id";

    for (size_t i = 0; i < b->n && b->op != OPERATION_CREATE; i++)
        b->keys[i] = store_key_text(get_any_case(json_array_get(b->records, i), name));
    if (b->op != OPERATION_CREATE)
        refuse_duplicates(b);
}

/* ---- the whole ---- */

static bool roll_back(struct world *w, struct batch *b, size_t mark)
{
    bool failed = false;

    for (size_t i = 0; i < b->n; i++)
        failed |= !result_ok(&b->results[i]);
    if (!failed || !b->all_or_none)
        return true;
    store_rollback(w->store, mark);
    for (size_t i = 0; i < b->n; i++)
        result_roll_back(&b->results[i]);
    return false;
}

static bool run(struct world *w, struct batch *b, struct answer *a)
{
    size_t mark = store_mark(w->store);
    json_t *all = json_array();

    b->keys = xcalloc(b->n, sizeof *b->keys);
    b->results = xcalloc(b->n, sizeof *b->results);
    for (size_t i = 0; i < b->n; i++)
        result_init(&b->results[i]);
    find_keys(b);
    for (size_t i = 0; i < b->n; i++)
        if (result_ok(&b->results[i]))
            carry_out(w, b, i);
    bool good = roll_back(w, b, mark);
    for (size_t i = 0; i < b->n; i++) {
        const json_t *record = json_array_get(b->records, i);
        const char *type = b->object ? b->object->name : type_of(record);
        world_note(w, b->op, type ? type : "", record, &b->results[i]);
        json_array_append_new(all, result_json(&b->results[i], b->op, &w->settings));
        result_release(&b->results[i]);
        free(b->keys[i]);
    }
    free(b->results);
    free(b->keys);
    answer_json(a, 200, all);
    return good;
}

static bool write_body(struct world *w, struct batch *b, struct answer *a)
{
    if (!b->call.body)
        return answer_error(a, 400, "JSON_PARSER_ERROR",
                            "The HTTP entity body is required, but this request has no entity body.");
    b->records = json_object_get(b->call.body, "records");
    b->n = json_array_size(b->records);
    b->all_or_none = json_is_true(json_object_get(b->call.body, "allOrNone"));
    return check_request(w, b, a) && run(w, b, a);
}

static bool upsert_into(struct world *w, struct batch *b, struct answer *a)
{
    b->object = schema_object(w->schema, b->call.segments[2]);
    if (!b->object)
        return answer_not_found(a);
    b->key = write_key_field(b->object, b->call.segments[3]);
    if (!b->key && w->settings.upsert_field_400)
        return answer_error(a, 400, "INVALID_FIELD",
                            "Field name provided, %s is not an External ID or indexed field for %s",
                            b->call.segments[3], b->object->name);
    if (!b->key)
        return answer_error(a, 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: %s",
                            b->call.segments[3]);
    b->op = OPERATION_UPSERT;
    b->update_only = call_query_true(&b->call, "updateOnly");
    if (b->call.seen == UINT64_MAX)
        b->call.seen = store_newest(w->store); /* what this request creates is no parent for its other records */
    return write_body(w, b, a);
}

static bool delete_listed(struct world *w, struct batch *b, struct answer *a)
{
    char *ids = call_query(&b->call, "ids"), *rest = ids, *id;
    json_t *records = json_array();

    while ((id = rest ? strsep(&rest, ",") : NULL))
        if (*id)
            json_array_append_new(records, json_pack("{s:s}", "Id", id));
    b->op = OPERATION_DELETE;
    b->records = records;
    b->n = json_array_size(records);
    b->all_or_none = call_query_true(&b->call, "allOrNone");
    bool good = b->n > MOST_RECORDS
                    ? answer_error(a, 400, "EXCEEDED_ID_LIMIT",
                                   "record limit reached. cannot submit more than 200 records into this call")
                : b->n ? run(w, b, a)
                       : answer_error(a, 400, "REQUIRED_FIELD_MISSING", "At least 1 record is required");
    json_decref(records);
    free(ids);
    return good;
}

bool collections_call(struct world *w, const struct call *c, struct answer *a)
{
    struct batch b = {.call = *c};
    bool post = strcmp(c->method, "POST") == 0, patch = strcmp(c->method, "PATCH") == 0;

    if (c->nsegments == 3)
        return retrieve_call(w, c, a);
    if (c->nsegments == 4)
        return patch ? upsert_into(w, &b, a) : answer_not_allowed(a, c->method, "PATCH");
    if (c->nsegments != 2)
        return answer_not_found(a);
    if (strcmp(c->method, "DELETE") == 0)
        return delete_listed(w, &b, a);
    if (!post && !patch)
        return answer_not_allowed(a, c->method, "DELETE,PATCH,POST");
    b.op = post ? OPERATION_CREATE : OPERATION_UPDATE;
    return write_body(w, &b, a);
}
