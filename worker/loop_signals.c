/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "common/log.h"
#include "config/config.h"
#include "worker/loop.h"
#include "worker/loop_state.h"
#include "worker/salesforce/sender.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

sigset_t loop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void loop_hold_signals(void)
{
    sigset_t set = loop_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The engine gets most of the time that there is; the rest is for the last commit and for leaving the group. */
static int64_t time_to_settle(int64_t shutdown_ms)
{
    return shutdown_ms > 10000 ? shutdown_ms - 5000 : shutdown_ms / 2;
}

static void stop(struct loop *l)
{
    if (l->stopping)
        return;
    l->stopping = true;
    l->stop_by = l->now + l->config->shutdown_ms;
    engine_stop(l->engine, l->now, time_to_settle(l->config->shutdown_ms));
    l->publish_at = l->now;
}

/* What a running worker can take over, the table of settings says; the rest waits for a start, and is named. */
static void take_over(struct loop *l, struct config *fresh)
{
    struct engine_limits limits = loop_limits(fresh);
    const struct config *before = l->reloaded ? l->reloaded : l->config;
    char *taken = config_taken_over(before, fresh), *left = config_restart_for(l->config, fresh);

    log_setup(fresh->worker.log_level, fresh->worker.log_format);
    engine_tune(l->engine, &limits);
    sender_take_over(l->sender, l->now, fresh);
    log_event(LOG_LEVEL_INFO, "reloaded", "file", LOG_STR(l->config->file), "took",
              LOG_STR(taken[0] ? taken : "nothing"), "restart_for", LOG_STR(left[0] ? left : "nothing"), NULL);
    free(taken);
    free(left);
    config_free(l->reloaded);
    l->reloaded = fresh;
}

static void reload(struct loop *l)
{
    char *mistakes = NULL;
    struct config *fresh = config_load(l->config->file, &mistakes);

    if (fresh)
        take_over(l, fresh);
    else
        log_event(LOG_LEVEL_ERROR, "reload_refused", "file", LOG_STR(l->config->file), "mistakes", LOG_STR(mistakes),
                  NULL);
    free(mistakes);
}

void loop_take_signals(struct loop *l)
{
    struct signalfd_siginfo info;
    while (read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(l);
            continue;
        }
        if (l->stopping) {
            log_event(LOG_LEVEL_WARN, "stopped_at_once", "why", LOG_STR("a second signal"), NULL);
            log_flush();
            _exit(STATUS_FOUND); /* what is not committed comes again */
        }
        log_event(LOG_LEVEL_INFO, "stopping", "signal", LOG_STR(info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT"),
                  "pending", LOG_INT(engine_counts(l->engine)->pending), NULL);
        stop(l);
    }
}
