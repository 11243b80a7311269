/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/describe.h"

#include "worker/simulator/describe_field.h"

#include <string.h>

/* What /sobjects says of an object, and the beginning of what the full describe says. */
static json_t *outline(const struct object *o, int version)
{
    static const char *const yes[] = {"layoutable",   "mergeable",  "queryable",  "replicateable",
                                      "retrieveable", "searchable", "triggerable"};
    static const char *const no[] = {"customSetting", "deepCloneable", "deprecatedAndHidden",
                                     "feedEnabled",   "hasSubtypes",   "isInterface",
                                     "isSubtype",     "mruEnabled",    "dataTranslationEnabled"};
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:b, s:n, s:n, s:n, s:n, s:n}", "name",
                            o->name, "label", o->label, "labelPlural", o->plural, "keyPrefix", o->prefix, "custom",
                            o->custom, "createable", !o->read_only, "updateable", !o->read_only, "deletable",
                            !o->read_only, "undeletable", !o->read_only, "activateable", 0, "associateEntityType",
                            "associateParentEntity", "extendedBy", "extendsInterfaces", "defaultImplementation");
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        json_object_set_new(all, yes[i], json_true());
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        json_object_set_new(all, no[i], json_false());
    json_object_set_new(
        all, "urls",
        json_pack("{s:o, s:o, s:o}", "sobject", json_sprintf("/services/data/v%d.0/sobjects/%s", version, o->name),
                  "describe", json_sprintf("/services/data/v%d.0/sobjects/%s/describe", version, o->name),
                  "rowTemplate", json_sprintf("/services/data/v%d.0/sobjects/%s/{ID}", version, o->name)));
    return all;
}

/* 304 where nothing has changed since; the header has whole seconds. */
static bool unchanged(const struct world *w, const struct call *c, struct answer *a)
{
    int64_t modified_ms = schema_modified_ms(w->schema) / 1000 * 1000;

    a->last_modified_ms = modified_ms;
    if (!c->modified_since_ms || c->modified_since_ms < modified_ms)
        return false;
    a->status = 304;
    return true;
}

bool describe_global(struct world *w, const struct call *c, struct answer *a)
{
    json_t *list = json_array();
    size_t i = 0;

    if (unchanged(w, c, a)) {
        json_decref(list);
        return true;
    }
    for (const struct object *o = schema_next(w->schema, &i); o; o = schema_next(w->schema, &i))
        json_array_append_new(list, outline(o, c->version));
    answer_json(a, 200, json_pack("{s:s, s:i, s:o}", "encoding", "UTF-8", "maxBatchSize", 200, "sobjects", list));
    return true;
}

bool describe_basic(struct world *w, const struct call *c, struct answer *a)
{
    const struct object *o = schema_object(w->schema, c->segments[1]);

    if (!o)
        return answer_not_found(a);
    answer_json(a, 200, json_pack("{s:o, s:[]}", "objectDescribe", outline(o, c->version), "recentItems"));
    return true;
}

/* Which fields of which objects refer to this one. */
static json_t *children(const struct world *w, const struct object *o)
{
    json_t *all = json_array();
    size_t i = 0;

    for (const struct object *child = schema_next(w->schema, &i); child; child = schema_next(w->schema, &i))
        for (size_t f = 0; f < child->nfields; f++)
            if (child->fields[f].refers_to && strcmp(child->fields[f].refers_to, o->name) == 0)
                json_array_append_new(all, json_pack("{s:b, s:s, s:b, s:s, s:[], s:[], s:n, s:b}", "cascadeDelete", 0,
                                                     "childSObject", child->name, "deprecatedAndHidden", 0, "field",
                                                     child->fields[f].name, "junctionIdListNames",
                                                     "junctionReferenceTo", "relationshipName", "restrictedDelete", 0));
    return all;
}

bool describe_full(struct world *w, const struct call *c, struct answer *a)
{
    const struct object *o = schema_object(w->schema, c->segments[1]);
    json_t *all, *fields;

    if (!o)
        return answer_not_found(a);
    if (unchanged(w, c, a))
        return true;
    all = outline(o, c->version);
    fields = json_array();
    for (size_t i = 0; i < o->nfields; i++)
        if (!(o->fields[i].flags & F_HIDDEN))
            json_array_append_new(fields, describe_field(&o->fields[i]));
    json_object_set_new(all, "fields", fields);
    json_object_set_new(all, "actionOverrides", json_array());
    json_object_set_new(all, "childRelationships", children(w, o));
    json_object_set_new(all, "compactLayoutable", json_true());
    json_object_set_new(all, "searchLayoutable", json_true());
    json_object_set_new(all, "namedLayoutInfos", json_array());
    json_object_set_new(all, "networkScopeFieldName", json_null());
    json_object_set_new(all, "listviewable", json_null());
    json_object_set_new(all, "lookupLayoutable", json_null());
    json_object_set_new(all, "implementedBy", json_null());
    json_object_set_new(all, "implementsInterfaces", json_null());
    json_object_set_new(all, "sobjectDescribeOption", json_string("FULL"));
    json_object_set_new(all, "supportedScopes", json_pack("[{s:s, s:s}]", "label", "All", "name", "everything"));
    json_object_set_new(all, "recordTypeInfos",
                        json_pack("[{s:b, s:b, s:b, s:s, s:b, s:s, s:s, s:{s:s}}]", "active", 1, "available", 1,
                                  "defaultRecordTypeMapping", 1, "developerName", "Master", "master", 1, "name",
                                  "Master", "recordTypeId", "012000000000000AAA", "urls", "layout", "/services/data"));
    answer_json(a, 200, all);
    return true;
}
