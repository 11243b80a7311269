/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sender_fixture.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TURNS = 12 };

struct org org_start(const struct exchange *script)
{
    struct org org = {.net = fake_http_new(script), .now = 1000};

    org.sender = sender_new(sample_config(), fake_http_client(org.net));
    return org;
}

struct batch *org_send(struct org *org, struct batch *b)
{
    assert_true(org->nbatches < N(org->batches));
    org->batches[org->nbatches++] = b;
    sender_send(org->sender, org->now, b);
    return b;
}

struct answer org_answer(struct org *org)
{
    struct answer a = {0};

    for (int turn = 0; turn < MAX_TURNS; turn++)
        if (sender_next_answer(org->sender, ++org->now, &a))
            return a;
    fail_msg("no answer");
    return a;
}

void org_stop(struct org *org)
{
    assert_int_equal(fake_http_unexpected(org->net), 0);
    assert_int_equal(fake_http_left(org->net), 0);
    sender_free(org->sender);
    assert_int_equal(fake_http_open(org->net), 0);
    fake_http_free(org->net);
    for (size_t i = 0; i < org->nbatches; i++)
        sample_batch_free(org->batches[i]);
}

static const struct refusal *first_refusal(const struct answer *a)
{
    if (a->failure)
        return &a->failure->refusals[0];
    for (size_t i = 0; i < a->noutcomes; i++)
        if (a->outcomes[i].failure)
            return &a->outcomes[i].failure->refusals[0];
    return NULL;
}

static void one_batch(void **state)
{
    const struct sender_case *c = *state;
    struct org org = org_start(c->script);
    struct batch *b = org_send(&org, sample_batch(7, c->op, c->n));
    sample_write(b, 0)->unanswered = c->resent;
    sample_write(b, 0)->inherited = c->inherited;
    struct answer a = org_answer(&org);

    assert_int_equal(a.batch, 7);
    const struct refusal *refusal = first_refusal(&a);
    if (c->code ? !refusal || strcmp(refusal->code, c->code) != 0 : refusal != NULL)
        fail_msg("%s: %s", refusal ? refusal->code : "no failure", refusal ? refusal->message : "");
    assert_int_equal(a.kind, c->kind);
    if (a.kind == ANSWER_RESULTS) {
        assert_int_equal(a.noutcomes, c->n);
        for (size_t i = 0; i < c->n; i++)
            assert_int_equal(a.outcomes[i].kind, c->outcomes[i]);
    }
    if (c->wait_ms != ANY_WAIT)
        assert_int_equal(a.wait_ms, c->wait_ms ? c->wait_ms : -1);
    assert_int_equal(a.suspect, c->suspect - 1);
    answer_release(&a);
    org_stop(&org);
}

int sender_cases_run(const char *group, const struct sender_case *cases, size_t ncases,
                     const struct CMUnitTest *conversations, size_t nconversations)
{
    struct CMUnitTest *tests = xcalloc(ncases + nconversations, sizeof *tests);

    for (size_t i = 0; i < ncases; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, one_batch, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    memcpy(tests + ncases, conversations, nconversations * sizeof *tests);
    int failed = _cmocka_run_group_tests(group, tests, ncases + nconversations, NULL, NULL);
    free(tests);
    return failed;
}
