/* SPDX-License-Identifier: Apache-2.0 */
/* health.c: asks the worker of this configuration how it is; for container health checks where no shell and no curl is. */
#include "common/error.h"
#include "common/http_client.h"
#include "config/config.h"
#include "worker/commands/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_WITHIN_MS = 4000, ANSWER_BYTES = 65536 };

/* Where a worker that listens there is reached from this machine: all addresses means loopback, too. */
static bool url_of(const char *listen, const char *path, char *url, size_t size, struct error *e)
{
    const char *port = strrchr(listen, ':');
    if (!port || strcmp(port, ":0") == 0) {
        error_set(e, STATUS_CONFIGURATION, "http.listen = \"%s\": there is no port to ask", listen);
        return error_hint(e, "give it a fixed port, as \"127.0.0.1:9464\"");
    }
    int host_len = (int)(port - listen);
    if (strncmp(listen, "0.0.0.0:", 8) == 0)
        snprintf(url, size, "http://127.0.0.1%s%s", port, path);
    else if (strncmp(listen, "[::]:", 5) == 0)
        snprintf(url, size, "http://[::1]%s%s", port, path);
    else
        snprintf(url, size, "http://%.*s%s%s", host_len, listen, port, path);
    return true;
}

static int ask(const char *url, struct error *e)
{
    struct http_client *http = http_client_new(&(struct http_client_options){0});
    struct http_response response;

    http_client_submit(http, &(struct http_request){.method = "GET",
                                                    .url = url,
                                                    .body = TEXT_NONE,
                                                    .timeout_ms = ANSWER_WITHIN_MS,
                                                    .max_response = ANSWER_BYTES});
    while (!http_client_completed(http, &response))
        http_client_wait(http, NULL, 0, ANSWER_WITHIN_MS);

    int status = response.status == 200 ? STATUS_OK : STATUS_FOUND;
    if (response.reach == HTTP_ANSWERED) {
        fwrite(response.body, 1, response.body_len, stdout);
        if (response.body_len && response.body[response.body_len - 1] != '\n')
            putchar('\n');
    } else {
        status = STATUS_UNAVAILABLE;
        error_set(e, STATUS_UNAVAILABLE, "%s: no answer: %s", url, response.why);
        error_hint(e, "does `sfsink run` run with this configuration?");
    }
    http_response_release(&response);
    http_client_free(http);
    return status;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct error e = {0};
    char *mistakes = NULL, url[512] = "";
    bool ready = argc == 2 && strcmp(argv[1], "--ready") == 0;

    if (argc > 1 && !ready) {
        error_set(&e, STATUS_USAGE, "health %s: takes no such argument", argv[1]);
        error_hint(&e, "sfsink health --help");
        return error_print(&e);
    }
    char *file = config_find(config_file, &e);
    if (!file)
        return error_print(&e);
    int status = STATUS_CONFIGURATION;
    struct config *config = config_load(file, &mistakes);
    if (!config)
        fprintf(stderr, "sfsink: %s: the configuration is not usable\n%s", file, mistakes);
    else if (url_of(config->http.listen, ready ? "/readyz" : "/healthz", url, sizeof url, &e))
        status = ask(url, &e);
    if (e.status)
        error_print(&e);
    config_free(config);
    free(mistakes);
    free(file);
    return status;
}

const struct command command_health = {
    "health",
    "[--ready]",
    "asks the running worker how it is, for health checks without a shell",
    "Asks the http.listen of the configuration on this machine for /healthz and prints the answer.\n\n"
    "    --ready    asks /readyz instead, which says in words what is missing\n\n"
    "Exit status: 0 it is well (or ready); 1 it is not; 69 nobody answers; 78 wrong configuration.\n",
    run,
};
