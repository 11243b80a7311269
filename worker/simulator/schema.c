/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/schema.h"

#include "common/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_OBJECTS = 64, MOST_FIELDS = 800 };

const char *const field_type_names[FIELD_TYPES] = {
    "string",   "textarea", "email", "phone",    "url",  "picklist", "multipicklist", "boolean", "int", "double",
    "currency", "percent",  "date",  "datetime", "time", "id",       "reference",     "address"};

struct schema {
    struct object *objects[MOST_OBJECTS];
    size_t nobjects;
    json_t *texts; /* the strings of fields and objects that the control interface made */
    int64_t modified_ms;
};

static const char *keep(struct schema *s, const char *text)
{
    json_t *kept = json_string(text);
    json_array_append_new(s->texts, kept);
    return json_string_value(kept);
}

/* "LastName" is "Last Name", "AccountId" "Account ID", "Due_Date__c" "Due Date". */
static const char *make_label(struct schema *s, const char *name)
{
    char label[160];
    size_t n = 0, len = strlen(name);

    if (len > 3 && strcmp(name + len - 3, "__c") == 0)
        len -= 3;
    for (size_t i = 0; i < len && n + 2 < sizeof label; i++) {
        if (i && isupper((unsigned char)name[i]) && islower((unsigned char)name[i - 1]))
            label[n++] = ' ';
        label[n++] = name[i] == '_' ? ' ' : name[i];
    }
    label[n] = '\0';
    if (n >= 3 && strcmp(label + n - 3, " Id") == 0 && name[len - 1] == 'd' && len == strlen(name))
        label[n - 1] = 'D';
    return keep(s, strcmp(label, "Id") == 0 ? "Record ID" : label);
}

static void add_field(struct schema *s, struct object *o, const struct field *f)
{
    o->fields = xreallocarray(o->fields, o->nfields + 1, sizeof *o->fields);
    struct field *to = &o->fields[o->nfields++];
    *to = *f;
    if (!to->label)
        to->label = make_label(s, to->name);
    if (strlen(to->name) > 3 && strcmp(to->name + strlen(to->name) - 3, "__c") == 0)
        to->flags |= F_CUSTOM;
}

static struct object *add_object(struct schema *s, const char *name, const char *prefix)
{
    struct object *o = xcalloc(1, sizeof *o);

    o->name = name;
    o->label = o->plural = name;
    snprintf(o->prefix, sizeof o->prefix, "%s", prefix);
    o->custom = strlen(name) > 3 && strcmp(name + strlen(name) - 3, "__c") == 0;
    for (size_t i = 0; i < common_field_count; i++)
        add_field(s, o, &common_fields[i]);
    s->objects[s->nobjects++] = o;
    return o;
}

struct schema *schema_new(int64_t wall_ms)
{
    struct schema *s = xcalloc(1, sizeof *s);

    s->texts = json_array();
    s->modified_ms = wall_ms;
    for (size_t i = 0; i < object_row_count; i++) {
        const struct object_row *row = &object_rows[i];
        struct object *o = add_object(s, row->name, row->prefix);
        o->label = row->label;
        o->plural = row->plural;
        o->read_only = row->read_only;
        if (row->owned)
            add_field(s, o, &owner_field);
        for (size_t f = 0; f < row->nfields; f++)
            add_field(s, o, &row->fields[f]);
    }
    return s;
}

void schema_free(struct schema *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nobjects; i++) {
        free(s->objects[i]->fields);
        free(s->objects[i]);
    }
    json_decref(s->texts);
    free(s);
}

/* ---- finding ---- */

static struct object *find_object(const struct schema *s, const char *name)
{
    for (size_t i = 0; i < s->nobjects; i++)
        if (strcasecmp(s->objects[i]->name, name) == 0)
            return s->objects[i];
    return NULL;
}

struct object *schema_object(const struct schema *s, const char *name)
{
    struct object *o = name ? find_object(s, name) : NULL;
    return o && !o->removed ? o : NULL;
}

struct object *schema_object_of_id(const struct schema *s, const char *id)
{
    for (size_t i = 0; i < s->nobjects; i++)
        if (strncmp(s->objects[i]->prefix, id, 3) == 0 && !s->objects[i]->removed)
            return s->objects[i];
    return NULL;
}

struct object *schema_next(const struct schema *s, size_t *i)
{
    while (*i < s->nobjects) {
        struct object *o = s->objects[(*i)++];
        if (!o->removed)
            return o;
    }
    return NULL;
}

struct field *object_any_field(const struct object *o, const char *name)
{
    for (size_t i = 0; i < o->nfields; i++)
        if (strcasecmp(o->fields[i].name, name) == 0)
            return &o->fields[i];
    return NULL;
}

struct field *object_field(const struct object *o, const char *name)
{
    struct field *f = object_any_field(o, name);
    return f && !(f->flags & F_HIDDEN) ? f : NULL;
}

struct field *object_relation(const struct object *o, const char *name)
{
    for (size_t i = 0; i < o->nfields; i++)
        if (o->fields[i].relation && !(o->fields[i].flags & F_HIDDEN) && strcasecmp(o->fields[i].relation, name) == 0)
            return &o->fields[i];
    return NULL;
}

bool field_has(const struct field *f, unsigned flags)
{
    return (f->flags & flags) == flags;
}

bool field_required(const struct field *f)
{
    return (f->flags & (F_CREATE | F_NILLABLE | F_DEFAULTED)) == F_CREATE && f->type != FIELD_BOOLEAN;
}

bool field_is_text(const struct field *f)
{
    return f->type <= FIELD_MULTIPICKLIST;
}

/* ---- changing ---- */

static const struct {
    const char *name;
    unsigned flags;
} flag_names[] = {{"createable", F_CREATE},       {"updateable", F_UPDATE},   {"nillable", F_NILLABLE},
                  {"defaulted", F_DEFAULTED},     {"unique", F_UNIQUE},       {"case_sensitive", F_CASE_SENSITIVE},
                  {"external_id", F_EXTERNAL_ID}, {"id_lookup", F_ID_LOOKUP}, {"calculated", F_CALCULATED},
                  {"restricted", F_RESTRICTED},   {"hidden", F_HIDDEN}};

static bool set_flag(struct field *f, const char *key, const json_t *value)
{
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++)
        if (strcmp(flag_names[i].name, key) == 0 && json_is_boolean(value)) {
            f->flags = json_is_true(value) ? f->flags | flag_names[i].flags : f->flags & ~flag_names[i].flags;
            return true;
        }
    return false;
}

static bool set_text(struct schema *s, struct field *f, const char *key, const json_t *value)
{
    const char **to = strcmp(key, "values") == 0      ? &f->values
                      : strcmp(key, "refers_to") == 0 ? &f->refers_to
                      : strcmp(key, "relation") == 0  ? &f->relation
                      : strcmp(key, "label") == 0     ? &f->label
                                                      : NULL;
    if (to && json_is_string(value))
        *to = keep(s, json_string_value(value));
    return to && json_is_string(value);
}

static bool set_number(struct field *f, const char *key, const json_t *value)
{
    int *to = strcmp(key, "length") == 0      ? &f->length
              : strcmp(key, "precision") == 0 ? &f->precision
              : strcmp(key, "scale") == 0     ? &f->scale
                                              : NULL;
    if (to && json_is_integer(value))
        *to = (int)json_integer_value(value);
    return to && json_is_integer(value);
}

static bool set_type(struct field *f, const char *key, const json_t *value)
{
    if (strcmp(key, "type") != 0 || !json_is_string(value))
        return false;
    for (size_t t = 0; t < FIELD_TYPES; t++)
        if (strcmp(field_type_names[t], json_string_value(value)) == 0) {
            f->type = (enum field_type)t;
            return true;
        }
    return false;
}

const char *schema_put_field(struct schema *s, struct object *o, const char *name, const json_t *definition,
                             int64_t wall_ms)
{
    struct field *there = object_any_field(o, name), made = {.flags = F_OPTIONAL, .length = 255, .precision = 18};
    const char *key;
    json_t *value;

    if (!json_is_object(definition))
        return "a field is an object";
    if (!there && o->nfields >= MOST_FIELDS)
        return "too many fields";
    if (there)
        made = *there;
    else
        made.name = keep(s, name);
    json_object_foreach(
        (json_t *)definition, key,
        value) if (!set_flag(&made, key, value) && !set_text(s, &made, key, value) && !set_number(&made, key, value) &&
                   !set_type(&made, key, value)) return "a field has: type, label, length, precision, scale, values, "
                                                        "refers_to, relation, createable, "
                                                        "updateable, nillable, defaulted, unique, case_sensitive, "
                                                        "external_id, id_lookup, calculated, "
                                                        "restricted, hidden";
    if (there)
        *there = made;
    else
        add_field(s, o, &made);
    s->modified_ms = wall_ms;
    return NULL;
}

const char *schema_put_object(struct schema *s, const char *name, const json_t *definition, int64_t wall_ms)
{
    struct object *o = find_object(s, name);
    const json_t *removed = json_object_get(definition, "removed"),
                 *read_only = json_object_get(definition, "read_only");
    char prefix[8];

    if (!json_is_object(definition))
        return "an object is {\"removed\": false, \"read_only\": false}";
    if (!o && s->nobjects >= MOST_OBJECTS)
        return "too many objects";
    if (!o) {
        snprintf(prefix, sizeof prefix, "a%02zu", s->nobjects);
        o = add_object(s, keep(s, name), prefix);
        add_field(s, o, &(struct field){"Name", FIELD_STRING, F_OPTIONAL | F_NAME, .length = 80});
        add_field(s, o, &owner_field);
    }
    o->removed = removed ? json_is_true(removed) : o->removed;
    o->read_only = read_only ? json_is_true(read_only) : o->read_only;
    s->modified_ms = wall_ms;
    return NULL;
}

int64_t schema_modified_ms(const struct schema *s)
{
    return s->modified_ms;
}
