/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/describe_field.h"

#include <string.h>

static const char *soap_type(enum field_type type)
{
    static const char *const names[FIELD_TYPES] = {
        [FIELD_BOOLEAN] = "xsd:boolean", [FIELD_INT] = "xsd:int",           [FIELD_DOUBLE] = "xsd:double",
        [FIELD_CURRENCY] = "xsd:double", [FIELD_PERCENT] = "xsd:double",    [FIELD_DATE] = "xsd:date",
        [FIELD_TIME] = "xsd:time",       [FIELD_DATETIME] = "xsd:dateTime", [FIELD_ID] = "tns:ID",
        [FIELD_REFERENCE] = "tns:ID",    [FIELD_ADDRESS] = "urn:address"};
    return names[type] ? names[type] : "xsd:string";
}

/* The parts of a ;-separated list. */
static json_t *parts(const char *list, json_t *(*make)(const char *, size_t))
{
    json_t *all = json_array();

    while (list && *list) {
        size_t n = strcspn(list, ";");
        json_array_append_new(all, make(list, n));
        list += n + (list[n] == ';');
    }
    return all;
}

static json_t *picklist_value(const char *text, size_t n)
{
    return json_pack("{s:b, s:b, s:o, s:n, s:o}", "active", 1, "defaultValue", 0, "label", json_stringn(text, n),
                     "validFor", "value", json_stringn(text, n));
}

static json_t *text(const char *s, size_t n)
{
    return json_stringn(s, n);
}

static void set_booleans(json_t *all, const struct field *f)
{
    const struct {
        const char *key;
        bool value;
    } keys[] = {{"aiPredictionField", false},
                {"aggregatable", f->type != FIELD_BOOLEAN},
                {"autoNumber", f->flags & F_AUTO_NUMBER},
                {"calculated", f->flags & F_CALCULATED},
                {"cascadeDelete", false},
                {"caseSensitive", f->flags & F_CASE_SENSITIVE},
                {"createable", f->flags & F_CREATE},
                {"custom", f->flags & F_CUSTOM},
                {"defaultedOnCreate", f->flags & F_DEFAULTED},
                {"dependentPicklist", false},
                {"deprecatedAndHidden", false},
                {"displayLocationInDecimal", false},
                {"encrypted", false},
                {"externalId", f->flags & F_EXTERNAL_ID},
                {"filterable", f->type != FIELD_ADDRESS && f->length <= 255},
                {"formulaTreatNullNumberAsZero", false},
                {"groupable", f->type == FIELD_STRING || f->type == FIELD_PICKLIST},
                {"highScaleNumber", false},
                {"htmlFormatted", false},
                {"idLookup", f->flags & F_ID_LOOKUP},
                {"nameField", f->flags & F_NAME},
                {"namePointing", false},
                {"nillable", f->flags & F_NILLABLE},
                {"permissionable", f->flags & F_NILLABLE},
                {"polymorphicForeignKey", f->refers_to && strchr(f->refers_to, ';')},
                {"queryByDistance", false},
                {"restrictedDelete", false},
                {"restrictedPicklist", f->flags & F_RESTRICTED},
                {"searchPrefilterable", false},
                {"sortable", f->type != FIELD_ADDRESS},
                {"unique", f->flags & F_UNIQUE},
                {"updateable", f->flags & F_UPDATE},
                {"writeRequiresMasterRead", false}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set_new(all, keys[i].key, json_boolean(keys[i].value));
}

static void set_nothings(json_t *all)
{
    static const char *const keys[] = {"calculatedFormula",
                                       "controllerName",
                                       "defaultValueFormula",
                                       "extraTypeInfo",
                                       "filteredLookupInfo",
                                       "inlineHelpText",
                                       "mask",
                                       "maskType",
                                       "referenceTargetField",
                                       "relationshipOrder"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set_new(all, keys[i], json_null());
}

json_t *describe_field(const struct field *f)
{
    bool number = f->type >= FIELD_DOUBLE && f->type <= FIELD_PERCENT;
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "name", f->name, "label", f->label, "type",
                            field_type_names[f->type], "soapType", soap_type(f->type), "length", f->length,
                            "byteLength", f->length * (f->type == FIELD_ID || f->type == FIELD_REFERENCE ? 1 : 3),
                            "digits", f->type == FIELD_INT ? f->precision : 0, "precision", number ? f->precision : 0,
                            "scale", number ? f->scale : 0);
    set_booleans(all, f);
    set_nothings(all);
    json_object_set_new(all, "compoundFieldName", f->compound ? json_string(f->compound) : json_null());
    json_object_set_new(all, "defaultValue", f->type == FIELD_BOOLEAN ? json_false() : json_null());
    json_object_set_new(all, "picklistValues", parts(f->values, picklist_value));
    json_object_set_new(all, "referenceTo", parts(f->refers_to, text));
    json_object_set_new(all, "relationshipName", f->relation ? json_string(f->relation) : json_null());
    return all;
}
