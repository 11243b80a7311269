/* SPDX-License-Identifier: Apache-2.0 */
/* world_fixture.h: the simulated org without its HTTP: calls one after the other, and what each answers.
 *
 * Texts are written with ' for ". An org begins with Account acme, Contact ada (of acme, Email a@b.example), Contact bob, and Contact gone, which is deleted.
 * (The same rules over HTTP, by another's client: tests/system/test_simulator*.py.) */
#ifndef SFSINK_TESTS_WORLD_FIXTURE_H
#define SFSINK_TESTS_WORLD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

#define ACME "0015f0000000001AAA"
#define ADA "0035f0000000001AAA"
#define BOB "0035f0000000002AAA"
#define GONE "0035f0000000003AAA"

struct ask {
    const char *method;
    const char *path; /* behind /services/data/v59.0, unless it begins with /services */
    const char *body; /* NULL: none */
    int status;
    const char *answer; /* the body as compact JSON; a * at its end stands for any rest; NULL: no body */
};

struct ask_case {
    const char *name;
    const char *settings; /* of the org, as PATCH /control/settings takes them; NULL: none */
    struct ask asks[6];   /* until one without a method */
};

/* A test for each case; what main() returns. */
int ask_cases_run(const char *group, const struct ask_case *cases, size_t ncases);

#endif
