/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/error.h"
#include "common/terminal.h"
#include "worker/commands/command.h"
#include "worker/commands/demo_broker.h"
#include "worker/commands/demo_report.h"
#include "worker/commands/demo_source.h"
#include "worker/commands/demo_workers.h"
#include "worker/simulator/simulator.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVENTS_DEFAULT = 20000,
    EVENTS_MAX = 100000,    /* the mock cluster keeps 5 MiB of a partition and forgets older messages silently */
    EVENTS_A_SECOND = 2000, /* they come at this pace, as a live source's would */
    TICK_MS = 100,
    STALLED_MS = 60000,
    COMMITTED_MS = 15000,
    LATENCY_MS = 100, /* of the simulator's answers */
};

struct demo {
    uint64_t events, seed;
    bool keep;
    struct terminal terminal;
    struct progress progress;
    struct demo_broker *broker;
    struct simulator *salesforce;
    struct demo_workers *workers;
    struct demo_source *source;
    struct demo_work work;
    int64_t began_ms;
    uint64_t produced;
};

static volatile sig_atomic_t interrupted;

static void take_signal(int number)
{
    interrupted = number;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = take_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* ---- options ---- */

static bool take_number(const char *name, const char *text, uint64_t most, uint64_t *number, struct error *e)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = text ? strtoull(text, &end, 10) : 0;
    if (!text || text[0] < '0' || text[0] > '9' || *end || errno || n > most)
        return error_set(e, STATUS_USAGE, "%s %s: needs a whole number from 0 to %llu", name, text ? text : "",
                         (unsigned long long)most);
    *number = n;
    return true;
}

/* The value of "NAME VALUE" or "NAME=VALUE" at argv[*i]; false: it is another option. */
static bool is_option(const char *name, int argc, char **argv, int *i, const char **value)
{
    size_t len = strlen(name);
    if (strncmp(argv[*i], name, len) != 0 || (argv[*i][len] && argv[*i][len] != '='))
        return false;
    *value = argv[*i][len] ? argv[*i] + len + 1 : *i + 1 < argc ? argv[++*i] : NULL;
    return true;
}

static bool take_options(struct demo *d, int argc, char **argv, struct error *e)
{
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--keep") == 0)
            d->keep = true;
        else if (is_option("--events", argc, argv, &i, &value)) {
            if (!take_number("--events", value, EVENTS_MAX, &d->events, e))
                return false;
        } else if (is_option("--seed", argc, argv, &i, &value)) {
            if (!take_number("--seed", value, INT64_MAX, &d->seed, e))
                return false;
        } else {
            error_set(e, STATUS_USAGE, "demo %s: takes no such argument", argv[i]);
            return error_hint(e, "sfsink demo --help lists what it takes");
        }
    }
    return true;
}

/* ---- set up ---- */

static bool start_kafka(struct demo *d, struct error *e)
{
    d->broker = demo_broker_start(e);
    if (!d->broker)
        return false;
    for (int i = 0; i < DEMO_TABLES; i++)
        if (!demo_broker_create(d->broker, demo_topics[i], DEMO_PARTITIONS, e))
            return false;
    if (!demo_broker_create(d->broker, DEMO_DEAD_LETTERS, 1, e))
        return false;
    fprintf(d->terminal.out, "  Kafka       %-24s librdkafka's mock cluster, %d topics of %d partitions\n",
            demo_broker_address(d->broker), DEMO_TABLES, DEMO_PARTITIONS);
    return true;
}

static bool start_salesforce(struct demo *d, struct error *e)
{
    struct simulator_options options = {.listen = "127.0.0.1:0", .latency_ms = LATENCY_MS};
    d->salesforce = simulator_start(&options, e);
    if (!d->salesforce)
        return false;
    fprintf(d->terminal.out, "  Salesforce  %-24s a simulator, answers after %d ms\n", simulator_url(d->salesforce),
            LATENCY_MS);
    return true;
}

static bool start_workers(struct demo *d, struct error *e)
{
    d->workers = demo_workers_new(e);
    if (!d->workers)
        return false;
    for (int i = 0; i < DEMO_WORKERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "worker-%d", i + 1);
        char *text = demo_configuration(name, demo_broker_address(d->broker), simulator_url(d->salesforce));
        bool started = demo_workers_start(d->workers, text, e);
        free(text);
        if (!started)
            return false;
    }
    return true;
}

/* Waits until both say where they listen. */
static bool introduce_workers(struct demo *d, struct error *e)
{
    for (int i = 0; i < DEMO_WORKERS; i++) {
        const char *url;
        int64_t until = clock_ms() + STALLED_MS;
        while (!(url = demo_workers_url(d->workers, i)) && !interrupted) {
            if (!demo_workers_live(d->workers, e))
                return false;
            if (clock_ms() > until)
                return error_set(e, STATUS_DEFECT, "worker %d: does not start", i + 1);
            poll(NULL, 0, TICK_MS / 4);
        }
        if (url)
            fprintf(d->terminal.out, "  worker %d    %-24s sfsink run, pid %d\n", i + 1, url,
                    (int)demo_workers_pid(d->workers, i));
    }
    fprintf(d->terminal.out, "\n");
    return true;
}

static bool set_up(struct demo *d, struct error *e)
{
    fprintf(d->terminal.out, "sfsink demo: change events through Kafka into Salesforce, all of it on this machine\n\n");
    d->source = demo_source_new(d->events, d->seed);
    return start_kafka(d, e) && start_salesforce(d, e) && start_workers(d, e) && introduce_workers(d, e);
}

static void tear_down(struct demo *d)
{
    demo_workers_free(d->workers);
    simulator_stop(d->salesforce);
    demo_broker_stop(d->broker);
    demo_source_free(d->source);
}

/* ---- the stream ---- */

/* A group takes some seconds to form; the events come after that, so that what is seen is the steady state. */
static bool wait_joined(struct demo *d, struct error *e)
{
    struct demo_work work = {0};
    int64_t until = clock_ms() + STALLED_MS;

    if (d->terminal.live)
        fprintf(d->terminal.out, "the workers join their consumer group ...\r");
    fflush(d->terminal.out);
    while (!interrupted && work.joined < DEMO_WORKERS) {
        if (!demo_workers_live(d->workers, e))
            return false;
        if (clock_ms() > until)
            return error_set(e, STATUS_FOUND, "the workers have not joined their consumer group within %d s",
                             STALLED_MS / 1000);
        demo_workers_ask(d->workers, &work);
        poll(NULL, 0, TICK_MS);
    }
    return true;
}

static bool produce(struct demo *d, uint64_t up_to, struct error *e)
{
    for (; d->produced < up_to; d->produced++) {
        struct demo_event event = demo_source_next(d->source);
        bool ok = demo_broker_produce(d->broker, event.topic, event.key_hash, event.key, event.value, e);
        free(event.key);
        free(event.value);
        if (!ok)
            return false;
    }
    return true;
}

/* One look at the workers; *moved_ms is when something last moved. */
static bool watch(struct demo *d, int64_t *moved_ms, struct error *e)
{
    struct demo_work work;
    int64_t now = clock_ms();

    if (!demo_workers_live(d->workers, e))
        return false;
    if (demo_workers_ask(d->workers, &work)) {
        if (work.settled != d->work.settled || d->produced < d->events)
            *moved_ms = now;
        d->work = work;
    }
    progress_draw(&d->progress, now, d->work.settled, d->events);
    if (now - *moved_ms < STALLED_MS)
        return true;
    return error_set(e, STATUS_FOUND, "%llu of %llu events are not settled, and nothing has moved for %d s",
                     (unsigned long long)(d->events - d->work.settled), (unsigned long long)d->events,
                     STALLED_MS / 1000);
}

static bool run_stream(struct demo *d, struct error *e)
{
    int64_t began = clock_ms(), moved = began;

    while (!interrupted && (d->produced < d->events || d->work.settled < d->events)) {
        uint64_t due = (uint64_t)(clock_ms() - began) * EVENTS_A_SECOND / 1000;
        if (!produce(d, due < d->events ? due : d->events, e) || !watch(d, &moved, e))
            return false;
        poll(NULL, 0, TICK_MS);
    }
    return demo_broker_flush(d->broker, e);
}

/* Settled is not yet committed: the workers commit once a second. */
static bool wait_committed(struct demo *d, struct error *e)
{
    int64_t lag = -1, until = clock_ms() + COMMITTED_MS;
    while (!interrupted && clock_ms() < until) {
        lag = demo_broker_lag(d->broker, DEMO_GROUP, demo_topics, DEMO_TABLES);
        if (lag == 0)
            return true;
        poll(NULL, 0, TICK_MS);
    }
    return interrupted || error_set(e, STATUS_FOUND, "%lld events are settled and not committed", (long long)lag);
}

static bool report(struct demo *d, bool *equal, struct error *e)
{
    struct demo_result result = {d->source, d->broker,      d->salesforce,
                                 d->events, d->work.merged, clock_ms() - d->began_ms};
    return demo_report(&result, &d->terminal, equal, e);
}

static void keep_on(const struct demo *d)
{
    fprintf(d->terminal.out, "\nKafka, Salesforce and the workers go on until Ctrl-C.\n");
    fflush(d->terminal.out);
    while (!interrupted)
        poll(NULL, 0, 1000);
}

static int show(struct demo *d, struct error *e)
{
    bool equal = false;

    if (!set_up(d, e) || !wait_joined(d, e))
        return error_print(e);
    progress_begin(&d->progress, &d->terminal, "events", clock_ms());
    bool ok = run_stream(d, e) && wait_committed(d, e);
    progress_end(&d->progress, clock_ms(), d->work.settled, d->events);
    if (ok && !interrupted)
        ok = report(d, &equal, e);
    if (!ok)
        return error_print(e);
    if (d->keep && !interrupted)
        keep_on(d);
    return equal ? STATUS_OK : STATUS_FOUND;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct demo d = {.events = EVENTS_DEFAULT, .seed = 1, .terminal = terminal_of(stdout), .began_ms = clock_ms()};
    struct error e = {0};

    if (config_file)
        error_set(&e, STATUS_USAGE, "demo: takes no configuration, it brings its own");
    if (e.status || !take_options(&d, argc, argv, &e))
        return error_print(&e);
    catch_signals();
    int status = show(&d, &e);
    tear_down(&d);
    if (interrupted && status != STATUS_OK)
        fprintf(stderr, "sfsink: demo: stopped by signal %d, everything is cleaned up\n", (int)interrupted);
    return status;
}

const struct command command_demo = {
    "demo",
    "[--events N] [--seed N] [--keep]",
    "the whole pipeline on this machine: broker, Salesforce, events, two workers",
    "Starts librdkafka's mock Kafka cluster, the Salesforce simulator and two workers (`sfsink run`), feeds them "
    "change\n"
    "events of three tables, and says at the end what landed where and whether Salesforce holds what the source does.\n"
    "Needs nothing else and leaves nothing behind. About one event in fifty is one that Salesforce refuses.\n\n"
    "  --events N   so many change events, 20000 at first, 100000 at the most\n"
    "  --seed N     another history; the same number gives the same one\n"
    "  --keep       at the end let everything run on, to look at, until Ctrl-C\n\n"
    "Exit status: 0 all is there; 1 something is missing, wrong or stuck; 69 a part does not start.\n",
    run,
};
