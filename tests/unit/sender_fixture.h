/* SPDX-License-Identifier: Apache-2.0 */
/* sender_fixture.h: whole batches through a scripted Salesforce: what goes out, and what the engine is told.
 *
 *     struct org org = org_start(script);
 *     org_send(&org, sample_batch(1, OP_UPSERT, 2));
 *     struct answer a = org_answer(&org);
 *     …
 *     answer_release(&a);
 *     org_stop(&org);                            // the script has to be used up, and nothing else asked
 *
 * Most tests are one batch and one answer: rows of a table (struct sender_case). */
#ifndef SFSINK_TESTS_SENDER_FIXTURE_H
#define SFSINK_TESTS_SENDER_FIXTURE_H

#include "tests/unit/fake_http.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

/* ---- what is asked, what is answered ---- */

#define TOKEN                                                                                                          \
    {                                                                                                                  \
        .request = "POST /services/oauth2/token", .status = 200, .body = SAMPLE_TOKEN,                                 \
        .body_has = "grant_type=client_credentials"                                                                    \
    }
#define UPSERT .request = "PATCH /services/data/v59.0/composite/sobjects/Contact/External_Id__c"
#define OK "{\"id\":\"003000000000001AAA\",\"success\":true,\"errors\":[],\"created\":true}"
#define BAD(code, message)                                                                                             \
    "{\"success\":false,\"errors\":[{\"statusCode\":\"" code "\",\"message\":\"" message "\",\"fields\":[]}]}"
#define WHOLE(code, message) "[{\"errorCode\":\"" code "\",\"message\":\"" message "\"}]"

/* ---- conversations ---- */

struct org {
    struct fake_http *net;
    struct sender *sender;
    struct batch *batches[20];
    size_t nbatches;
    int64_t now;
};

struct org org_start(const struct exchange *script);      /* lent; {0} ends it */
struct batch *org_send(struct org *org, struct batch *b); /* the batch is freed by org_stop */
struct answer org_answer(struct org *org);                /* the next one, in as many turns as the conversation takes */
void org_stop(struct org *org);

/* ---- one batch, one answer ---- */

enum { ANY_WAIT = 1 };

struct sender_case {
    const char *name;
    enum operation op; /* OP_UPSERT where none is named */
    size_t n;
    bool resent;    /* the first record has been sent before, without an answer */
    bool inherited; /* or maybe by a worker that was killed */
    struct exchange script[8];
    enum answer_kind kind;
    enum outcome_kind outcomes[4]; /* where the answer has results */
    const char *code; /* of the answer's failure, or of the first outcome that has one; NULL: nothing failed */
    int64_t wait_ms;  /* 0: no wait is asked for; ANY_WAIT: not looked at */
    int suspect;      /* the guilty record, counted from 1; 0: none is known */
};

/* A test for each case, then the tests of conversations; what main() returns. */
int sender_cases_run(const char *group, const struct sender_case *cases, size_t ncases,
                     const struct CMUnitTest *conversations, size_t nconversations);

#endif
