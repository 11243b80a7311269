/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink check`: what the file, the org and Kafka have against a configuration, all of it in one run. */
#include "common/error.h"
#include "common/log.h"
#include "config/config.h"
#include "config/mistakes.h"
#include "worker/commands/check_kafka.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/salesforce/mapping_check.h"
#include "worker/salesforce/visit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    bool offline, print, json;
};

/* What was found, and which services could not be asked. */
struct checked {
    struct mistakes findings, notes;
    struct error org, kafka;
};

static bool read_options(int argc, char **argv, struct options *o, struct error *e)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--offline") == 0)
            o->offline = true;
        else if (strcmp(argv[i], "--print") == 0)
            o->print = true;
        else if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else {
            error_set(e, STATUS_USAGE, "check %s: no such option", argv[i]);
            return error_hint(e, "sfsink check --help lists them");
        }
    }
    return true;
}

static int print_configuration(const struct config *c)
{
    char *text = config_print(c);
    fputs(text, stdout);
    free(text);
    return STATUS_OK;
}

static void look(const struct config *c, struct checked *o)
{
    struct visit *v = visit_new(c);
    struct describes *d = describes_fetch(v, c, &o->org);

    if (d)
        mapping_check(c, d, &o->findings);
    describes_free(d);
    visit_free(v);
    check_kafka(c, &o->findings, &o->notes, &o->kafka);
}

/* Who could not be asked outweighs what was found: the rest is not known. */
static int status_of(const struct checked *o)
{
    if (o->org.status || o->kafka.status)
        return (int)(o->org.status > o->kafka.status ? o->org.status : o->kafka.status);
    return o->findings.n ? STATUS_FOUND : STATUS_OK;
}

/* ---- for people ---- */

static void print_lines(struct mistakes *m, const char *before)
{
    char *text = mistakes_text(m);

    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        printf("%s%.*s\n", before, (int)len, line);
        line += len + (line[len] == '\n');
    }
    free(text);
}

static void report(const struct config *c, const struct options *options, struct checked *o)
{
    print_lines(&o->findings, "");
    print_lines(&o->notes, "note: ");
    fflush(stdout);
    if (o->org.status)
        error_print(&o->org);
    if (o->kafka.status)
        error_print(&o->kafka);
    if (o->findings.n)
        printf("%zu finding%s\n", o->findings.n, o->findings.n == 1 ? "" : "s");
    else if (status_of(o) == STATUS_OK)
        printf("%s: %zu route%s, no mistake%s\n", c->named, c->nroutes, c->nroutes == 1 ? "" : "s",
               options->offline ? " in the file" : "; the org and Kafka agree");
}

/* ---- for programs ---- */

static json_t *lines_json(const struct mistakes *m)
{
    json_t *all = json_array();

    for (size_t i = 0; i < m->n && i < MISTAKES_MAX; i++)
        json_array_append_new(all, json_pack("{s:s, s:i, s:s?, s:s}", "file", m->list[i].file, "line", m->list[i].line,
                                             "path", m->list[i].path, "text", m->list[i].text));
    return all;
}

static void add_error(json_t *all, const char *service, const struct error *e)
{
    if (e->status)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:i}", "service", service, "text", e->text, "todo",
                                             e->hint, "status", (int)e->status));
}

static void report_json(const struct config *c, const struct checked *o)
{
    json_t *errors = json_array();

    add_error(errors, "salesforce", &o->org);
    add_error(errors, "kafka", &o->kafka);
    json_t *root = json_pack("{s:s, s:I, s:o, s:o, s:o}", "file", c->named, "routes", (json_int_t)c->nroutes,
                             "findings", lines_json(&o->findings), "notes", lines_json(&o->notes), "errors", errors);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

/* ---- the command ---- */

static int check(const struct config *c, const struct options *options)
{
    struct checked o = {0};

    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    if (!options->offline)
        look(c, &o);
    if (options->json)
        report_json(c, &o);
    else
        report(c, options, &o);
    int status = status_of(&o);
    mistakes_release(&o.findings);
    mistakes_release(&o.notes);
    return status;
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
    status = options.print ? print_configuration(config) : check(config, &options);
    config_free(config);
    return status;
}

const struct command command_check = {
    "check",
    "[--offline] [--print] [--json]",
    "every mistake of the configuration at once, in the file, in the org and in Kafka",
    "Reads the configuration and says what is wrong, all of it, one line each: FILE:LINE: SETTING: what was given, "
    "what is\n"
    "allowed. If the file is right, it logs in, reads the describe of each route's object and asks Kafka:\n"
    "objects and fields that are not there (with the nearest real name) or not writable in the route's mode, required "
    "fields\n"
    "that nothing maps, external ids that are none, types, constants and defaults that do not fit, missing rights; "
    "topics that\n"
    "are missing or may not be read or written. It changes nothing, neither there nor here (but renews an expired "
    "token).\n\n"
    "    --offline  only the file; no network\n"
    "    --print    show the effective configuration, defaults included and secrets masked; no network\n"
    "    --json     for programs: {\"file\", \"routes\", \"findings\": [{\"file\", \"line\", \"path\", \"text\"}], "
    "\"notes\": […],\n"
    "               \"errors\": [{\"service\", \"text\", \"todo\", \"status\"}]}\n\n"
    "Exit status: 0 nothing found; 1 something was found; 69 Salesforce or Kafka cannot be reached; 77 not logged in "
    "or not\n"
    "allowed in; 78 wrong configuration.\n",
    run,
};
