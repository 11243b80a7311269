/* SPDX-License-Identifier: Apache-2.0 */
/* The sender against our simulator, over real sockets: both were written from the wire's description, and neither knows the other.
 * (What a scripted answer can show: the other test_sender files.) */
#include "common/clock.h"
#include "common/http_client.h"
#include "common/memory.h"
#include "tests/unit/live_control.h"
#include "tests/unit/sample_org.h"
#include "worker/salesforce/sender.h"
#include "worker/simulator/simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

enum { TOO_LONG_MS = 20000, MANY = 11 };

static struct simulator *sim;
static struct http_client *http;
static struct sender *sender;
static uint64_t last_batch;

static void make_sender(void)
{
    struct config *c = sample_config();

    c->salesforce.auth.login_url = (char *)(uintptr_t)simulator_url(sim);
    c->salesforce.compress = true;
    http = http_client_new(&(struct http_client_options){.compress = true});
    sender = sender_new(c, http);
}

static int start(void **state)
{
    struct error e = {0};
    (void)state;

    sim = simulator_start(&(struct simulator_options){.listen = "127.0.0.1:0"}, &e);
    if (!sim)
        return -1;
    make_sender();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sender_free(sender);
    http_client_free(http);
    simulator_stop(sim);
    return 0;
}

/* Sends the batch, frees it, and gives its answer. */
static struct answer carry(struct batch *b)
{
    struct answer a = {0};
    int64_t until = clock_ms() + TOO_LONG_MS;

    sender_send(sender, clock_ms(), b);
    while (!sender_next_answer(sender, clock_ms(), &a)) {
        if (clock_ms() > until)
            fail_msg("no answer");
        http_client_wait(http, NULL, 0, 20);
    }
    assert_int_equal(a.batch, b->id);
    sample_batch_free(b);
    return a;
}

static struct batch *next_batch(enum operation op, size_t n)
{
    return sample_batch(++last_batch, op, n);
}

/* All of them ended like this. */
static void assert_all(struct answer a, enum outcome_kind kind)
{
    if (a.kind != ANSWER_RESULTS)
        fail_msg("%d: %s: %s", (int)a.kind, a.failure->refusals[0].code, a.failure->refusals[0].message);
    for (size_t i = 0; i < a.noutcomes; i++)
        if (a.outcomes[i].kind != kind)
            fail_msg("%zu: %d: %s", i, (int)a.outcomes[i].kind,
                     a.outcomes[i].failure ? a.outcomes[i].failure->refusals[0].message : "");
    answer_release(&a);
}

static size_t stored(void)
{
    json_t *all = simulator_records(sim, "Contact");
    size_t n = json_array_size(all);

    json_decref(all);
    return n;
}

static void every_operation(void **state)
{
    uint64_t calls;
    (void)state;

    assert_all(carry(next_batch(OP_UPSERT, 3)), OUTCOME_APPLIED);
    assert_int_equal(stored(), 3);
    calls = simulator_counts(sim).api_calls;
    assert_all(carry(next_batch(OP_UPSERT, MANY)), OUTCOME_APPLIED); /* four collections in one call */
    assert_int_equal(simulator_counts(sim).api_calls, calls + 1);
    assert_int_equal(stored(), MANY);
    assert_all(carry(next_batch(OP_UPDATE, MANY)), OUTCOME_APPLIED);
    assert_int_equal(simulator_counts(sim).api_calls, calls + 3);
    assert_all(carry(next_batch(OP_DELETE, MANY)), OUTCOME_APPLIED);
    assert_int_equal(simulator_counts(sim).api_calls, calls + 4); /* the Ids were remembered */
    assert_int_equal(stored(), 0);
    assert_all(carry(next_batch(OP_DELETE, 2)), OUTCOME_APPLIED);
    assert_all(carry(next_batch(OP_UPDATE, 2)), OUTCOME_REFUSED);
    assert_all(carry(next_batch(OP_INSERT, 2)), OUTCOME_APPLIED);
    assert_int_equal(stored(), 2);
    assert_all(carry(next_batch(OP_INSERT, 2)), OUTCOME_REFUSED);
    struct batch *resent = next_batch(OP_INSERT, 2);
    for (size_t i = 0; i < 2; i++)
        sample_write(resent, i)->unanswered = true;
    assert_all(carry(resent), OUTCOME_APPLIED);
    assert_int_equal(stored(), 2);
}

static void keys_that_need_escaping(void **state)
{
    static const char *const keys[] = {"O'Hara\\", "a,b&c=d+e%20", "\xc3\xa4\xe2\x82\xac"};
    (void)state;

    for (int op = OP_INSERT; op <= OP_DELETE; op++) {
        struct batch *b = next_batch((enum operation)op, N(keys));
        for (size_t i = 0; i < N(keys); i++) {
            json_t *text = json_string(keys[i]);
            char *encoded = json_dumps(text, JSON_ENCODE_ANY);
            sample_set_key(b, i, keys[i]);
            if (op != OP_DELETE)
                sample_set_external_id(b, i, encoded);
            free(encoded);
            json_decref(text);
        }
        assert_all(carry(b), OUTCOME_APPLIED);
    }
    assert_int_equal(stored(), 2); /* the two of before */
}

static void an_expired_token_costs_nothing(void **state)
{
    (void)state;
    assert_all(carry(next_batch(OP_UPSERT, 3)), OUTCOME_APPLIED);
    live_control(sim, "POST", "tokens/expire", "{}");
    assert_all(carry(next_batch(OP_UPSERT, 3)), OUTCOME_APPLIED);
    live_control(sim, "POST", "tokens/expire", "{}");
    assert_all(carry(next_batch(OP_UPDATE, 3)), OUTCOME_APPLIED);
}

static void what_looks_like_a_reference_arrives(void **state)
{
    struct batch *b = next_batch(OP_UPSERT, MANY);
    (void)state;

    sample_set_name(b, 7, "\"@{c0[0].id}\"");
    assert_all(carry(b), OUTCOME_APPLIED);
    json_t *all = simulator_records(sim, "Contact");
    size_t found = 0, i;
    const json_t *record;
    json_array_foreach(all, i, record)
    {
        const char *name = json_string_value(json_object_get(record, "LastName"));
        found += name && strcmp(name, "@{c0[0].id}") == 0;
    }
    json_decref(all);
    assert_int_equal(found, 1);
}

static void a_hidden_field_halts_until_it_is_back(void **state)
{
    (void)state;
    live_control(sim, "PUT", "objects/Contact/fields/LastName", "{\"hidden\":true}");
    for (int i = 0; i < 2; i++) {
        struct answer a = carry(next_batch(OP_UPSERT, 2));
        assert_int_equal(a.kind, ANSWER_RESULTS);
        assert_int_equal(a.outcomes[0].kind, OUTCOME_HALT);
        assert_string_equal(a.outcomes[0].failure->refusals[0].fields, "LastName");
        answer_release(&a);
    }
    live_control(sim, "PUT", "objects/Contact/fields/LastName", "{\"hidden\":false}");
    assert_all(carry(next_batch(OP_UPSERT, 2)), OUTCOME_APPLIED);
}

static void a_removed_object_halts(void **state)
{
    static char gone[] = "Gone__c";
    (void)state;

    char *object = sample_route()->object;
    sample_route()->object = gone;
    struct answer a = carry(next_batch(OP_UPSERT, 2));
    sample_route()->object = object;
    assert_int_equal(a.kind, ANSWER_HALT);
    assert_non_null(strstr(a.failure->refusals[0].message, "Gone__c"));
    answer_release(&a);
}

static void faults_of_the_wire(void **state)
{
    static const struct {
        const char *fault;
        enum answer_kind kind;
    } faults[] = {
        {"{\"path\":\"*/composite/*\",\"times\":1,\"status\":503,\"body\":\"<html>\",\"content_type\":\"text/html\"}",
         ANSWER_FAILED},
        {"{\"path\":\"*/composite/*\",\"times\":1,\"drop\":true}", ANSWER_UNKNOWN},
        {"{\"path\":\"*/composite/*\",\"times\":1,\"drop\":true,\"applied\":true}", ANSWER_UNKNOWN},
        {"{\"path\":\"*/composite/*\",\"times\":1,\"cut\":true,\"applied\":true}", ANSWER_UNKNOWN},
        {"{\"path\":\"*/composite/*\",\"times\":1,\"results\":1,\"applied\":true}", ANSWER_UNKNOWN},
    };
    (void)state;

    for (size_t i = 0; i < N(faults); i++) {
        live_control(sim, "POST", "faults", faults[i].fault);
        struct answer a = carry(next_batch(OP_UPSERT, 2));
        if (a.kind != faults[i].kind)
            fail_msg("%s: %d", faults[i].fault, (int)a.kind);
        answer_release(&a);
        assert_all(carry(next_batch(OP_UPSERT, 2)), OUTCOME_APPLIED);
    }
}

static void odd_but_legal_answers(void **state)
{
    (void)state;
    live_control(sim, "PATCH", "settings",
                 "{\"pretty_print\":true,\"extra_keys\":true,\"created_on_failure\":true,\"error_fields\":\"null\"}");
    assert_all(carry(next_batch(OP_UPSERT, MANY)), OUTCOME_APPLIED);
    assert_all(carry(next_batch(OP_UPDATE, 3)), OUTCOME_APPLIED);
    struct batch *b = next_batch(OP_UPSERT, 1);
    sample_set_name(b, 0, "null");
    assert_all(carry(b), OUTCOME_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation),
        cmocka_unit_test(keys_that_need_escaping),
        cmocka_unit_test(an_expired_token_costs_nothing),
        cmocka_unit_test(what_looks_like_a_reference_arrives),
        cmocka_unit_test(a_hidden_field_halts_until_it_is_back),
        cmocka_unit_test(a_removed_object_halts),
        cmocka_unit_test(faults_of_the_wire),
        cmocka_unit_test(odd_but_legal_answers),
    };

    return cmocka_run_group_tests_name("sender_wire", tests, start, stop);
}
