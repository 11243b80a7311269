/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: THE TABLE. One row a setting drives reading, default, range, error text, `sfsink help config`, the reference page, the
 * example file, what is printed, and "did you mean".
 *
 *     path "batch.linger_ms" ── where it goes ── default ── range or choices ── may change while running ── help
 *
 * To add a setting: a member in config.h (of a route: written.h), a row here, `make docs`. Read-only, any thread. */
#ifndef SFSINK_CONFIG_SETTINGS_H
#define SFSINK_CONFIG_SETTINGS_H

#include "config/shapes.h"

#include <stdbool.h>
#include <stddef.h>

enum setting_type {
    SET_BOOL,        /* bool */
    SET_INT,         /* int, min to max */
    SET_CHOICE,      /* an enum */
    SET_STRING,      /* char *, min to max bytes, of a shape */
    SET_URL,         /* char *, without a slash at its end */
    SET_PATH,        /* char *, made absolute from the configuration file's directory */
    SET_SECRET,      /* char *, never shown */
    SET_SECRET_FILE, /* the path of a file that holds the secret in the row before */
    SET_CONSTANT,    /* char *, a string, number or boolean as JSON text; NULL: none */
    SET_PROPERTIES,  /* kafka.properties */
    SET_GROUP,       /* a group with a table of its own */
    SET_LIST         /* a list of such groups */
};

struct choice {
    const char *name;
    int value;
    const char *refused; /* NULL: allowed; else why not, and what to use */
};

struct setting {
    const char *path; /* inside its table */
    enum setting_type type;
    size_t offset;
    const char *initial; /* the default, as text; NULL: it must be given */
    long long min, max;
    const struct choice *choices; /* ends with a NULL name */
    shape *shape;                 /* of a text that is not empty; NULL: any */
    const struct table *of;       /* SET_GROUP, SET_LIST */
    bool reload;                  /* SIGHUP takes it over */
    const char *example;          /* for the example file, in libconfig's syntax, where the default says nothing */
    const char *help;
};

struct table {
    const struct setting *rows;
    size_t n;
};

extern const struct table settings_config;   /* into struct config */
extern const struct table settings_route;    /* into struct written_route */
extern const struct table settings_field;    /* into struct written_field */
extern const struct table settings_version;  /* into struct written_version */
extern const struct table settings_audience; /* into struct written_audience */

/* A row by its path, or NULL. */
const struct setting *settings_find(const struct table *t, const char *path);

/* The name of a choice by its value. */
const char *settings_choice_name(const struct setting *s, int value);

/* The last part of a path: "linger_ms". */
const char *settings_leaf(const char *path);

/* A member of a struct that a table fills. */
static inline void *setting_at(const struct setting *s, void *into)
{
    return (char *)into + s->offset;
}

#endif
