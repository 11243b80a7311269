/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h: what an org says of its objects and their fields.
 *
 *     GET describe_path(version, NULL)        ──► describe_list_parse()    every object, without fields
 *     GET describe_path(version, "Contact")   ──► describe_parse()         one object and its fields
 *
 * Names compare in any case, as Salesforce does. A field that is missing may exist and be hidden by field-level security: the
 * describe shows what the connected user may see. Pure. */
#ifndef SFSINK_WORKER_SALESFORCE_DESCRIBE_H
#define SFSINK_WORKER_SALESFORCE_DESCRIBE_H

#include "common/error.h"
#include "worker/travel.h"

struct field;

struct picklist_value {
    char *value, *label;
    bool active;
};

struct describe_field {
    char *name, *label, *type; /* type: "string", "reference", … */
    int64_t length;            /* characters */
    int digits, precision, scale;
    bool nillable, createable, updateable, defaulted_on_create;
    bool external_id, id_lookup, unique, case_sensitive;
    bool calculated, auto_number, restricted_picklist;
    char **reference_to; /* names of objects */
    size_t nreferences;
    char *relationship_name; /* "Account", "Parent__r"; "" if none */
    struct picklist_value *values;
    size_t nvalues;
};

/* An object. From describe_list_parse() it has no fields. */
struct describe {
    char *name, *label;
    bool custom, createable, updateable, deletable, queryable;
    struct describe_field *fields;
    size_t nfields;
};

struct describe_list {
    struct describe *objects;
    size_t n;
};

char *describe_path(const char *api_version, const char *object); /* a new string; object NULL: the list */

/* NULL and an error (STATUS_UNAVAILABLE) if the text is no describe. */
struct describe *describe_parse(struct text body, struct error *e);
void describe_free(struct describe *d); /* NULL is fine */
struct describe_list *describe_list_parse(struct text body, struct error *e);
void describe_list_free(struct describe_list *l); /* NULL is fine */

const struct describe_field *describe_find(const struct describe *d, const char *name);         /* or NULL */
const struct describe_field *describe_relationship(const struct describe *d, const char *name); /* or NULL */
const struct describe *describe_list_find(const struct describe_list *l, const char *object);   /* or NULL */

/* The name nearest to one that is not there, for "did you mean"; NULL: none is near. Lent. */
const char *describe_list_nearest(const struct describe_list *l, const char *object);
const char *describe_nearest(const struct describe *d, const char *field);

/* May it name a record in an upsert: an external id, or another field that Salesforce looks Ids up by? */
bool describe_is_key(const struct describe_field *f);

/* Does Salesforce find a record by it whatever the case of the value? Only where it is unique so, and e-mail addresses. */
bool describe_ignores_case(const struct describe_field *f);

/* Needed on create: not nillable, not defaulted, createable, and no boolean (they always have a default). */
bool describe_is_required(const struct describe_field *f);

/* What a describe confirms to be missing or not writable for this operation of the route: a failure that names it, or NULL.
 * d NULL: the org has no such object, or hides it. */
struct failure *describe_trouble(const struct describe *d, const struct route *route, enum operation op);

/* The same for a mapped parent (a field with parent_key): can records of `parent` be found by that key? d NULL: no such object. */
struct failure *describe_parent_trouble(const struct describe *d, const char *parent, const struct field *mapped);

#endif
