/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/world_fixture.h"

#include "common/memory.h"
#include "worker/simulator/api.h"
#include "worker/simulator/call.h"

#include <stdlib.h>
#include <string.h>

static const struct ask beginning[] = {
    {"POST", "/composite/sobjects",
     "{'records':[{'attributes':{'type':'Account'},'Name':'Acme','External_Id__c':'acme'}]}", 200, "[*"},
    {"POST", "/composite/sobjects",
     "{'records':[{'attributes':{'type':'Contact'},'LastName':'Ada','External_Id__c':'ada','Email':'a@b.example',"
     "'Account':{'External_Id__c':'acme'}},{'attributes':{'type':'Contact'},'LastName':'Bob','External_Id__c':'bob'},"
     "{'attributes':{'type':'Contact'},'LastName':'Gone','External_Id__c':'gone'}]}",
     200, "[*"},
    {"DELETE", "/sobjects/Contact/External_Id__c/gone", NULL, 204, NULL},
};

static void replace(char *s, char from, char to)
{
    for (; *s; s++)
        if (*s == from)
            *s = to;
}

static json_t *json_of(const char *text)
{
    char *json = xstrdup(text);
    replace(json, '\'', '"');
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    if (!value)
        fail_msg("no JSON: %s", json);
    free(json);
    return value;
}

static void check(const struct ask *k, const struct answer *a)
{
    char *got = a->body ? json_dumps(a->body, JSON_ENCODE_ANY | JSON_COMPACT) : xstrdup("");
    const char *wanted = k->answer ? k->answer : "";
    size_t len = strlen(wanted);
    bool open = len > 0 && wanted[len - 1] == '*';

    replace(got, '"', '\'');
    if (a->status != k->status || (open ? strncmp(got, wanted, len - 1) : strcmp(got, wanted)) != 0)
        fail_msg("%s %s: %d %s\nand not %d %s", k->method, k->path, a->status, got, k->status, wanted);
    free(got);
}

static void ask(struct world *w, const struct ask *k)
{
    char *url = xasprintf("%s%s", strncmp(k->path, "/services", 9) == 0 ? "" : "/services/data/v59.0", k->path);
    json_t *body = k->body ? json_of(k->body) : NULL;
    struct answer a = {0};
    struct call c;

    assert_true(call_init(&c, k->method, url));
    c.body = body;
    api_call(w, &c, &a);
    store_settle(w->store);
    json_array_clear(w->touched);
    check(k, &a);
    call_release(&c);
    answer_drop(&a);
    json_decref(body);
    free(url);
}

static void one_case(void **state)
{
    const struct ask_case *c = *state;
    struct world w = {.now_ms = 0};

    settings_reset(&w.at_start);
    world_init(&w);
    for (size_t i = 0; i < N(beginning); i++)
        ask(&w, &beginning[i]);
    if (c->settings) {
        json_t *changes = json_of(c->settings);
        assert_null(settings_change(&w.settings, changes));
        json_decref(changes);
    }
    for (size_t i = 0; i < N(c->asks) && c->asks[i].method; i++)
        ask(&w, &c->asks[i]);
    world_release(&w);
}

int ask_cases_run(const char *group, const struct ask_case *cases, size_t ncases)
{
    struct CMUnitTest *tests = xcalloc(ncases, sizeof *tests);

    for (size_t i = 0; i < ncases; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, one_case, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    int failed = _cmocka_run_group_tests(group, tests, ncases, NULL, NULL);
    free(tests);
    return failed;
}
