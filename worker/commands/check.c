/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    bool offline, print;
};

static bool read_options(int argc, char **argv, struct options *o, struct error *e)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--offline") == 0)
            o->offline = true;
        else if (strcmp(argv[i], "--print") == 0)
            o->print = true;
        else {
            error_set(e, STATUS_USAGE, "check %s: no such option", argv[i]);
            return error_hint(e, "sfsink check --help lists them");
        }
    }
    if (o->offline || o->print)
        return true;
    error_set(e, STATUS_USAGE, "check: looking into the org and into Kafka is not in this version");
    return error_hint(e, "to check the file alone: sfsink check --offline");
}

static int print_configuration(const struct config *c)
{
    char *text = config_print(c);
    fputs(text, stdout);
    free(text);
    return STATUS_OK;
}

/* The file has passed; what the org and Kafka say against it are findings, one line each. */
static int report(const struct config *c, size_t findings)
{
    if (findings) {
        printf("%zu finding%s\n", findings, findings == 1 ? "" : "s");
        return STATUS_FOUND;
    }
    printf("%s: %zu route%s, no mistake\n", c->file, c->nroutes, c->nroutes == 1 ? "" : "s");
    return STATUS_OK;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct options options = {0};
    struct error e = {0};
    int status = STATUS_OK;

    if (!read_options(argc, argv, &options, &e))
        return error_print(&e);
    struct config *config = configured_to_run(config_file, &status);
    if (!config)
        return status;
    status = options.print ? print_configuration(config) : report(config, 0);
    config_free(config);
    return status;
}

const struct command command_check = {
    "check",
    "[--offline] [--print]",
    "every mistake of the configuration at once",
    "Reads the configuration and says what is wrong, all of it, one line each: FILE:LINE: SETTING: what was given, "
    "what is\n"
    "allowed.\n\n"
    "    --offline  only the file; no network\n"
    "    --print    show the effective configuration, defaults included and secrets masked\n\n"
    "Exit status: 0 nothing found; 1 something was found; 78 wrong configuration.\n",
    run,
};
