/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/configured.h"

#include "config/config.h"
#include "worker/commands/usable.h"

#include <stdio.h>
#include <stdlib.h>

static int print_mistakes(const char *file, const char *mistakes)
{
    size_t n = 0;
    for (const char *at = mistakes; *at; at++)
        n += *at == '\n';
    fprintf(stderr, "sfsink: %s: %zu mistake%s\n%s", file, n, n == 1 ? "" : "s", mistakes);
    return STATUS_CONFIGURATION;
}

/* Are the values such that the libraries can begin with them? Takes a configuration that cannot be used. */
static struct config *usable(struct config *c, int *status)
{
    struct mistakes m = {0};

    usable_check(c, &m);
    if (m.n) {
        char *text = mistakes_text(&m);
        *status = print_mistakes(c->named, text);
        free(text);
        config_free(c);
        c = NULL;
    }
    mistakes_release(&m);
    return c;
}

struct config *configured(const char *given, int *status)
{
    struct error e = {0};
    char *mistakes = NULL, *file = config_find(given, &e);
    if (!file) {
        *status = error_print(&e);
        return NULL;
    }
    struct config *c = config_load(file, &mistakes);
    if (!c)
        *status = print_mistakes(file, mistakes);
    free(mistakes);
    free(file);
    return c ? usable(c, status) : NULL;
}

struct config *configured_to_run(const char *given, int *status)
{
    struct error e = {0};
    struct config *c = configured(given, status);
    if (!c || c->nroutes)
        return c;
    error_set(&e, STATUS_CONFIGURATION, "%s: routes: missing; without a route nothing is read", c->named);
    error_hint(&e, "an example: sfsink help config --example");
    *status = error_print(&e);
    config_free(c);
    return NULL;
}
