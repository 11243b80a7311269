/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `sfsink dlq`: what it takes, and what it says of what it does not. */
#include "worker/dlq/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))

enum { MOST_WORDS = 8 };
static const int64_t NOW = 1767323045000; /* 2026-01-02T03:04:05Z */

static bool read(const char *const *words, struct dlq_options *o, struct error *e)
{
    char *argv[MOST_WORDS + 2] = {(char *)(uintptr_t) "dlq"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return dlq_options_read(argc, argv, NOW, o, e);
}

static const struct {
    const char *words[MOST_WORDS];
    enum dlq_verb verb;
} verbs[] = {
    {{"stats"}, DLQ_STATS},
    {{"list", "--all"}, DLQ_LIST},
    {{"--code", "stats", "show"}, DLQ_SHOW}, /* a value is no verb */
    {{"--code=X", "replay"}, DLQ_REPLAY},
    {{"--json", "retry-check"}, DLQ_RETRY_CHECK},
    {{"--route", "eutopic", "list"}, DLQ_LIST}, /* nor is one that ends like an option's name */
    {{"--route", "x", "list"}, DLQ_LIST},
};

static void the_verb_may_stand_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(verbs); i++) {
        struct dlq_options o;
        struct error e = {0};
        assert_true(read(verbs[i].words, &o, &e));
        assert_int_equal(o.verb, verbs[i].verb);
        dlq_options_release(&o);
    }
}

static void all_options(void **state)
{
    static const char *const filters[] = {"--route=r", "--code",    "C",      "--object=O",
                                          "list",      "--topic=t", "--key=", NULL};
    static const char *const times[] = {"--since=2h", "stats", "--until=2026-01-02", "--id=t/0/5", "--id",
                                        "u/1/6",      NULL};
    static const char *const replay[] = {
        "replay",   "--dry-run", "--yes",    "--into-compacted", "--even-if-superseded",
        "--rate=7", "--to=back", "--limit=3"};
    const char *words[MOST_WORDS + 1] = {NULL};
    struct dlq_options o;
    struct error e = {0};
    (void)state;

    assert_true(read(filters, &o, &e));
    assert_string_equal(o.filter.route, "r");
    assert_string_equal(o.filter.code, "C");
    assert_string_equal(o.filter.object, "O");
    assert_string_equal(o.filter.topic, "t");
    assert_string_equal(o.filter.key, "");
    assert_false(o.all || o.json || o.dry_run || o.yes || o.into_compacted || o.even_if_superseded);
    assert_true(o.filter.since_ms == INT64_MIN && o.filter.until_ms == INT64_MAX);
    assert_int_equal(o.limit, 0);
    dlq_options_release(&o);

    assert_true(read(times, &o, &e));
    assert_int_equal(o.filter.since_ms, NOW - 7200000);
    assert_int_equal(o.filter.until_ms, 1767312000000);
    assert_int_equal(o.filter.nids, 2);
    assert_string_equal(o.filter.ids[1].topic, "u");
    assert_int_equal(o.filter.ids[1].partition, 1);
    assert_int_equal(o.filter.ids[0].offset, 5);
    dlq_options_release(&o);

    for (size_t i = 0; i < N(replay); i++)
        words[i] = replay[i];
    assert_true(read(words, &o, &e));
    assert_true(o.dry_run && o.yes && o.into_compacted && o.even_if_superseded);
    assert_int_equal(o.rate, 7);
    assert_int_equal(o.limit, 3);
    assert_string_equal(o.to, "back");
    dlq_options_release(&o);
}

static const struct {
    const char *words[MOST_WORDS];
    const char *text, *hint; /* hint: its beginning */
} refused[] = {
    {{NULL}, "dlq: which of stats, list, show, replay, retry-check?", "sfsink dlq --help"},
    {{"--code"}, "dlq: which of stats, list, show, replay, retry-check?", "sfsink dlq --help"},
    {{"--json"}, "dlq: which of stats, list, show, replay, retry-check?", "sfsink dlq --help"},
    {{"lst"}, "dlq lst: no such command", "did you mean \"list\"?"},
    {{"frobnicate"}, "dlq frobnicate: no such command", "sfsink dlq --help"},
    {{"list", "show"}, "dlq list show: one word too many", ""},
    {{"list", "--cod=X"}, "dlq --cod=X: no such option", "did you mean \"--code\"?"},
    {{"list", "--"}, "dlq --: no such option", ""},
    {{"list", "--code"}, "dlq --code: needs a value", ""},
    {{"list", "--json=yes"}, "dlq --json=yes: takes no value", ""},
    {{"list", "--since=yesterday"}, "dlq --since yesterday: is no time", "2026-11-23T10:15:30Z"},
    {{"list", "--until="}, "dlq --until : is no time", ""},
    {{"list", "--id=t/0"}, "dlq --id t/0: is no TOPIC/PARTITION/OFFSET", ""},
    {{"list", "--limit=0"}, "dlq --limit 0: has to be a whole number above 0", ""},
    {{"list", "--limit=-1"}, "dlq --limit -1: has to be a whole number above 0", ""},
    {{"list", "--limit=+1"}, "dlq --limit +1: has to be a whole number above 0", ""},
    {{"list", "--limit=1x"}, "dlq --limit 1x: has to be a whole number above 0", ""},
    {{"list", "--limit=99999999999999999999"},
     "dlq --limit 99999999999999999999: has to be a whole number above 0",
     ""},
    {{"list", "--rate=5"}, "dlq list --rate: is an option of replay", ""},
    {{"stats", "--dry-run"}, "dlq stats --dry-run: is an option of replay", ""},
    {{"show", "--to=x"}, "dlq show --to: is an option of replay", ""},
};

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(refused); i++) {
        struct dlq_options o;
        struct error e = {0};
        if (read(refused[i].words, &o, &e))
            fail_msg("taken: %s", refused[i].text);
        assert_int_equal(e.status, STATUS_USAGE);
        assert_string_equal(e.text, refused[i].text);
        assert_memory_equal(e.hint, refused[i].hint, strlen(refused[i].hint));
        dlq_options_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verb_may_stand_anywhere),
        cmocka_unit_test(all_options),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests_name("dlq_options", tests, NULL, NULL);
}
