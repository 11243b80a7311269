/* SPDX-License-Identifier: Apache-2.0 */
/* document.h: a configuration file, and what it includes, as a tree of nodes that know their file and line.
 *
 *     sfsink.cfg ─┐
 *     routes.cfg ─┴► source.h: one text ──► libconfig ──► struct node
 *
 * The only door to libconfig. Lists and arrays are both lists here. One thread; the tree is read-only once made, except that
 * environment.h fills ${NAME} in. */
#ifndef SFSINK_CONFIG_DOCUMENT_H
#define SFSINK_CONFIG_DOCUMENT_H

#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>

enum node_kind {
    NODE_GROUP,    /* { name = value; … } */
    NODE_LIST,     /* ( … ) and [ … ] */
    NODE_STRING,   /* text */
    NODE_INT,      /* number */
    NODE_REAL,     /* real */
    NODE_BOOL,     /* truth */
    NODE_TOO_LARGE /* a number that libconfig cannot hold; text has its digits */
};

struct node {
    const struct node *parent; /* NULL: the root, a group */
    char *name;                /* NULL in a list */
    enum node_kind kind;
    const char *file; /* lent by the document */
    int line;
    char *text;
    long long number;
    double real;
    bool truth;
    bool refused; /* has its mistake already: whoever reads it says nothing more */
    struct node *children;
    size_t nchildren;
};

struct document;

/* NULL and a mistake if a file cannot be read or is not of libconfig's syntax. */
struct document *document_read(const char *file, struct mistakes *m);
void document_free(struct document *d); /* NULL is fine */
struct node *document_root(struct document *d);

/* The member of a group, or NULL; also "a.b.c", from group to group. NULL has no members. */
const struct node *node_find(const struct node *group, const char *path);

/* "routes[0].fields[2].from"; free() it. With `member`, that member of it. */
char *node_path(const struct node *n, const char *member);

/* "a string", "a number with a fraction", … */
const char *node_kind_name(enum node_kind kind);

/* Adds a mistake under the node's path, or that of its `member` (may be NULL), at the line of what is there. */
void node_mistake(struct mistakes *m, const struct node *n, const char *member, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
