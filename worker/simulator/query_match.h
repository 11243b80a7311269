/* SPDX-License-Identifier: Apache-2.0 */
/* query_match.h: whether a record meets a condition, and in which order records come. Part of query_call(). */
#ifndef SFSINK_WORKER_SIMULATOR_QUERY_MATCH_H
#define SFSINK_WORKER_SIMULATOR_QUERY_MATCH_H

#include "worker/simulator/soql.h"
#include "worker/simulator/world.h"

/* The value of a path such as "Account.Name", lent; NULL where it is empty. */
const json_t *query_value(const struct world *w, const struct record *r, const char *path);
/* The field at the end of a path, seen from an object; NULL: there is none. */
const struct field *query_field(const struct world *w, const struct object *o, const char *path);

bool query_meets(const struct world *w, const struct record *r, const struct soql_condition *c);
void query_sort(const struct world *w, const struct soql *q, struct record **records, size_t n);

#endif
