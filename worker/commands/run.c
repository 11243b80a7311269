/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "common/log.h"
#include "config/config.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/loop.h"

static int run(int argc, char **argv, const char *config_file)
{
    struct error e = {0};
    int status = STATUS_OK;

    if (argc > 1) {
        error_set(&e, STATUS_USAGE, "run %s: takes no such argument", argv[1]);
        error_hint(&e, "everything is said in the configuration: sfsink help config");
        return error_print(&e);
    }
    loop_hold_signals();
    struct config *config = configured_to_run(config_file, &status);
    if (!config)
        return status;
    log_setup(config->worker.log_level, config->worker.log_format);
    status = loop_run(config);
    log_flush();
    config_free(config);
    return status;
}

const struct command command_run = {
    "run",
    "",
    "the worker: consume, write, commit, until SIGTERM or SIGINT",
    "Reads change events from the topics of its routes, writes them to Salesforce, and commits their offsets when\n"
    "Salesforce has answered. Start as many as you like with the same kafka.group: they share the partitions.\n"
    "It waits for services that are away; http.listen shows how it is: /metrics, /healthz, /readyz, /status.\n"
    "SIGTERM, SIGINT: finishes what is in flight within shutdown_ms, gives the rest back; a second one: ends at once.\n"
    "SIGHUP: reads the configuration again, takes over what can change, and says for what else it has to be started "
    "anew.\n\n"
    "Exit status: 0 stopped; 69 a fatal error of Kafka, or the port of http.listen is taken; 77 no stored login;\n"
    "78 wrong configuration, or the dead-letter topic is missing.\n",
    run,
};
