/* SPDX-License-Identifier: Apache-2.0 */
/* change_fixture.h: one event through one route, and what comes of it as a line of text:
 *
 *     upsert 7 {'E__c':7,'A__c':null}      insert and update likewise; - for no key; then " version 5", " group x" where there is one
 *     delete 7
 *     skip where
 *     refuse MAP_TYPE A__c (from a): …     the code and the message
 *
 * Settings, events and results are written with ' for ", so that one can read them. The route writes My__c by E__c, which is mapped from id. */
#ifndef SFSINK_TESTS_CHANGE_FIXTURE_H
#define SFSINK_TESTS_CHANGE_FIXTURE_H

#include "common/text.h"
#include "worker/travel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

/* Where the event came from: topic t, partition 3, offset 41, and this time. */
#define EVENT_TIME 1728000000123

#define ROUTE_DEBEZIUM "format = 'debezium'; external_id = 'E__c'; on_delete = 'delete'; tombstones = 'delete';"
#define ROUTE_ROW "format = 'row'; external_id = 'E__c'; on_delete = 'delete';"

struct event_case {
    const char *name;
    const char *route;      /* its settings besides topic, object and fields; NULL: those of the table */
    const char *fields;     /* entries of `fields` besides E__c's, each with a comma behind; NULL: A__c from a */
    const char *key;        /* NULL: none */
    const char *value;      /* NULL: none */
    const char *headers[4]; /* name, value, name, value */
    const char *result;
};

/* A route, read once, for events whose bytes a C string cannot hold. */
struct route_fixture *route_fixture_new(const char *route, const char *fields); /* either may be NULL, as above */
void route_fixture_free(struct route_fixture *f);

/* The line; yours. The texts are bytes and go as they are; the line has ' for ". */
char *route_fixture_map(struct route_fixture *f, struct text key, struct text value, const struct header *headers,
                        size_t nheaders);

/* A test for each case; then the others. What main() returns. */
int event_cases_run(const char *group, const char *route, const struct event_case *cases, size_t ncases,
                    const struct CMUnitTest *others, size_t nothers);

#endif
