/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction that is aborted for one letter's sake, and what the others do then. What is sent and what is read behind it is replaced here;
 * against a real Kafka: tests/system/test_dlq_superseded.py. */
#include "common/memory.h"
#include "config/config.h"
#include "worker/dlq/outgoing.h"
#include "worker/dlq/resend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FIRST, SECOND, LETTERS, ROUNDS = 4 };

static int64_t end_of_topic;
static size_t round_now, begun, committed, aborted;
static bool was_sent[ROUNDS][LETTERS];

/* What is seen behind the letters in the first round. */
static struct {
    bool first_overtaken;  /* by an event behind its copy: as it should be */
    bool second_disturbed; /* by one before its copy */
} seen;

static struct watch *watches[LETTERS];

/* ---- in place of outgoing.c ---- */

bool outgoing_load(struct outgoing *o, struct plan *p, struct log_reader *letters, struct error *e)
{
    (void)p;
    (void)letters;
    (void)e;
    o->reports = xcalloc(2, sizeof *o->reports);
    return true;
}

bool outgoing_load_repeats(struct outgoing *o, struct plan *p, struct error *e)
{
    (void)o;
    (void)p;
    (void)e;
    return true;
}

void outgoing_send(struct outgoing *o, const struct plan *p, struct replay_producer *producer)
{
    (void)p;
    (void)producer;
    was_sent[round_now][o->entry] = true;
    o->reports[0] = (struct replay_report){.offset = end_of_topic++};
}

const struct replay_report *outgoing_failure(const struct outgoing *o)
{
    (void)o;
    return NULL;
}

void outgoing_release(struct outgoing *o)
{
    free(o->reports);
    *o = (struct outgoing){0};
}

/* ---- in place of scan.c ---- */

bool scan_tail(struct scan *s, size_t span, int64_t to, struct error *e)
{
    (void)s;
    (void)span;
    (void)e;
    assert_int_equal(to, end_of_topic); /* behind the last that was sent */
    if (round_now == 0) {
        watches[FIRST]->overtaken = seen.first_overtaken;
        watches[SECOND]->disturbed = seen.second_disturbed;
    }
    return true;
}

/* ---- in place of replay_producer.c ---- */

bool replay_begin(struct replay_producer *p, struct error *e)
{
    (void)p;
    (void)e;
    round_now = begun++;
    assert_true(begun < ROUNDS);
    return true;
}

bool replay_flush(struct replay_producer *p, struct error *e)
{
    (void)p;
    (void)e;
    return true;
}

enum replay_end replay_commit(struct replay_producer *p, struct error *e)
{
    (void)p;
    (void)e;
    committed++;
    return REPLAY_DONE;
}

bool replay_abort(struct replay_producer *p, struct error *e)
{
    (void)p;
    (void)e;
    aborted++;
    return true;
}

bool replay_was_denied(struct replay_producer *p)
{
    (void)p;
    return false;
}

/* ---- in place of log_reader.c ---- */

struct log_reader {
    char nothing;
};

struct log_reader *log_reader_new(const struct config *config, enum log_view view, struct error *e)
{
    (void)config;
    (void)view;
    (void)e;
    return xcalloc(1, sizeof(struct log_reader));
}

void log_reader_free(struct log_reader *r)
{
    free(r);
}

bool log_ends(struct log_reader *r, const char *topic, int32_t partition, int64_t *low, int64_t *high, struct error *e)
{
    (void)r;
    (void)topic;
    (void)partition;
    (void)e;
    *low = 0;
    *high = INT64_MAX;
    return true;
}

/* ---- in place of plan.c ---- */

uint64_t plan_count(const struct plan *p, enum verdict v)
{
    return (uint64_t)(p->verdicts[FIRST] == v) + (p->verdicts[SECOND] == v);
}

const char *plan_topic(const struct plan *p, const struct entry *e)
{
    (void)e;
    return p->catalogue->topics[0];
}

void plan_judge(struct plan *p, size_t entry)
{
    if (p->verdicts[entry] == GOES && p->watches[entry]->overtaken)
        p->verdicts[entry] = OUT_SUPERSEDED;
}

/* ---- two letters of two records, in one partition ---- */

static void resend(unsigned char verdicts[LETTERS])
{
    static char topic[] = "t", progress[] = "p";
    char *topics[] = {topic};
    struct config config = {.dead_letter = {.progress_topic = progress}};
    struct entry entries[LETTERS] = {{.offset = 1, .timestamp_ms = 1}, {.offset = 2, .timestamp_ms = 2}};
    struct catalogue c = {.config = &config, .entries = entries, .n = LETTERS, .topics = topics, .ntopics = 1};
    struct dlq_options options = {0};
    struct scan_span span = {.topic = topic};
    struct plan plan = {.catalogue = &c,
                        .options = &options,
                        .verdicts = verdicts,
                        .watches = watches,
                        .scan = {.spans = &span, .n = 1}};
    struct terminal show = terminal_of(stderr);
    struct error e = {0};

    verdicts[FIRST] = verdicts[SECOND] = GOES;
    for (size_t i = 0; i < LETTERS; i++) {
        watches[i] = xcalloc(1, sizeof *watches[i]);
        watches[i]->spans[1] = SCAN_NOWHERE;
    }
    memset(was_sent, 0, sizeof was_sent);
    begun = committed = aborted = 0;
    end_of_topic = 3;
    assert_true(resend_all(&plan, NULL, &show, &e));
    assert_int_equal(committed, 1);
    for (size_t i = 0; i < LETTERS; i++)
        free(watches[i]);
}

static void what_lies_behind_a_copy_is_as_it_should_be(void **state)
{
    unsigned char verdicts[LETTERS];
    (void)state;
    seen.first_overtaken = true;
    seen.second_disturbed = false;
    resend(verdicts);
    assert_int_equal(aborted, 0);
    assert_true(was_sent[0][FIRST] && was_sent[0][SECOND]);
    assert_int_equal(verdicts[FIRST], SENT);
    assert_int_equal(verdicts[SECOND], SENT);
}

/* The first letter's next copy would lie behind the event that its first copy lay before. */
static void each_is_judged_anew_before_it_goes_again(void **state)
{
    unsigned char verdicts[LETTERS];
    (void)state;
    seen.first_overtaken = true;
    seen.second_disturbed = true;
    resend(verdicts);
    assert_int_equal(aborted, 1);
    assert_true(was_sent[0][FIRST] && was_sent[0][SECOND]);
    assert_true(was_sent[1][SECOND] && !was_sent[1][FIRST]);
    assert_int_equal(verdicts[FIRST], OUT_SUPERSEDED);
    assert_int_equal(verdicts[SECOND], SENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_behind_a_copy_is_as_it_should_be),
        cmocka_unit_test(each_is_judged_anew_before_it_goes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
