/* SPDX-License-Identifier: Apache-2.0 */
/* What `sfsink map` does not print: where slots lie, identity, group, version, what a refusal still knows. (What it prints: tests/data/map.) */
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct config *config;
    struct mapper *mapper;
    struct message *message;
    struct meaning meaning;
};

static const char settings[] =
    "routes = ( { topic = \"t\"; format = \"debezium\"; object = \"Contact\"; external_id = \"E__c\";\n"
    "    on_delete = \"delete\"; tombstones = \"delete\"; group_by = \"AccountId\";\n"
    "    version: { field = \"V__c\"; from = \"@source.lsn\"; };\n"
    "    fields = ( { to = \"E__c\"; from = \"id\"; }, { to = \"LastName\"; from = \"name\"; required = true; },\n"
    "               { to = \"AccountId\"; from = \"account\"; }, { to = \"Birthdate\"; from = \"day\"; as = \"date\"; "
    "} ); },\n"
    "  { topic = \"u\"; format = \"debezium\"; object = \"Contact\"; mode = \"update\"; on_delete = \"dead_letter\";\n"
    "    tombstones = \"skip\"; fields = ( { to = \"Id\"; from = \"id\"; } ); } );\n";

enum { ID, NAME, ACCOUNT, DAY, VERSION };

static int set_up(void **state)
{
    char file[] = "/tmp/test_change_XXXXXX", *mistakes = NULL;
    struct fixture *f = xcalloc(1, sizeof *f);
    int fd = mkstemp(file);
    if (fd < 0 || write(fd, settings, sizeof settings - 1) < 0)
        return 1;
    close(fd);
    f->config = config_load(file, &mistakes);
    unlink(file);
    if (!f->config)
        fail_msg("%s", mistakes);
    f->mapper = mapper_new();
    *state = f;
    return 0;
}

static void forget(struct fixture *f)
{
    free(f->meaning.record);
    failure_free(f->meaning.failure);
    free(f->meaning.key);
    free(f->message);
    f->meaning = (struct meaning){0};
    f->message = NULL;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    forget(f);
    mapper_free(f->mapper);
    config_free(f->config);
    free(f);
    return 0;
}

static struct meaning *map(struct fixture *f, size_t route, const char *key, const char *value)
{
    forget(f);
    f->message = message_new(1, route ? "u" : "t", 0, 7, 5, text_of(key), text_of(value), NULL, 0);
    f->meaning = mapper_map(f->mapper, f->config->routes[route], f->message);
    return &f->meaning;
}

static bool inside(struct text t, const void *block, size_t bytes)
{
    return t.at >= (const char *)block && t.at + t.len <= (const char *)block + bytes;
}

static void a_record_is_one_block(void **state)
{
    struct fixture *f = *state;
    const struct record *r =
        map(f, 0, NULL,
            "{\"op\":\"c\",\"after\":{\"id\":\"K1\",\"name\":\"N\\n\",\"account\":\"001D000000IRt53\",\"day\":"
            "\"2024-10-04T01:00:00\"},\"source\":{\"lsn\":\"0042\"}}")
            ->record;

    assert_int_equal(r->op, OP_UPSERT);
    assert_int_equal(r->nslots, 5);
    assert_true(text_is(r->slots[NAME], "\"N\\n\""));
    assert_true(text_is(r->slots[DAY], "\"2024-10-04\""));
    assert_true(text_is(r->slots[VERSION], "42"));
    assert_true(inside(r->slots[NAME], f->message, f->message->bytes));
    assert_true(inside(r->slots[DAY], r, r->bytes));
    assert_true(inside(r->key, r, r->bytes) && inside(r->identity, r, r->bytes) && inside(r->group, r, r->bytes));
    assert_true(r->has_version);
    assert_int_equal(r->version, 42);
    assert_true(text_is(r->key, "K1"));
    assert_true(text_is(r->identity, "k1"));
    assert_true(text_is(r->group, "001d000000irt53iad"));
    assert_int_equal(r->key_space, f->config->routes[0]->key_space);
    assert_true(r->overhead > row_overhead(f->config->routes[0]));
}

static void an_absent_group_is_none(void **state)
{
    struct fixture *f = *state;
    const char *const values[] = {
        "{\"op\":\"c\",\"after\":{\"id\":1,\"name\":\"N\"},\"source\":{\"lsn\":1}}",
        "{\"op\":\"c\",\"after\":{\"id\":1,\"name\":\"N\",\"account\":null},\"source\":{\"lsn\":1}}"};
    for (size_t i = 0; i < 2; i++)
        assert_null(map(f, 0, NULL, values[i])->record->group.at);
}

static void a_delete_has_key_and_group_alone(void **state)
{
    struct fixture *f = *state;
    const struct record *r =
        map(f, 0, "{\"id\":9}", "{\"op\":\"d\",\"before\":{\"name\":\"N\",\"account\":\"A1\"},\"after\":null}")->record;

    assert_int_equal(r->op, OP_DELETE);
    assert_true(text_is(r->key, "9"));
    assert_true(text_is(r->group, "a1"));
    assert_false(r->has_version);
    for (size_t i = 0; i < r->nslots; i++)
        assert_null(r->slots[i].at);
    assert_int_equal(map(f, 0, "{\"id\":9}", NULL)->record->op, OP_DELETE);
    assert_null(f->meaning.record->group.at);
}

static const struct {
    const char *name;
    size_t route;
    const char *key, *value;
    bool op_known;
    enum operation op;
    enum stage stage;
    const char *code, *fields, *known_key;
} refusals[] = {
    {"no JSON", 0, "{\"id\":1}", "{", false, 0, STAGE_DECODE, "DECODE_JSON", "", NULL},
    {"no key", 0, NULL, "{\"op\":\"c\",\"after\":{\"name\":\"N\"}}", true, OP_UPSERT, STAGE_MAP, "KEY_MISSING", "E__c",
     NULL},
    {"a field", 0, NULL, "{\"op\":\"u\",\"after\":{\"id\":\"K\"}}", true, OP_UPSERT, STAGE_MAP, "MAP_REQUIRED",
     "LastName", "K"},
    {"the version", 0, NULL, "{\"op\":\"u\",\"after\":{\"id\":5,\"name\":\"N\"}}", true, OP_UPSERT, STAGE_MAP,
     "VERSION_MISSING", "V__c", "5"},
    {"a delete", 1, NULL, "{\"op\":\"d\",\"before\":{\"id\":\"001D000000IRt53\"}}", true, OP_DELETE, STAGE_MAP,
     "DELETE_UNWANTED", "", "001D000000IRt53"},
};

static void a_refusal_says_what_it_knows(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct meaning *m = map(f, refusals[i].route, refusals[i].key, refusals[i].value);
        assert_int_equal(m->kind, MEANING_REFUSE);
        assert_int_equal(m->failure->stage, refusals[i].stage);
        assert_string_equal(m->failure->refusals[0].code, refusals[i].code);
        assert_string_equal(m->failure->refusals[0].fields, refusals[i].fields);
        assert_int_equal(m->op_known, refusals[i].op_known);
        if (m->op_known)
            assert_int_equal(m->op, refusals[i].op);
        assert_int_equal(!m->key, !refusals[i].known_key);
        if (m->key)
            assert_string_equal(m->key, refusals[i].known_key);
    }
}

static void ids_of_15_and_18_characters_are_one_record(void **state)
{
    struct fixture *f = *state;
    const char *const ids[] = {"001D000000IRt53", "001D000000IRt53IAD"};
    for (size_t i = 0; i < 2; i++) {
        char value[100];
        snprintf(value, sizeof value, "{\"op\":\"u\",\"after\":{\"id\":\"%s\"}}", ids[i]);
        const struct record *r = map(f, 1, NULL, value)->record;
        assert_int_equal(r->op, OP_UPDATE);
        assert_true(text_is(r->key, ids[i]));
        assert_true(text_is(r->identity, "001d000000irt53iad"));
    }
}

/* A mapper is used again after anything: a huge event, a refused one. */
static void a_huge_event_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    enum { HUGE_TEXT = 3 << 20 };
    char *value = xmalloc(HUGE_TEXT + 200), *text = xmalloc(HUGE_TEXT + 1);
    memset(text, 'x', HUGE_TEXT);
    text[HUGE_TEXT] = '\0';
    snprintf(value, HUGE_TEXT + 200, "{\"op\":\"c\",\"after\":{\"id\":1,\"name\":\"%s\"},\"source\":{\"lsn\":1}}",
             text);
    assert_int_equal(map(f, 0, NULL, value)->record->slots[NAME].len, HUGE_TEXT + 2);
    assert_true(f->meaning.record->bytes < 4096);
    assert_int_equal(map(f, 0, NULL, "[")->kind, MEANING_REFUSE);
    assert_int_equal(map(f, 0, NULL, "{\"op\":\"c\",\"after\":{\"id\":1,\"name\":\"N\"},\"source\":{\"lsn\":1}}")->kind,
                     MEANING_RECORD);
    free(value);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_one_block),
        cmocka_unit_test(an_absent_group_is_none),
        cmocka_unit_test(a_delete_has_key_and_group_alone),
        cmocka_unit_test(a_refusal_says_what_it_knows),
        cmocka_unit_test(ids_of_15_and_18_characters_are_one_record),
        cmocka_unit_test(a_huge_event_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
