/* SPDX-License-Identifier: Apache-2.0 */
/* What a later event does to a letter. Events of one record: "a1 b2" writes A__c and B__c, "x" deletes, "@7" is its offset. */
#include "common/memory.h"
#include "config/config.h"
#include "tests/unit/config_text.h"
#include "worker/change/change.h"
#include "worker/dlq/overtaken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ROUTE(topic, more)                                                                                             \
    "{ topic = \"" topic "\"; format = \"debezium\"; object = \"Contact\"; external_id = \"E__c\"; " more              \
    " fields = ( { to = \"E__c\"; from = \"id\"; }, { to = \"LastName\"; value = \"n\"; }, "                           \
    "{ to = \"A__c\"; from = \"a\"; }, { to = \"B__c\"; from = \"b\"; } ); }"
#define DELETES "on_delete = \"delete\"; tombstones = \"skip\"; "

static const char settings[] = "routes = ( " ROUTE("plain", DELETES) ", " ROUTE(
    "guarded", DELETES "version: { field = \"V__c\"; from = \"v\"; };") ", " ROUTE("insert",
                                                                                   "mode = \"insert\"; ") " );";

static struct config *config;
static struct mapper *mapper;

static int set_up(void **state)
{
    (void)state;
    config = config_of_text(settings);
    mapper = mapper_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mapper_free(mapper);
    config_free(config);
    return 0;
}

struct event {
    const char *row; /* members, or "x": a delete */
    int32_t partition;
    int64_t offset, timestamp_ms;
    const char *id; /* NULL: "1" */
};

static struct message *message_of(const char *topic, const struct event *e)
{
    const char *id = e->id ? e->id : "1";
    bool deletes = e->row[0] == 'x';
    char *value =
        deletes ? xasprintf("{\"op\":\"d\",\"before\":{\"id\":\"%s\"}}", id)
                : xasprintf("{\"op\":\"c\",\"after\":{\"id\":\"%s\",\"v\":1%s%s}}", id, *e->row ? "," : "", e->row);
    struct message *m =
        message_new(0, topic, e->partition, e->offset, e->timestamp_ms, TEXT_NONE, text_of(value), NULL, 0);
    free(value);
    return m;
}

static void take(struct overtaken *o, const char *topic, const struct event *e)
{
    struct message *m = message_of(topic, e);
    struct meaning meaning = mapper_map(mapper, config_route_of(config, topic), m);
    assert_int_equal(meaning.kind, MEANING_RECORD);
    overtaken_take(o, m, meaning.record);
    free(meaning.record);
    free(m);
}

static struct watch *watch(struct overtaken *o, const char *topic, const struct event *e)
{
    struct message *m = message_of(topic, e);
    struct origin origin = {text_of(topic), e->partition, e->offset, e->timestamp_ms, 0};
    struct meaning meaning = mapper_map(mapper, config_route_of(config, topic), m);
    assert_int_equal(meaning.kind, MEANING_RECORD);
    struct watch *w = overtaken_watch(o, &origin, meaning.record);
    free(meaning.record);
    free(m);
    return w;
}

#define A "\"a\":1"
#define B "\"b\":1"
#define AB A "," B

/* The constant LastName is written by every event; so a letter of it alone is overtaken by any, and any touches. */
static const struct {
    const char *name, *topic;
    struct event letter, later[3];
    bool overtaken, stuck;
    size_t repeats;
} stories[] = {
    {"nothing", "plain", {AB, 0, 5, 50, NULL}, {{NULL, 0, 0, 0, NULL}}, false, false, 0},
    {"all", "plain", {AB, 0, 5, 50, NULL}, {{AB, 0, 6, 60, NULL}}, true, false, 0},
    {"more than all", "plain", {A, 0, 5, 50, NULL}, {{AB, 0, 6, 60, NULL}}, true, false, 0},
    {"a part", "plain", {AB, 0, 5, 50, NULL}, {{A, 0, 6, 60, NULL}}, false, false, 1},
    {"parts that make the whole",
     "plain",
     {AB, 0, 5, 50, NULL},
     {{A, 0, 6, 60, NULL}, {B, 0, 7, 70, NULL}},
     true,
     false,
     0},
    {"the same part twice", "plain", {AB, 0, 5, 50, NULL}, {{A, 0, 6, 60, NULL}, {A, 0, 7, 70, NULL}}, false, false, 2},
    {"the same event twice",
     "plain",
     {AB, 0, 5, 50, NULL},
     {{A, 0, 6, 60, NULL}, {A, 0, 6, 60, NULL}},
     false,
     false,
     1},
    {"itself", "plain", {AB, 0, 5, 50, NULL}, {{AB, 0, 5, 50, NULL}}, false, false, 0},
    {"an earlier one", "plain", {AB, 0, 5, 50, NULL}, {{AB, 0, 4, 60, NULL}}, false, false, 0},
    {"another record", "plain", {AB, 0, 5, 50, NULL}, {{AB, 0, 6, 60, "2"}}, false, false, 0},
    {"a key in another case", "plain", {AB, 0, 5, 50, "k"}, {{AB, 0, 6, 60, "K"}}, true, false, 0},
    {"another partition, later", "plain", {AB, 0, 5, 50, NULL}, {{AB, 1, 0, 60, NULL}}, true, false, 0},
    {"another partition, same time", "plain", {AB, 0, 5, 50, NULL}, {{AB, 1, 0, 50, NULL}}, true, false, 0},
    {"another partition, earlier", "plain", {AB, 0, 5, 50, NULL}, {{AB, 1, 9, 40, NULL}}, false, false, 0},
    {"another partition, time unknown", "plain", {AB, 0, 5, 50, NULL}, {{AB, 1, 9, -1, NULL}}, true, false, 0},
    {"a delete", "plain", {AB, 0, 5, 50, NULL}, {{"x", 0, 6, 60, NULL}}, true, false, 0},
    {"a delete is overtaken by any", "plain", {"x", 0, 5, 50, NULL}, {{"", 0, 6, 60, NULL}}, true, false, 0},
    {"guarded: refused by Salesforce", "guarded", {AB, 0, 5, 50, NULL}, {{AB, 0, 6, 60, NULL}}, false, false, 0},
    {"guarded, but not against deletes", "guarded", {AB, 0, 5, 50, NULL}, {{"x", 0, 6, 60, NULL}}, true, false, 0},
    {"insert: all", "insert", {AB, 0, 5, 50, NULL}, {{AB, 0, 6, 60, NULL}}, true, false, 0},
    {"insert: a part cannot be repeated", "insert", {AB, 0, 5, 50, NULL}, {{A, 0, 6, 60, NULL}}, false, true, 0},
};

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct overtaken *o = overtaken_new();
        struct watch *w = watch(o, stories[i].topic, &stories[i].letter);
        for (size_t n = 0; n < COUNT(stories[i].later) && stories[i].later[n].row; n++)
            take(o, stories[i].topic, &stories[i].later[n]);
        if (w->overtaken != stories[i].overtaken || w->stuck != stories[i].stuck ||
            (!w->overtaken && w->nrepeats != stories[i].repeats))
            fail_msg("%s: overtaken %d, stuck %d, repeats %zu", stories[i].name, w->overtaken, w->stuck, w->nrepeats);
        overtaken_free(o);
    }
}

static void test_what_lies_behind_the_sent_one_does_not_disturb(void **state)
{
    struct overtaken *o = overtaken_new();
    struct watch *w = watch(o, "plain", &(struct event){AB, 0, 5, 50, NULL});
    (void)state;
    watch_send(w, 0, 20);
    take(o, "plain", &(struct event){A, 0, 21, 60, NULL});
    assert_false(w->disturbed);
    assert_int_equal(w->nrepeats, 1); /* but if it has to be sent again, that one is newer */
    take(o, "plain", &(struct event){A, 0, 19, 60, NULL});
    assert_true(w->disturbed);
    watch_send(w, 0, 30);
    assert_false(w->disturbed);
    take(o, "plain", &(struct event){AB, 1, 40, 60, NULL});
    assert_true(w->disturbed && w->overtaken);
    overtaken_free(o);
}

static void test_repeats_are_bounded(void **state)
{
    struct overtaken *o = overtaken_new();
    struct watch *w = watch(o, "plain", &(struct event){AB, 0, 5, 50, NULL});
    (void)state;
    for (int i = 0; i < REPEATS_MAX; i++)
        take(o, "plain", &(struct event){A, 0, 6 + i, 60, NULL});
    assert_true(w->nrepeats == REPEATS_MAX && !w->stuck);
    take(o, "plain", &(struct event){A, 0, 1000, 60, NULL});
    assert_true(w->nrepeats == REPEATS_MAX && w->stuck);
    take(o, "plain", &(struct event){B, 0, 1001, 60, NULL});
    assert_true(w->overtaken);
    overtaken_free(o);
}

static void test_two_letters_of_one_record(void **state)
{
    struct overtaken *o = overtaken_new();
    struct watch *first = watch(o, "plain", &(struct event){A, 0, 5, 50, NULL}),
                 *second = watch(o, "plain", &(struct event){B, 0, 7, 70, NULL});
    (void)state;
    take(o, "plain", &(struct event){A, 0, 6, 60, NULL});
    assert_true(first->overtaken && !second->overtaken && second->nrepeats == 0);
    take(o, "plain", &(struct event){AB, 0, 8, 80, NULL});
    assert_true(second->overtaken);
    overtaken_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_what_lies_behind_the_sent_one_does_not_disturb),
        cmocka_unit_test(test_repeats_are_bounded),
        cmocka_unit_test(test_two_letters_of_one_record),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
