/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink describe`: the org's writable objects, or the fields of one. */
#include "worker/salesforce/describe.h"

#include "common/buffer.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/terminal.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/salesforce/visit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_CEILING = 65536, VALUES_SHOWN = 6 };

struct options {
    const char *object; /* NULL: the list */
    bool json;
};

static bool is_writable(const struct describe *d)
{
    return d->createable || d->updateable || d->deletable;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct describe *)a)->name, ((const struct describe *)b)->name);
}

static void print_json(json_t *root)
{
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* A cell with text of the org's; free() it. */
static char *safe(const char *s)
{
    return terminal_safe(s, strlen(s));
}

/* ---- the list ---- */

static json_t *object_json(const struct describe *d)
{
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "name", d->name, "label", d->label, "custom", d->custom,
                     "createable", d->createable, "updateable", d->updateable, "deletable", d->deletable);
}

static void print_objects_json(const struct describe_list *l)
{
    json_t *all = json_array();

    for (size_t i = 0; i < l->n; i++)
        if (is_writable(&l->objects[i]))
            json_array_append_new(all, object_json(&l->objects[i]));
    print_json(all);
}

static void print_objects(const struct describe_list *l)
{
    struct terminal t = terminal_of(stdout);
    struct table *table = table_new("object", "label", "create", "update", "delete", NULL);

    for (size_t i = 0; i < l->n; i++) {
        const struct describe *d = &l->objects[i];
        char *name = safe(d->name), *label = safe(d->label);
        if (is_writable(d))
            table_row(table, name, label, d->createable ? "yes" : "-", d->updateable ? "yes" : "-",
                      d->deletable ? "yes" : "-");
        free(name);
        free(label);
    }
    table_print(table, &t);
}

static bool show_objects(struct visit *v, bool json, struct error *e)
{
    struct describe_list *l = visit_objects(v, e);

    if (!l)
        return false;
    qsort(l->objects, l->n, sizeof *l->objects, by_name);
    if (json)
        print_objects_json(l);
    else
        print_objects(l);
    describe_list_free(l);
    return true;
}

/* ---- one object ---- */

static json_t *values_json(const struct describe_field *f)
{
    json_t *all = json_array();

    for (size_t i = 0; i < f->nvalues; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:b}", "value", f->values[i].value, "label",
                                             f->values[i].label, "active", f->values[i].active));
    return all;
}

static json_t *references_json(const struct describe_field *f)
{
    json_t *all = json_array();

    for (size_t i = 0; i < f->nreferences; i++)
        json_array_append_new(all, json_string(f->reference_to[i]));
    return all;
}

static json_t *field_json(const struct describe_field *f)
{
    json_t *all =
        json_pack("{s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:b, s:b}", "name", f->name, "label", f->label, "type", f->type,
                  "length", (json_int_t)f->length, "required", describe_is_required(f), "external_id",
                  describe_is_key(f), "unique", f->unique, "createable", f->createable, "updateable", f->updateable);

    json_object_set_new(all, "id_lookup", json_boolean(f->id_lookup));
    json_object_set_new(all, "digits", json_integer(f->digits));
    json_object_set_new(all, "precision", json_integer(f->precision));
    json_object_set_new(all, "scale", json_integer(f->scale));
    json_object_set_new(all, "reference_to", references_json(f));
    json_object_set_new(all, "relationship_name",
                        f->relationship_name[0] ? json_string(f->relationship_name) : json_null());
    json_object_set_new(all, "restricted_picklist", json_boolean(f->restricted_picklist));
    json_object_set_new(all, "picklist_values", values_json(f));
    return all;
}

static void print_fields_json(const struct describe *d)
{
    json_t *root = object_json(d), *fields = json_array();

    for (size_t i = 0; i < d->nfields; i++)
        json_array_append_new(fields, field_json(&d->fields[i]));
    json_object_set_new(root, "fields", fields);
    print_json(root);
}

static char *length_cell(const struct describe_field *f)
{
    if (f->length > 0)
        return xasprintf("%lld", (long long)f->length);
    if (f->precision > 0)
        return xasprintf("%d.%d", f->precision - f->scale, f->scale);
    return f->digits > 0 ? xasprintf("%d", f->digits) : xstrdup("");
}

/* What else a mapping has to know: picklist values, the parent's name, whether it can be written at all. */
static char *notes_cell(const struct describe_field *f)
{
    struct buffer b = BUFFER_INIT(CELL_CEILING);

    if (!f->createable && !f->updateable)
        buffer_add_string(&b, "read-only");
    else if (!f->updateable)
        buffer_add_string(&b, "on create only");
    else if (!f->createable)
        buffer_add_string(&b, "on update only");
    if (f->relationship_name[0] && f->nreferences)
        buffer_printf(&b, "%s%s -> %s", b.len ? "; " : "", f->relationship_name, f->reference_to[0]);
    if (f->nvalues)
        buffer_printf(&b, "%s%s", b.len ? "; " : "", f->restricted_picklist ? "only: " : "");
    for (size_t i = 0; i < f->nvalues && i < VALUES_SHOWN; i++)
        buffer_printf(&b, "%s%s", i ? ", " : "", f->values[i].value);
    if (f->nvalues > VALUES_SHOWN)
        buffer_printf(&b, ", and %zu more", f->nvalues - VALUES_SHOWN);
    char *cell = terminal_safe(b.bytes ? b.bytes : "", b.len);
    buffer_release(&b);
    return cell;
}

static void print_fields(const struct describe *d)
{
    struct terminal t = terminal_of(stdout);
    struct table *table = table_new("field", "label", "type", ">length", "required", "external id", "notes", NULL);

    for (size_t i = 0; i < d->nfields; i++) {
        const struct describe_field *f = &d->fields[i];
        char *name = safe(f->name), *label = safe(f->label), *length = length_cell(f), *notes = notes_cell(f);
        table_row(table, name, label, f->type, length, describe_is_required(f) ? "yes" : "-",
                  f->external_id       ? "yes"
                  : describe_is_key(f) ? "lookup"
                                       : "-",
                  notes);
        free(name);
        free(label);
        free(length);
        free(notes);
    }
    table_print(table, &t);
}

static bool unknown(struct visit *v, const char *object, struct error *e)
{
    struct describe_list *l = visit_objects(v, e);

    if (!l)
        return false;
    const char *nearest = describe_list_nearest(l, object);
    error_set(e, STATUS_FOUND, "describe %s: the org has no such object, or the user may not see it", object);
    if (nearest)
        error_hint(e, "did you mean %s? All of them: sfsink describe", nearest);
    else
        error_hint(e, "sfsink describe lists them; a permission set of the user may hide it");
    describe_list_free(l);
    return false;
}

static bool show_fields(struct visit *v, const char *object, bool json, struct error *e)
{
    bool missing;
    struct describe *d = visit_object(v, object, &missing, e);

    if (!d)
        return missing ? unknown(v, object, e) : false;
    if (json)
        print_fields_json(d);
    else
        print_fields(d);
    describe_free(d);
    return true;
}

/* ---- the command ---- */

static bool read_options(int argc, char **argv, struct options *o, struct error *e)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (argv[i][0] != '-' && !o->object) {
            o->object = argv[i];
        } else {
            error_set(e, STATUS_USAGE, "describe %s: not understood", argv[i]);
            return error_hint(e, "sfsink describe --help");
        }
    }
    return true;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct options o = {0};
    struct error e = {0};
    int status = STATUS_OK;

    if (!read_options(argc, argv, &o, &e))
        return error_print(&e);
    struct config *config = configured(config_file, &status);
    if (!config)
        return status;
    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    struct visit *v = visit_new(config);
    if (!(o.object ? show_fields(v, o.object, o.json, &e) : show_objects(v, o.json, &e)))
        status = error_print(&e);
    visit_free(v);
    config_free(config);
    return status;
}

const struct command command_describe = {
    "describe",
    "[OBJECT] [--json]",
    "the org's writable objects, or one object's fields",
    "Asks the org, as the user that sfsink is logged in as: what this user may not see is not shown.\n"
    "Of an object: name, label, type, length (of a number its digits, as 16.2), whether it is required on create, "
    "whether it is\n"
    "an external id (\"lookup\": no external id, but Salesforce takes it as one), and notes: picklist values "
    "(\"only:\" where no\n"
    "others are taken), the name of a parent (\"Account -> Account\": to = \"Account.External_Id__c\"), what cannot be "
    "written.\n\n"
    "    --json  everything, for programs\n\n"
    "Exit status: 0 done; 1 there is no such object; 69 Salesforce cannot be reached; 77 not logged in or not "
    "allowed;\n"
    "78 wrong configuration.\n",
    run,
};
