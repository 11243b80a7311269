/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/demo_workers.h"

#include "common/clock.h"
#include "common/http_client.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOP_MS = 8000, ASK_MS = 2000, HEAD_BYTES = 8192, TAIL_BYTES = 700 };

struct worker {
    pid_t pid; /* 0: has ended */
    char *config, *log;
    char url[64]; /* "": not known yet */
};

struct demo_workers {
    char *folder;
    struct http_client *http;
    struct worker list[DEMO_WORKERS];
    int n;
};

struct demo_workers *demo_workers_new(struct error *e)
{
    const char *place = getenv("TMPDIR");
    char *folder = xasprintf("%s/sfsink-demo-XXXXXX", place && place[0] ? place : "/tmp");
    if (!mkdtemp(folder)) {
        error_set(e, STATUS_UNAVAILABLE, "%s: no temporary folder can be made: %s", folder, strerror(errno));
        error_hint(e, "set TMPDIR to a folder that can be written");
        free(folder);
        return NULL;
    }
    struct demo_workers *w = xcalloc(1, sizeof *w);
    w->folder = folder;
    w->http = http_client_new(&(struct http_client_options){0});
    return w;
}

/* ---- starting ---- */

static bool write_file(const char *name, const char *text, struct error *e)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok || error_set(e, STATUS_UNAVAILABLE, "%s: cannot be written: %s", name, strerror(errno));
}

/* Between fork and exec, with other threads around: nothing here but system calls. */
static _Noreturn void become_worker(const struct worker *worker, pid_t parent)
{
    int log = open(worker->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);

    /* The kernel ends it when the demo is gone; if it is gone already, there is nothing to start. */
    if (log < 0 || null < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(STATUS_UNAVAILABLE);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0); /* the broker's and the simulator's sockets among them */
    execl("/proc/self/exe", "sfsink", "run", "-c", worker->config, (char *)NULL);
    _exit(STATUS_UNAVAILABLE);
}

bool demo_workers_start(struct demo_workers *w, const char *configuration, struct error *e)
{
    if (w->n == DEMO_WORKERS)
        bug("the demo has %d workers", DEMO_WORKERS);
    struct worker *worker = &w->list[w->n++];
    worker->config = xasprintf("%s/worker-%d.cfg", w->folder, w->n);
    worker->log = xasprintf("%s/worker-%d.log", w->folder, w->n);
    if (!write_file(worker->config, configuration, e))
        return false;

    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return error_set(e, STATUS_UNAVAILABLE, "worker %d: cannot be started: %s", w->n, strerror(errno));
    if (pid == 0)
        become_worker(worker, parent);
    worker->pid = pid;
    return true;
}

/* ---- ending ---- */

static bool has_ended(struct worker *worker, int *status)
{
    if (worker->pid && waitpid(worker->pid, status, WNOHANG) == worker->pid)
        worker->pid = 0;
    return !worker->pid;
}

static void stop_all(struct demo_workers *w)
{
    int status;
    int64_t until = clock_ms() + STOP_MS;

    for (int i = 0; i < w->n; i++)
        if (w->list[i].pid)
            kill(w->list[i].pid, SIGTERM);
    for (int i = 0; i < w->n; i++) {
        while (!has_ended(&w->list[i], &status) && clock_ms() < until)
            poll(NULL, 0, 20);
        if (!w->list[i].pid)
            continue;
        kill(w->list[i].pid, SIGKILL);
        waitpid(w->list[i].pid, &status, 0);
        w->list[i].pid = 0;
    }
}

void demo_workers_free(struct demo_workers *w)
{
    if (!w)
        return;
    stop_all(w);
    for (int i = 0; i < w->n; i++) {
        unlink(w->list[i].config);
        unlink(w->list[i].log);
        free(w->list[i].config);
        free(w->list[i].log);
    }
    rmdir(w->folder);
    free(w->folder);
    http_client_free(w->http);
    free(w);
}

/* ---- looking ---- */

/* Up to `most` bytes of a file, from its beginning or, as a tail, up to its end; "" if it cannot be read. A new string. */
static char *read_part(const char *name, size_t most, bool tail)
{
    char *text = xcalloc(1, most + 1);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = tail && size > (off_t)most ? size - (off_t)most : 0;

    if (fd < 0 || pread(fd, text, most, from) < 0)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

bool demo_workers_live(struct demo_workers *w, struct error *e)
{
    for (int i = 0; i < w->n; i++) {
        int status = 0;
        if (!has_ended(&w->list[i], &status))
            continue;
        char *tail = read_part(w->list[i].log, TAIL_BYTES, true);
        error_set(e, STATUS_DEFECT, "worker %d has ended with %s %d; its last words:\n%s", i + 1,
                  WIFSIGNALED(status) ? "signal" : "exit status",
                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), tail);
        free(tail);
        return false;
    }
    return true;
}

pid_t demo_workers_pid(const struct demo_workers *w, int i)
{
    return w->list[i].pid;
}

/* The worker says in its log which port it got. */
const char *demo_workers_url(struct demo_workers *w, int i)
{
    struct worker *worker = &w->list[i];
    if (!worker->url[0]) {
        char *text = read_part(worker->log, HEAD_BYTES, false);
        const char *line = strstr(text, "event=http_listening"), *port = line ? strstr(line, " port=") : NULL;
        int number = port ? atoi(port + strlen(" port=")) : 0;
        if (number > 0)
            snprintf(worker->url, sizeof worker->url, "http://127.0.0.1:%d", number);
        free(text);
    }
    return worker->url[0] ? worker->url : NULL;
}

/* The sum of a metric over its labels, lines with `but` left out. */
static double metric_sum(const char *text, const char *name, const char *but)
{
    size_t len = strlen(name);
    double sum = 0;
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        const char *value = memrchr(line, ' ', (size_t)(end - line));
        const char *unwanted = but ? strstr(line, but) : NULL;
        if (value && strncmp(line, name, len) == 0 && (line[len] == '{' || line[len] == ' ') &&
            !(unwanted && unwanted < end))
            sum += strtod(value, NULL);
    }
    return sum;
}

static void add_work(struct demo_work *work, const char *text)
{
    work->joined += metric_sum(text, "sfsink_assigned_partitions", NULL) > 0;
    work->settled += (uint64_t)metric_sum(text, "sfsink_events_total", "disposition=\"returned\"");
    work->merged += (uint64_t)metric_sum(text, "sfsink_events_merged_total", NULL);
}

bool demo_workers_ask(struct demo_workers *w, struct demo_work *work)
{
    struct http_response answer;
    int asked = 0, answered = 0;

    for (int i = 0; i < w->n; i++) {
        const char *url = demo_workers_url(w, i);
        if (!url)
            continue;
        char *page = xasprintf("%s/metrics", url);
        http_client_submit(w->http, &(struct http_request){.method = "GET", .url = page, .timeout_ms = ASK_MS});
        free(page);
        asked++;
    }
    *work = (struct demo_work){0};
    for (int left = asked; left > 0; http_client_wait(w->http, NULL, 0, 100))
        for (; http_client_completed(w->http, &answer); left--) {
            if (answer.reach == HTTP_ANSWERED && answer.status == 200) {
                add_work(work, answer.body);
                answered++;
            }
            http_response_release(&answer);
        }
    return answered == DEMO_WORKERS;
}
