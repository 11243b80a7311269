/* SPDX-License-Identifier: Apache-2.0 */
/* written.h: a route as it is written in the file: what the tables of settings.h fill, routes.h makes a struct route of, and
 * print.c shows again. Strings are never NULL; constants are JSON text, NULL if not given. */
#ifndef SFSINK_CONFIG_WRITTEN_H
#define SFSINK_CONFIG_WRITTEN_H

#include "config/route.h"

struct written_field {
    char *to, *from, *jq;
    char *value, *initial; /* constants */
    bool required;
    enum on_null on_null;
    enum as as;
    enum unit unit;
};

struct written_version {
    char *field, *from, *jq;
};

struct written_audience {
    unsigned mode, in;
    char *campaign_id, *status, *field;
    char *present, *absent; /* constants */
    int max_remove_percent;
};

enum object { OBJECT_CONTACT, OBJECT_LEAD, OBJECT_ACCOUNT, OBJECT_OPPORTUNITY, OBJECT_CUSTOM };

struct written_route {
    char *name, *topic;
    enum format format;
    enum object object;
    char *custom_object;
    enum mode mode;
    char *external_id;
    enum on_delete on_delete;
    enum tombstones tombstones;
    char *where;
    bool skip_unchanged;
    struct written_version version; /* without a field's name: none */
    char *group_by;
    bool auto_assign, allow_duplicates;
    struct written_field *fields;
    size_t nfields;
};

#endif
