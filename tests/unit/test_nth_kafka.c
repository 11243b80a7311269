/* SPDX-License-Identifier: Apache-2.0 */
/* Kafka's n-th request of a kind fails, in each of the ways that it can, for n = 1, 2, 3 … until nothing fails any more: the consumer,
 * the producer of dead letters and the engine between them, against librdkafka's mock. Of the events every second one is applied at once,
 * the others become dead letters. Whatever fails, nothing is lost, skipped or out of order, every commit and letter has one answer, and
 * nothing is committed that is not finished. Matrix 6, 7, 8: refused commits, a coordinator and leaders that move.
 *
 * One cluster, one consumer for all: the mock lets a group wait for seconds before it deals its partitions out (40 s in all). */
#include "common/clock.h"
#include "tests/unit/config_text.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/mock_kafka.h"
#include "worker/kafka/consumer.h"
#include "worker/kafka/dead_letters.h"
#include "worker/kafka/log_reader.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PARTITIONS = 2,
    EVENTS_A_RUN = 4,
    MOST_EVENTS = 2000,
    MOST_LETTERS = 4000,
    MOST_RUNS = 30,
    RUN_MS = 30000,
    TICK_MS = 100
};

/* What became of one event. */
struct fate {
    bool applied;
    int acknowledged; /* of its letters */
};

struct source_log {
    int64_t written;             /* events */
    int64_t next;                /* to be read */
    int64_t last_sent;           /* within the lease */
    int64_t asked, confirmed;    /* commits */
    struct fate of[MOST_EVENTS]; /* by offset */
};

struct posted {
    uint64_t id;
    int32_t partition;
    int64_t offset;
    bool waiting; /* for its report */
};

static struct mock_kafka *kafka;
static struct config *config;
static struct consumer *consumer;
static struct dead_letters *dead_letters;
static struct engine *engine;
static int wake_fd;
static struct source_log sources[PARTITIONS];
static struct posted posted[MOST_LETTERS];
static size_t nposted;
static bool committing;
static int64_t now, ticked_at;

/* ---- what comes from Kafka ---------------------------------------------------------------------------------------------------- */

static void take_assigned(const struct assigned *a)
{
    struct source_log *s = &sources[a->partition];
    assert_int_equal(a->offset, s->confirmed);
    s->next = a->offset;
    s->last_sent = -1;
    engine_assign(engine, now, a->lease, a->topic, a->partition, a->offset, a->metadata);
}

static void take_committed(bool ok)
{
    assert_true(committing);
    committing = false;
    for (int p = 0; p < PARTITIONS && ok; p++)
        sources[p].confirmed = sources[p].asked;
    engine_committed(engine, now, ok);
}

static void take_event(const struct consumer_event *event)
{
    switch (event->kind) {
    case CONSUMER_ASSIGNED:
        assert_int_equal(event->nassigned, PARTITIONS);
        for (size_t i = 0; i < event->nassigned; i++)
            take_assigned(&event->assigned[i]);
        break;
    case CONSUMER_REVOKED:
        engine_revoke(engine, now);
        break;
    case CONSUMER_LOST:
        engine_lost(engine, now);
        break;
    case CONSUMER_COMMITTED:
        take_committed(event->ok);
        break;
    case CONSUMER_NOTHING:
    case CONSUMER_CONFIRMED:
    case CONSUMER_PROBLEM:
        break;
    case CONSUMER_STALLED:
    case CONSUMER_DATA_LOSS:
    case CONSUMER_FATAL:
        fail_msg("%s", event->why);
    }
}

static void take_message(struct message *m)
{
    struct source_log *s = &sources[m->partition];
    assert_int_equal(m->offset, s->next);
    s->next++;
    if (m->offset % 2) {
        engine_refuse(engine, now, 0, m, OP_UPSERT, NULL, failure_new(STAGE_MAP, "CODE", "why", NULL));
        return;
    }
    struct record *r = record(OP_UPSERT, m->partition ? "1" : "0", NULL, NULL);
    r->slots[0] = m->value;
    engine_record(engine, now, 0, m, r);
}

static void take_report(const struct dead_letter_report *report)
{
    size_t i = nposted;
    while (i && posted[i - 1].id != report->id)
        i--;
    assert_true(i > 0 && posted[i - 1].waiting);
    posted[i - 1].waiting = false;
    sources[posted[i - 1].partition].of[posted[i - 1].offset].acknowledged += report->ok;
    engine_report(engine, now, report->id, report->ok);
}

static void take_inputs(void)
{
    const struct route *route;
    struct consumer_event event;
    struct dead_letter_report report;
    struct message *m;

    for (consumer_next_event(consumer, &event); event.kind != CONSUMER_NOTHING; consumer_next_event(consumer, &event))
        take_event(&event);
    while (dead_letters_next_report(dead_letters, &report))
        take_report(&report);
    while (engine_wants_more(engine) && (m = consumer_next_message(consumer, &route)))
        take_message(m);
    if (now - ticked_at >= TICK_MS)
        consumer_tick(consumer, ticked_at = now);
}

/* ---- what the engine wants ---------------------------------------------------------------------------------------------------- */

static void apply(const struct batch *b)
{
    for (size_t i = 0; i < b->nwrites; i++) {
        struct source_log *s = &sources[b->writes[i]->record->key.at[0] - '0'];
        int64_t offset = atoll(text(b->writes[i]->slots[0]));
        assert_true(offset > s->last_sent && offset < s->next);
        s->last_sent = offset;
        s->of[offset].applied = true;
    }
    struct fixture f = {.engine = engine};
    answer_all(&f, now, b, 'a');
}

static void publish(const struct letter *l)
{
    const struct dead_letter letter = {l->id, l->message, config->routes[0], l->op, l->key, l->failure};
    assert_true(nposted < MOST_LETTERS);
    posted[nposted++] = (struct posted){l->id, l->message->partition, l->message->offset, true};
    dead_letters_publish(dead_letters, clock_wall_ms(), &letter);
}

static void commit(const struct action *a)
{
    struct consumer_offset offsets[PARTITIONS];
    assert_false(committing);
    committing = true;
    for (size_t i = 0; i < a->npoints; i++) {
        const struct commit_point *p = &a->points[i];
        struct source_log *s = &sources[p->partition];
        for (int64_t o = 0; o < p->offset; o++)
            if (!s->of[o].applied && !s->of[o].acknowledged)
                fail_msg("%d is committed, %d of partition %d is not finished", (int)p->offset, (int)o,
                         (int)p->partition);
        s->asked = p->offset;
        offsets[i] = (struct consumer_offset){p->topic, p->partition, p->lease, p->offset, p->metadata};
    }
    consumer_commit(consumer, offsets, a->npoints);
}

static void act(const struct action *a)
{
    switch (a->kind) {
    case ACTION_SEND:
        apply(a->batch);
        break;
    case ACTION_DEAD_LETTER:
        publish(&a->letter);
        break;
    case ACTION_COMMIT:
        commit(a);
        break;
    case ACTION_PARK:
        consumer_park(consumer, a->lease);
        break;
    case ACTION_UNPARK:
        consumer_unpark(consumer, a->lease);
        break;
    case ACTION_RELEASE:
        consumer_release(consumer);
        break;
    case ACTION_ABORT:
        fail_msg("nothing is in flight");
    }
}

static void turn(void)
{
    struct pollfd woken = {.fd = wake_fd, .events = POLLIN};
    struct action a;
    eventfd_t count;

    poll(&woken, 1, 5);
    eventfd_read(wake_fd, &count);
    now = clock_ms();
    take_inputs();
    while (engine_next(engine, now, &a))
        act(&a);
}

/* ---- runs --------------------------------------------------------------------------------------------------------------------- */

static bool all_done(void)
{
    for (int p = 0; p < PARTITIONS; p++)
        if (sources[p].confirmed < sources[p].written)
            return false;
    for (size_t i = 0; i < nposted; i++)
        if (posted[i].waiting)
            return false;
    return !committing && engine_counts(engine)->pending == 0 && consumer_joined(consumer);
}

static void write_events(void)
{
    for (int i = 0; i < EVENTS_A_RUN * PARTITIONS; i++) {
        struct source_log *s = &sources[i % PARTITIONS];
        char value[24];
        assert_true(s->written < MOST_EVENTS);
        snprintf(value, sizeof value, "%d", (int)s->written++);
        mock_kafka_write(kafka, "in", i % PARTITIONS, value);
    }
}

static struct way {
    const char *name;
    enum request_kind kind;
    rd_kafka_resp_err_t err;
    /* Not 0: such requests come by themselves, the run lasts until so many have come and the last has failed. */
    int by_time;
    bool rejoining; /* such requests come when a member joins: it is thrown out first */
    bool twice;     /* the next one fails, too */
} ways[] = {
    {"joining: the coordinator has moved", REQUEST_JOIN_GROUP, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 1, false, false},
    {"produce: the leader has moved", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 0, false, false},
    {"produce: replicas are missing", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 0, false, false},
    {"produce: not allowed", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 0, false, false},
    {"produce: too large with others", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 0, false, false},
    {"produce: too large", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 0, false, true},
    {"produce: cut", REQUEST_PRODUCE, RD_KAFKA_RESP_ERR__TRANSPORT, 0, false, false},
    {"commit: the coordinator loads", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 0, false,
     false},
    {"commit: the coordinator has moved", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 0, false, false},
    {"commit: not allowed", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 0, false, false},
    {"commit: a rebalance", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 0, false, false},
    {"commit: cut", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR__TRANSPORT, 0, false, false},
    {"commit: of an older generation", REQUEST_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 0, false, false},
    {"fetch: the leader has moved", REQUEST_FETCH, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 0, false, false},
    {"fetch: out of range", REQUEST_FETCH, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, 0, false, false},
    {"fetch: cut", REQUEST_FETCH, RD_KAFKA_RESP_ERR__TRANSPORT, 0, false, false},
    {"heartbeat: cut", REQUEST_HEARTBEAT, RD_KAFKA_RESP_ERR__TRANSPORT, 2, false, false},
    {"what was committed: not allowed", REQUEST_OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, true,
     false},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* Only now, so that the first way meets it on its way into the group. */
static void join(void)
{
    struct error e = {0};
    consumer = consumer_new(config, wake_fd, &e);
    if (!consumer)
        fail_msg("%s", e.text);
}

static void run(const struct way *way, int nth)
{
    int64_t deadline = clock_ms() + RUN_MS;

    if (way->rejoining)
        mock_kafka_fail_nth(kafka, REQUEST_HEARTBEAT, 1, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    if (nth)
        mock_kafka_fail_nth(kafka, way->kind, nth, way->err);
    if (nth && way->twice)
        mock_kafka_fail_nth(kafka, way->kind, 1, way->err);
    if (!consumer)
        join();
    write_events();
    while (!all_done() || (way->by_time && mock_kafka_left(kafka, way->kind))) {
        turn();
        if (clock_ms() > deadline)
            fail_msg("%s, request %d: not done after %d s: %d pending, %d of %d committed", way->name, nth,
                     RUN_MS / 1000, (int)engine_counts(engine)->pending, (int)sources[0].confirmed,
                     (int)sources[0].written);
    }
}

static void every_request(void **state)
{
    const struct way *way = *state;
    int nth = 1;

    for (run(way, nth); nth != way->by_time && !mock_kafka_left(kafka, way->kind); run(way, nth))
        assert_true(++nth < MOST_RUNS);
    assert_true(nth > 1 || way->by_time == 1);
    while (mock_kafka_left(kafka, way->kind))
        run(way, 0); /* the one that was left over is nobody else's */
}

/* As many as were acknowledged: the mock takes nothing in that it answers with an error. */
static void the_topic_has_each_letter(void **state)
{
    static int found[PARTITIONS][MOST_EVENTS];
    struct error e = {0};
    size_t first, n, stubs = 0;
    struct message *m = NULL;
    struct log_reader *r = log_reader_new(config, LOG_COMMITTED, &e);
    (void)state;

    assert_non_null(r);
    assert_true(log_open_topic(r, "dead", &first, &n, &e));
    assert_int_equal(n, 1);
    while (log_next(r, first, &m, &e) && m) {
        int at[2] = {-1, -1}; /* partition, offset */
        for (size_t i = 0; i < m->nheaders; i++)
            stubs += strcmp(m->headers[i].name.at, "sfsink.value.omitted") == 0;
        for (size_t i = 0; i < m->nheaders; i++)
            for (int k = 0; k < 2; k++)
                if (strcmp(m->headers[i].name.at, k ? "sfsink.offset" : "sfsink.partition") == 0)
                    at[k] = atoi(text(m->headers[i].value));
        assert_true(at[0] >= 0 && at[1] >= 0);
        found[at[0]][at[1]]++;
        free(m);
    }
    assert_string_equal(e.text, "");
    log_reader_free(r);
    assert_true(stubs > 0); /* those that were too large */
    for (int p = 0; p < PARTITIONS; p++)
        for (int64_t o = 0; o < sources[p].written; o++)
            if (found[p][o] != sources[p].of[o].acknowledged || (found[p][o] > 0) != (o % 2 == 1))
                fail_msg("%d letters of offset %d, %d acknowledged", found[p][o], (int)o,
                         sources[p].of[o].acknowledged);
}

/* ---- life --------------------------------------------------------------------------------------------------------------------- */

/* The mock lets those who join wait for a second less than session.timeout.ms, the first for 3 s whatever that is; and who waits for
 * longer than that time is thrown out. */
static struct config *config_for(const char *brokers)
{
    char written[2048];
    snprintf(written, sizeof written,
             "kafka: { brokers = \"%s\"; group = \"g\"; properties = [ \"consumer.session.timeout.ms=4050\", "
             "\"consumer.heartbeat.interval.ms=200\", \"producer.linger.ms=0\", \"retry.backoff.ms=10\", "
             "\"reconnect.backoff.ms=10\" ]; };\n"
             "dead_letter: { topic = \"dead\"; };\n"
             "salesforce: { auth: { client_id = \"c\"; }; };\n"
             "routes = ( { topic = \"in\"; object = \"Custom Object\"; custom_object = \"Thing__c\"; external_id = "
             "\"Key__c\"; "
             "fields = ( { to = \"Key__c\"; from = \"id\"; } ); } );\n",
             brokers);
    return config_of_text(written);
}

static int start(void **state)
{
    struct engine_limits limits = usual_limits;
    struct error e = {0};
    (void)state;

    limits.max_events = 1 + PARTITIONS; /* few at once: several commits and letters in a run */
    limits.max_merge = 1;
    limits.linger_ms = 0;
    limits.nroutes = 1;
    limits.backoff_ms = limits.backoff_max_ms = 20;
    limits.commit_every_ms = 10;
    kafka = mock_kafka_new();
    mock_kafka_topic(kafka, "in", PARTITIONS, TOPIC_READ);
    mock_kafka_topic(kafka, "dead", 1, TOPIC_WRITTEN);
    mock_kafka_group(kafka, "g");
    config = config_for(mock_kafka_brokers(kafka));
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    engine = engine_new(&limits);
    dead_letters = dead_letters_new(config, wake_fd, &e);
    return dead_letters ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    dead_letters_free(dead_letters);
    consumer_free(consumer);
    engine_free(engine);
    config_free(config);
    mock_kafka_free(kafka);
    return close(wake_fd);
}

int main(void)
{
    struct CMUnitTest tests[WAYS + 1];
    for (size_t i = 0; i < WAYS; i++)
        tests[i] = (struct CMUnitTest){ways[i].name, every_request, NULL, NULL, &ways[i]};
    tests[WAYS] = (struct CMUnitTest)cmocka_unit_test(the_topic_has_each_letter);
    return cmocka_run_group_tests(tests, start, stop);
}
