/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the table of commands, and which of them is meant. */
#include "common/error.h"
#include "common/memory.h"
#include "common/spelling.h"
#include "config/reference.h"
#include "worker/commands/codes.h"
#include "worker/commands/command.h"
#include "worker/commands/manual.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run_help(int argc, char **argv, const char *config_file);
static int run_version(int argc, char **argv, const char *config_file);

static const struct command command_help = {
    "help",
    "[COMMAND | config [--markdown | --example | --man] | codes [CODE | --markdown] | --man | --completion bash]",
    "what a command does; every setting, every error code",
    "    config               every setting, with default and range\n"
    "    config --markdown    the same as Markdown\n"
    "    config --example     a configuration to start from\n"
    "    config --man         the manual page sfsink.cfg(5)\n"
    "    codes                every error code, Salesforce's and sfsink's own: what is done about it, what to do\n"
    "    codes CODE           only this one\n"
    "    codes --markdown     all as Markdown\n"
    "    --man                the manual page sfsink(1)\n"
    "    --completion bash    what makes bash complete commands and options\n",
    run_help};
static const struct command command_version = {"version", "", "the version", "Prints \"sfsink VERSION\".\n",
                                               run_version};

static const struct command *const commands[] = {
    &command_run, &command_check, &command_map,  &command_login,  &command_logout,  &command_describe, &command_limits,
    &command_dlq, &command_sim,   &command_demo, &command_health, &command_version, &command_help};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < NCOMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_usage(FILE *to)
{
    fputs("sfsink: reads change events from Kafka and writes them to Salesforce\n\n"
          "    sfsink [-c FILE] COMMAND [options]\n\n",
          to);
    for (size_t i = 0; i < NCOMMANDS; i++)
        fprintf(to, "    %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nFILE: else $SFSINK_CONFIG, ./sfsink.cfg, /etc/sfsink/sfsink.cfg\n"
          "sfsink COMMAND --help says more; sfsink help config lists every setting.\n",
          to);
}

static void print_help(const struct command *c)
{
    printf("sfsink [-c FILE] %s%s%s\n\n%s\n", c->name, c->usage[0] ? " " : "", c->usage, c->summary);
    if (c->help[0])
        printf("\n%s", c->help);
}

static int unknown(const char *name)
{
    struct error e = {0};
    const char *names[NCOMMANDS];
    for (size_t i = 0; i < NCOMMANDS; i++)
        names[i] = commands[i]->name;
    const char *nearest = spelling_nearest(name, names, NCOMMANDS);
    error_set(&e, STATUS_USAGE, "%s: %s", name,
              name[0] == '-' ? "no such option here, and no command" : "no such command");
    if (nearest)
        error_hint(&e, "did you mean \"%s\"? All commands: sfsink help", nearest);
    else
        error_hint(&e, "all commands: sfsink help");
    return error_print(&e);
}

static int help_settings(const char *form)
{
    if (form && strcmp(form, "--man") == 0) {
        manual_settings(stdout);
        return STATUS_OK;
    }
    bool markdown = form && strcmp(form, "--markdown") == 0, example = form && strcmp(form, "--example") == 0;
    if (form && !markdown && !example)
        return unknown(form);
    char *text = markdown ? reference_markdown() : example ? reference_example() : reference_help();
    fputs(text, stdout);
    free(text);
    return STATUS_OK;
}

static int help_codes(const char *which)
{
    bool markdown = which && strcmp(which, "--markdown") == 0;
    char *text = markdown ? codes_markdown() : codes_help(which);
    struct error e = {0};

    fputs(text, stdout);
    if (!text[0]) {
        error_set(&e, STATUS_FOUND, "help codes %s: no such code is known", which);
        error_hint(&e, "a new code of Salesforce's is treated by its HTTP status; its message says what it means");
        error_print(&e);
    }
    free(text);
    return (int)e.status;
}

static int run_help(int argc, char **argv, const char *config_file)
{
    (void)config_file;
    if (argc < 2) {
        print_usage(stdout);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "config") == 0 && argc <= 3)
        return help_settings(argv[2]);
    if (strcmp(argv[1], "codes") == 0 && argc <= 3)
        return help_codes(argv[2]);
    if (strcmp(argv[1], "--man") == 0 && argc == 2) {
        manual_commands(stdout, commands, NCOMMANDS);
        return STATUS_OK;
    }
    if (strcmp(argv[1], "--completion") == 0 && argc == 3 && strcmp(argv[2], "bash") == 0) {
        manual_completion(stdout, commands, NCOMMANDS);
        return STATUS_OK;
    }
    const struct command *c = find(argv[1]);
    if (!c || argc > 2)
        return unknown(argv[argc - 1]);
    print_help(c);
    return STATUS_OK;
}

static int run_version(int argc, char **argv, const char *config_file)
{
    struct error e = {0};

    (void)config_file;
    if (argc > 1) {
        error_set(&e, STATUS_USAGE, "version %s: takes no such argument", argv[1]);
        error_hint(&e, "sfsink help lists the commands");
        return error_print(&e);
    }
    printf("sfsink %s\n", SFSINK_VERSION);
    return STATUS_OK;
}

/* -c FILE and -cFILE, --config FILE and --config=FILE. Returns how many arguments it takes; 0: it is something else. */
static int take_config(int left, char **argv, const char **file)
{
    if (strncmp(argv[0], "--config=", 9) == 0) {
        *file = argv[0] + 9;
        return 1;
    }
    if (strcmp(argv[0], "-c") == 0 || strcmp(argv[0], "--config") == 0) {
        *file = left > 1 ? argv[1] : NULL;
        return left > 1 ? 2 : -1;
    }
    if (strncmp(argv[0], "-c", 2) == 0) {
        *file = argv[0] + 2;
        return 1;
    }
    return 0;
}

struct call {
    const struct command *command;
    const char *config_file;
    bool help;
    int argc;
    char **argv; /* [0] is the command's name */
};

/* The first argument that is a command's name is the command; options may stand before it and behind. */
static bool understand(int argc, char **argv, struct call *call, struct error *e)
{
    call->argc = 1;
    for (int i = 1; i < argc;) {
        int taken = take_config(argc - i, argv + i, &call->config_file);
        if (taken < 0)
            return error_set(e, STATUS_USAGE, "%s: needs the name of a configuration file", argv[i]);
        if (taken > 0) {
            i += taken;
            continue;
        }
        if (!call->command && find(argv[i])) {
            call->command = find(argv[i]);
            call->argv[0] = argv[i];
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            call->help = true;
        } else if (!call->command && strcmp(argv[i], "--version") == 0) {
            call->command = &command_version;
        } else {
            call->argv[call->argc++] = argv[i];
        }
        i++;
    }
    return true;
}

static int carry_out(const struct call *call)
{
    if (call->command && call->help) {
        print_help(call->command);
        return STATUS_OK;
    }
    if (call->command)
        return call->command->run(call->argc, call->argv, call->config_file);
    if (call->argc > 1)
        return unknown(call->argv[1]);
    print_usage(call->help ? stdout : stderr);
    return call->help ? STATUS_OK : STATUS_USAGE;
}

int main(int argc, char **argv)
{
    struct call call = {.argv = xcalloc((size_t)argc + 2, sizeof(char *))};
    struct error e = {0};

    json_set_alloc_funcs(xmalloc,
                         free); /* a value that is not there for lack of memory must not look like one that is absent */
    signal(SIGPIPE, SIG_IGN);   /* a connection that breaks is an error to handle, not a reason to die */
    int status = understand(argc, argv, &call, &e) ? carry_out(&call) : error_print(&e);
    if (fflush(stdout) != 0 && status == STATUS_OK)
        status = STATUS_FOUND;
    free(call.argv);
    return status;
}
