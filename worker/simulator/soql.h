/* SPDX-License-Identifier: Apache-2.0 */
/* soql.h: reads a SOQL statement into a tree. Pure; knows no object: whether fields exist is query.h's business.
 *
 *     SELECT a, B.c, COUNT() FROM X WHERE (a = 'v' OR b IN ('x', 'y')) AND NOT c > 5 ORDER BY a DESC NULLS LAST LIMIT 5 OFFSET 2
 *
 * The tree is one allocation less each for fields, conditions and literals: soql_free() frees all. Texts of names point into a copy of the
 * statement. Statements up to 100,000 characters, nested 100 deep. */
#ifndef SFSINK_WORKER_SIMULATOR_SOQL_H
#define SFSINK_WORKER_SIMULATOR_SOQL_H

#include "common/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum soql_op {
    SOQL_AND, /* left, right */
    SOQL_OR,
    SOQL_NOT, /* left */
    SOQL_EQ,  /* field, value; and the others */
    SOQL_NE,
    SOQL_LT,
    SOQL_LE,
    SOQL_GT,
    SOQL_GE,
    SOQL_LIKE,
    SOQL_IN, /* value is an array */
    SOQL_NOT_IN
};

struct soql_condition {
    enum soql_op op;
    struct soql_condition *left, *right;
    char *field;   /* "Account.Name" */
    json_t *value; /* string, integer, real, boolean, null; a date or datetime literal is a string with `bare` */
    bool bare;     /* the value was not quoted */
};

struct soql_order {
    char *field;
    bool descending, nulls_last;
};

struct soql {
    char **fields; /* "Id", "Account.Name" */
    size_t *at;    /* where each stood in the statement, counted from 0 */
    size_t nfields;
    bool count; /* SELECT COUNT() */
    char *object;
    struct soql_condition *where; /* NULL: all */
    struct soql_order *orders;
    size_t norders;
    int64_t limit, offset; /* limit -1: none */
};

/* NULL, and the message of MALFORMED_QUERY in `why`, if it is none. */
struct soql *soql_parse(struct text statement, char why[256]);
void soql_free(struct soql *q); /* NULL is fine */

#endif
