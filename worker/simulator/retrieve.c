/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/retrieve.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_IDS = 2000 };

json_t *record_attributes(const struct record *r, int version)
{
    return json_pack("{s:s, s:o}", "type", r->object->name, "url",
                     json_sprintf("/services/data/v%d.0/sobjects/%s/%s", version, r->object->name, r->id));
}

json_t *record_value(const struct record *r, const struct field *f)
{
    json_t *value = json_object_get(r->fields, f->name);
    return value ? json_incref(value) : json_null();
}

json_t *record_json(const struct record *r, int version)
{
    json_t *all = json_object();

    json_object_set_new(all, "attributes", record_attributes(r, version));
    for (size_t i = 0; i < r->object->nfields; i++)
        if (!(r->object->fields[i].flags & F_HIDDEN))
            json_object_set_new(all, r->object->fields[i].name, record_value(r, &r->object->fields[i]));
    return all;
}

static json_t *split(const char *list)
{
    json_t *all = json_array();

    while (list && *list) {
        size_t n = strcspn(list, ",");
        json_array_append_new(all, json_stringn(list, n));
        list += n + (list[n] == ',');
    }
    return all;
}

static json_t *read_one(struct world *w, const struct call *c, const struct object *o, const char *given,
                        const json_t *fields)
{
    char id[RECORD_ID_SIZE];
    const struct record *r = given && record_id_read(given, id) ? store_find(w->store, id) : NULL;
    const json_t *name;
    size_t i;

    if (!r || r->deleted || r->object != o)
        return json_null();
    json_t *row = json_pack("{s:o}", "attributes", record_attributes(r, c->version));
    json_array_foreach(fields, i, name)
    {
        const struct field *f = object_field(o, json_string_value(name));
        json_object_set_new(row, f->name, record_value(r, f));
    }
    json_object_set_new(row, "Id", json_string(r->id));
    return row;
}

static bool check(const struct object *o, const json_t *ids, const json_t *fields, struct answer *a)
{
    const json_t *name;
    size_t i;

    if (!json_array_size(ids) || !json_array_size(fields))
        return answer_error(a, 400, "REQUIRED_FIELD_MISSING", "ids and fields are required");
    if (json_array_size(ids) > MOST_IDS)
        return answer_error(a, 400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 2000 records");
    json_array_foreach(
        fields, i,
        name) if (!json_is_string(name) ||
                  !object_field(o, json_string_value(name))) return answer_error(a, 400, "INVALID_FIELD",
                                                                                 "No such column '%s' on entity '%s'",
                                                                                 json_is_string(name)
                                                                                     ? json_string_value(name)
                                                                                     : "null",
                                                                                 o->name);
    return true;
}

bool retrieve_call(struct world *w, const struct call *c, struct answer *a)
{
    const struct object *o = schema_object(w->schema, c->segments[2]);
    bool get = strcmp(c->method, "GET") == 0;
    const json_t *id;
    size_t i;

    if (!o)
        return answer_not_found(a);
    if (!get && strcmp(c->method, "POST") != 0)
        return answer_not_allowed(a, c->method, "GET,POST");
    char *listed_ids = get ? call_query(c, "ids") : NULL, *listed_fields = get ? call_query(c, "fields") : NULL;
    json_t *ids = get ? split(listed_ids) : json_incref(json_object_get(c->body, "ids")),
           *fields = get ? split(listed_fields) : json_incref(json_object_get(c->body, "fields"));
    bool good = check(o, ids, fields, a);
    if (good) {
        json_t *rows = json_array();
        json_array_foreach(ids, i, id) json_array_append_new(rows, read_one(w, c, o, json_string_value(id), fields));
        answer_json(a, 200, rows);
    }
    json_decref(ids);
    json_decref(fields);
    free(listed_ids);
    free(listed_fields);
    return good;
}
