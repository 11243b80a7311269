/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h: the objects and fields that the simulated org has.
 *
 * Begins as the tables of objects.c; the control interface may add objects and fields, hide them (field-level security), make them
 * read-only or take them away. Names are found in any case, as Salesforce does. Pointers to objects stay good for the schema's life;
 * pointers to fields until a field is added to that object. Not thread-safe: the world's lock is around it. */
#ifndef SFSINK_WORKER_SIMULATOR_SCHEMA_H
#define SFSINK_WORKER_SIMULATOR_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
    FIELD_STRING,
    FIELD_TEXTAREA,
    FIELD_EMAIL,
    FIELD_PHONE,
    FIELD_URL,
    FIELD_PICKLIST,
    FIELD_MULTIPICKLIST,
    FIELD_BOOLEAN,
    FIELD_INT,
    FIELD_DOUBLE,
    FIELD_CURRENCY,
    FIELD_PERCENT,
    FIELD_DATE,
    FIELD_DATETIME,
    FIELD_TIME,
    FIELD_ID,
    FIELD_REFERENCE,
    FIELD_ADDRESS,
    FIELD_TYPES
};
extern const char *const field_type_names[FIELD_TYPES];

enum field_flags {
    F_CREATE = 1 << 0,
    F_UPDATE = 1 << 1,
    F_NILLABLE = 1 << 2,
    F_DEFAULTED = 1 << 3, /* defaultedOnCreate */
    F_CUSTOM = 1 << 4,
    F_UNIQUE = 1 << 5,
    F_CASE_SENSITIVE = 1 << 6,
    F_EXTERNAL_ID = 1 << 7,
    F_ID_LOOKUP = 1 << 8,
    F_CALCULATED = 1 << 9,
    F_AUTO_NUMBER = 1 << 10,
    F_RESTRICTED = 1 << 11, /* restrictedPicklist */
    F_NAME = 1 << 12,       /* nameField */
    F_HIDDEN = 1 << 13,     /* by field-level security: not in describe, "No such column" on write */
    F_WRITE = F_CREATE | F_UPDATE,
    F_OPTIONAL = F_CREATE | F_UPDATE | F_NILLABLE
};

struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    int length;            /* characters of text */
    int precision, scale;  /* of double, currency, percent; digits of int are in precision */
    const char *values;    /* of a picklist: "Draft;Sent;Paid" */
    const char *refers_to; /* object names: "Contact;Lead" */
    const char *relation;  /* relationshipName: "Account" */
    const char *compound;  /* compoundFieldName */
    const char *label;     /* NULL in the tables: made from the name */
};

struct object {
    const char *name, *label, *plural;
    char prefix[4];
    bool custom, removed, read_only;
    struct field *fields;
    size_t nfields;
    uint64_t next_number; /* of ids and auto numbers */
};

/* One object of the tables in objects.c, besides the fields that every object has. */
struct object_row {
    const char *name, *label, *plural, *prefix;
    bool read_only;
    bool owned; /* has an OwnerId */
    const struct field *fields;
    size_t nfields;
};
extern const struct object_row object_rows[];
extern const size_t object_row_count;
extern const struct field common_fields[]; /* of every object */
extern const size_t common_field_count;
extern const struct field owner_field;

struct schema;

struct schema *schema_new(int64_t wall_ms);
void schema_free(struct schema *s);

/* Any case; NULL: there is none, or it was removed. */
struct object *schema_object(const struct schema *s, const char *name);
struct object *schema_object_of_id(const struct schema *s, const char *id); /* by its prefix */
struct object *schema_next(const struct schema *s, size_t *i);              /* start with 0; NULL: the end */

/* Any case; hidden ones are not found. */
struct field *object_field(const struct object *o, const char *name);
struct field *object_any_field(const struct object *o, const char *name); /* hidden ones too */
struct field *object_relation(const struct object *o, const char *name);  /* by relationshipName */

/* nillable=false, not defaulted, createable: what describe shows as required. */
bool field_required(const struct field *f);
bool field_is_text(const struct field *f);
bool field_has(const struct field *f, unsigned flags); /* all of them */

/* Changes by the control interface; definitions are JSON objects as in worker/simulator/README.md. NULL, or what is wrong. */
const char *schema_put_object(struct schema *s, const char *name, const json_t *definition, int64_t wall_ms);
const char *schema_put_field(struct schema *s, struct object *o, const char *name, const json_t *definition,
                             int64_t wall_ms);
int64_t schema_modified_ms(const struct schema *s); /* time of day of the last change */

#endif
