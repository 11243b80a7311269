/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/schedules/shrink.h"

#include "common/memory.h"
#include "tests/schedules/world.h"
#include "tests/schedules/wrong.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TAPE_MAX = 4 << 20, PATIENCE_S = 10 };

/* ---- children ---- */

static void be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
}

static int status_of(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

/* The tape lies in shared memory while it is written, so that a child that dies leaves it behind. */
int shrink_first(uint64_t seed, struct chance *tape)
{
    size_t size = sizeof(struct chance) + TAPE_MAX * sizeof(uint32_t);
    struct chance *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 0;
    *shared = (struct chance){.tape = (uint32_t *)(shared + 1), .room = TAPE_MAX};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct tally tally = {0};
        be_quiet();
        alarm(PATIENCE_S);
        chance_seed(shared, seed);
        world_run(shared, &tally);
        _exit(0);
    }
    int status = status_of(child);
    chance_replay(tape, shared->tape, shared->n);
    munmap(shared, size);
    return status;
}

static int run_tape(const uint32_t *tape, size_t n, bool traced)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct chance chance = {0};
        struct tally tally = {0};
        tracing = traced;
        if (!traced)
            be_quiet();
        alarm(PATIENCE_S);
        chance_replay(&chance, tape, n);
        world_run(&chance, &tally);
        _exit(0);
    }
    return status_of(child);
}

/* ---- making it shorter ---- */

struct search {
    uint32_t *tape, *trial;
    size_t n;
    int status;
    time_t until;
    unsigned tries;
};

static bool is_late(const struct search *s)
{
    return time(NULL) >= s->until;
}

/* Takes the trial over if the same promise breaks. */
static bool try_it(struct search *s, size_t n)
{
    s->tries++;
    if (run_tape(s->trial, n, false) != s->status)
        return false;
    memcpy(s->tape, s->trial, n * sizeof *s->tape);
    s->n = n;
    return true;
}

static bool without(struct search *s, size_t from, size_t len)
{
    memcpy(s->trial, s->tape, from * sizeof *s->tape);
    memcpy(s->trial + from, s->tape + from + len, (s->n - from - len) * sizeof *s->tape);
    return try_it(s, s->n - len);
}

static bool zeroed(struct search *s, size_t from, size_t len)
{
    bool any = false;
    memcpy(s->trial, s->tape, s->n * sizeof *s->tape);
    for (size_t i = from; i < from + len; i++) {
        any = any || s->trial[i];
        s->trial[i] = 0;
    }
    return any && try_it(s, s->n);
}

static bool lowered(struct search *s, size_t from, size_t len)
{
    if (len > 1 || s->tape[from] < 2)
        return false;
    memcpy(s->trial, s->tape, s->n * sizeof *s->tape);
    s->trial[from] /= 2;
    return try_it(s, s->n);
}

static bool pass(struct search *s, size_t len, bool (*edit)(struct search *, size_t, size_t))
{
    bool better = false;
    for (size_t end = s->n; end >= len && !is_late(s);) {
        size_t from = end - len;
        if (edit(s, from, len))
            better = true;
        end = from < s->n ? from : s->n;
    }
    return better;
}

void shrink(struct chance *tape, int status, int seconds)
{
    struct search s = {.tape = tape->tape, .n = tape->n, .status = status, .until = time(NULL) + seconds};
    size_t before = s.n;
    s.trial = xcalloc(s.n + 1, sizeof *s.trial);
    for (bool better = true; better && !is_late(&s);) {
        better = false;
        for (size_t len = s.n / 2; len > 0 && !is_late(&s); len /= 2) {
            better |= pass(&s, len, without);
            better |= pass(&s, len, zeroed);
            better |= pass(&s, len, lowered);
        }
    }
    while (s.n > 0 && s.tape[s.n - 1] == 0)
        s.n--;
    fprintf(stderr, "\n%zu decisions made %zu in %u tries; what happens with them:\n", before, s.n, s.tries);
    run_tape(s.tape, s.n, true);
    free(s.trial);
}
