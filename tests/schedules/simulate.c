/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.c: the engine through random worlds.
 *
 *     simulate [--count N] [--seed S] [--seconds N] [--trace] [--no-shrink]
 *
 * Each seed makes a world: a source, a consumer group, a Salesforce with faults; and then lets chance decide what
 * happens next: messages come, answers come or do not, partitions are revoked or lost, workers stop, stall or are killed
 * and start again from the last commit. After each step the books must balance and nothing may happen that is not
 * promised; in the end every event must be settled and every record as if the events had been applied one by one. A seed
 * that fails is made short, and what happens in it is printed. */
#include "tests/schedules/shrink.h"
#include "tests/schedules/world.h"
#include "tests/schedules/wrong.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool tracing;

void trace_line(int64_t now, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%8lld  ", (long long)now);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
}

void wrong(const char *format, ...)
{
    unsigned status = 0;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "WRONG     ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    for (const char *p = format; *p; p++)
        status = status * 31 + (unsigned char)*p;
    exit((int)(status % 120 + 2)); /* the same promise, the same status */
}

struct options {
    uint64_t seed, count;
    int seconds, shrink_seconds;
    bool trace;
};

static int usage(void)
{
    fprintf(stderr, "usage: simulate [--seed S] [--count N] [--seconds N] [--trace] [--no-shrink]\n");
    return 64;
}

static bool parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            o->seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--count") == 0 && more)
            o->count = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && more)
            o->seconds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--no-shrink") == 0)
            o->shrink_seconds = 0;
        else if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else
            return false;
    }
    return true;
}

static void run_one(uint64_t seed, struct tally *tally)
{
    struct chance chance = {0};
    chance_seed(&chance, seed);
    world_run(&chance, tally);
    chance_release(&chance);
}

/* The worlds run in a child, which leaves behind how far it came: what ends it, bug() too, is ours to look at. */
struct progress {
    uint64_t seed, done;
    struct tally tally;
};

static void run_all(const struct options *o, struct progress *p)
{
    time_t until = time(NULL) + o->seconds;
    for (; p->done < o->count && (!o->seconds || time(NULL) < until); p->done++) {
        p->seed = o->seed + p->done;
        run_one(p->seed, &p->tally);
    }
}

static int fail(const struct options *o, uint64_t seed, int status)
{
    struct chance tape = {0};
    fprintf(stderr, "simulate: seed %llu is wrong; the whole of it: simulate --seed %llu --count 1 --trace\n",
            (unsigned long long)seed, (unsigned long long)seed);
    if (o->shrink_seconds && shrink_first(seed, &tape) == status)
        shrink(&tape, status, o->shrink_seconds);
    chance_release(&tape);
    return 1;
}

static void report(const struct options *o, const struct progress *p)
{
    const struct tally *t = &p->tally;
    printf("simulate: %llu seeds from %llu, %llu requests, %llu kills: nothing lost, nothing out of order, books "
           "balanced\n",
           (unsigned long long)p->done, (unsigned long long)o->seed, (unsigned long long)t->requests,
           (unsigned long long)t->kills);
    printf("simulate: written again for each kill: %.1f without a commit map, %.1f with one\n",
           (double)t->repeated[0] / (double)(t->killed[0] + !t->killed[0]),
           (double)t->repeated[1] / (double)(t->killed[1] + !t->killed[1]));
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .count = 2000, .shrink_seconds = 20};
    if (!parse(&o, argc, argv))
        return usage();
    if (o.seconds)
        o.count = UINT64_MAX;
    struct progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return perror("simulate"), 70;
    pid_t child = fork();
    if (child == 0) {
        tracing = o.trace;
        run_all(&o, p);
        exit(0); /* not _exit(): what measures coverage writes at the end */
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status)
        return fail(&o, p->seed, status);
    report(&o, p);
    return 0;
}
