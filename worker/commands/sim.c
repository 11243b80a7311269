/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "worker/commands/command.h"
#include "worker/simulator/simulator.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static bool read_number(const char *name, const char *text, int64_t max, int64_t *to, struct error *e)
{
    char *end;
    long long n = strtoll(text, &end, 10);

    if (!*text || *end || n < 0 || n > max)
        return error_set(e, STATUS_USAGE, "--%s %s: a number from 0 to %lld is wanted", name, text, (long long)max);
    *to = n;
    return true;
}

static bool read_options(int argc, char **argv, struct simulator_options *o, bool *settings, struct error *e)
{
    static const struct option known[] = {
        {"listen", required_argument, NULL, 'l'},      {"latency-ms", required_argument, NULL, 'm'},
        {"daily-limit", required_argument, NULL, 'd'}, {"idle-timeout", required_argument, NULL, 'i'},
        {"settings", no_argument, NULL, 's'},          {NULL, 0, NULL, 0}};
    int64_t number = 0;
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'l')
            o->listen = optarg;
        else if (c == 's')
            *settings = true;
        else if (c == 'm' && read_number("latency-ms", optarg, 600000, &number, e))
            o->latency_ms = (int)number;
        else if (c == 'd' && read_number("daily-limit", optarg, INT64_MAX, &number, e))
            o->daily_limit = number;
        else if (c == 'i' && read_number("idle-timeout", optarg, 86400, &number, e))
            o->idle_timeout_s = (unsigned)number;
        else
            return error_set(e, STATUS_USAGE, "sim %s: not understood", argv[optind - 1]);
    }
    return optind == argc || error_set(e, STATUS_USAGE, "sim %s: takes no such argument", argv[optind]);
}

static int run(int argc, char **argv, const char *config_file)
{
    struct simulator_options o = {.listen = "127.0.0.1:8585"};
    struct error e = {0};
    bool settings = false;
    sigset_t signals;
    int which;

    (void)config_file;
    if (!read_options(argc, argv, &o, &settings, &e)) {
        error_hint(&e, "sfsink sim --help lists the options");
        return error_print(&e);
    }
    if (settings) {
        simulator_settings_help(stdout);
        return STATUS_OK;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before there are threads: they inherit it */
    struct simulator *s = simulator_start(&o, &e);
    if (!s)
        return error_print(&e);
    printf("%s\n", simulator_url(s));
    fflush(stdout);
    sigwait(&signals, &which);
    simulator_stop(s);
    return STATUS_OK;
}

const struct command command_sim = {
    "sim", "[--listen HOST:PORT] [--latency-ms N] [--daily-limit N] [--idle-timeout S] [--settings]",
    "a Salesforce simulator by itself: what the demo and the tests run against",
    "Prints its address and serves until SIGTERM or SIGINT. Everything is in memory. Any client id and secret log in.\n"
    "Objects: Contact, Lead, Account, Opportunity, Campaign, CampaignMember, User, Invoice__c, My_Object__c; each has\n"
    "External_Id__c (unique) and Source_Version__c (a lower one than the stored one is refused).\n\n"
    "    --listen HOST:PORT   default 127.0.0.1:8585; port 0: any free one\n"
    "    --latency-ms N       how much later each API call is answered; default 0\n"
    "    --daily-limit N      API calls a day; default 100000\n"
    "    --idle-timeout S     closes a connection that is idle for so long; default 30\n"
    "    --settings           lists the settings of the control interface, and ends\n\n"
    "Control interface, JSON both ways (worker/simulator/README.md has the bodies):\n\n"
    "    GET, PATCH  /control/settings            how the org behaves\n"
    "    POST        /control/reset               everything as at the start\n"
    "    GET         /control/counts              API calls; records written, deleted, refused, stored\n"
    "    GET, DELETE /control/records/OBJECT      what is stored; ?deleted=true: the deleted ones too\n"
    "    GET, DELETE /control/journal             every request with its records; ?after=N&limit=N\n"
    "    GET, POST   /control/faults              what goes wrong with calls: status, body, drop, cut, stall, ...\n"
    "    POST        /control/record_faults       what goes wrong with records: so many times this error\n"
    "    DELETE      /control/faults[/ID]         all faults, or one\n"
    "    GET         /control/tokens              approvals\n"
    "    POST        /control/tokens/expire       all access tokens, now\n"
    "    POST        /control/tokens/revoke       all approvals, now\n"
    "    PUT         /control/apps/CLIENT_ID      registers an app: secret, redirect URIs, public key for JWT\n"
    "    PUT         /control/objects/OBJECT      adds an object, removes it, makes it read-only\n"
    "    PUT         /control/objects/OBJECT/fields/FIELD   adds a field, hides it, makes it read-only, ...\n"
    "    PUT         /control/rules               validation rules and duplicate rules\n\n"
    "Exit status: 0 stopped; 64 wrong usage; 69 the address cannot be bound.\n",
    run};
