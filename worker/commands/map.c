/* SPDX-License-Identifier: Apache-2.0 */
/* `sfsink map`: what the mapping makes of events, without any network (but with --org). */
#include "common/buffer.h"
#include "common/error.h"
#include "common/json_doc.h"
#include "common/log.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"
#include "worker/commands/command.h"
#include "worker/commands/configured.h"
#include "worker/failure_codes.h"
#include "worker/row.h"
#include "worker/salesforce/record_check.h"
#include "worker/salesforce/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1 << 30 }; /* of a line, in and out */

struct session {
    const struct config *config;
    const char *topic;                 /* --topic; NULL: not given */
    bool org;                          /* --org */
    const struct describes *describes; /* NULL: the org is not asked */
    struct mapper *mapper;
    struct json_doc line;
    struct buffer out;
    int64_t nlines;
    bool refused;
};

/* ---- output ------------------------------------------------------------------------------------------------------------------- */

static void add_member(struct buffer *b, const char *name, const char *value)
{
    buffer_add_string(b, name);
    json_quote(text_of(value), b);
}

static void add_record(struct buffer *b, const struct record *r)
{
    add_member(b, "{\"do\":", operation_name(r->op));
    add_member(b, ",\"object\":", r->route->object);
    buffer_add_string(b, ",\"key\":");
    if (r->key.at)
        json_quote(r->key, b);
    else
        buffer_add_string(b, "null");
    if (r->op != OP_DELETE) {
        buffer_add_string(b, ",\"record\":{");
        row_write(b, r->route, r->slots, r->nslots, true);
        buffer_add_char(b, '}');
    }
    buffer_add_char(b, '}');
}

static void add_refusal(struct session *s, const char *code, const char *why)
{
    add_member(&s->out, "{\"do\":\"refuse\",\"code\":", code);
    add_member(&s->out, ",\"why\":", why);
    buffer_add_char(&s->out, '}');
    s->refused = true;
}

/* With --org, what the describe has against the record counts as a refusal, all of it in one. */
static bool org_refuses(struct session *s, const struct record *r)
{
    struct failure *f = s->describes ? record_check(s->describes, r) : NULL;
    struct buffer why = BUFFER_INIT(LONGEST);

    if (!f)
        return false;
    for (size_t i = 0; i < f->nrefusals; i++)
        buffer_printf(&why, "%s%s", i ? "; " : "", f->refusals[i].message);
    add_refusal(s, f->refusals[0].code, why.bytes);
    buffer_release(&why);
    failure_free(f);
    return true;
}

static void add_meaning(struct session *s, struct meaning *m)
{
    switch (m->kind) {
    case MEANING_RECORD:
        if (!org_refuses(s, m->record))
            add_record(&s->out, m->record);
        break;
    case MEANING_SKIP:
        add_member(&s->out, "{\"do\":\"skip\",\"why\":", m->why);
        buffer_add_char(&s->out, '}');
        break;
    case MEANING_REFUSE:
        add_refusal(s, m->failure->refusals[0].code, m->failure->refusals[0].message);
        break;
    }
    free(m->record);
    failure_free(m->failure);
    free(m->key);
}

static void map_message(struct session *s, const struct route *route, const struct message *message)
{
    struct meaning m = mapper_map(s->mapper, route, message);
    add_meaning(s, &m);
}

/* ---- lines of kcat -J --------------------------------------------------------------------------------------------------------- */

static const struct json_node *member(const struct json_node *n, const char *name)
{
    return json_member(n, text_of(name));
}

static bool is_kind(const struct json_node *n, enum json_kind kind)
{
    return n && n->kind == kind;
}

static bool is_kcat(const struct json_node *n)
{
    return is_kind(member(n, "topic"), JSON_NODE_STRING) && is_kind(member(n, "partition"), JSON_NODE_NUMBER) &&
           is_kind(member(n, "offset"), JSON_NODE_NUMBER) && member(n, "payload");
}

/* kcat writes bytes as a text, and what it decoded itself (-s avro) as JSON. `bytes` keeps them. */
static struct text bytes_of(const struct json_node *n, struct buffer *bytes)
{
    if (!n || n->kind == JSON_NODE_NULL)
        return TEXT_NONE;
    *bytes = BUFFER_INIT(LONGEST);
    if (n->kind == JSON_NODE_STRING)
        json_decode(n, bytes);
    else
        buffer_add_text(bytes, json_raw(n));
    return buffer_text(bytes);
}

static int64_t integer_of(const struct json_node *n, int64_t otherwise)
{
    return is_kind(n, JSON_NODE_NUMBER) ? strtoll(n->at, NULL, 10) : otherwise;
}

/* name, value, name, value, … */
static size_t read_headers(const struct json_node *list, struct header *headers, struct buffer *bytes)
{
    size_t n = 0;
    for (const struct json_node *h = json_first(list); h < json_end(list) && json_next(h) < json_end(list); n++) {
        headers[n].name = bytes_of(h, &bytes[2 * n]);
        h = json_next(h);
        headers[n].value = bytes_of(h, &bytes[2 * n + 1]);
        h = json_next(h);
        if (!headers[n].name.at)
            headers[n].name = text_of("");
    }
    return n;
}

static struct message *message_of_kcat(const struct json_node *line, const char *topic)
{
    struct buffer key = {0}, value = {0};
    const struct json_node *list = member(line, "headers");
    size_t room = is_kind(list, JSON_NODE_ARRAY) ? list->span : 0, nheaders = 0;
    struct header *headers = xcalloc(room + 1, sizeof *headers);
    struct buffer *bytes = xcalloc(2 * room + 2, sizeof *bytes);

    if (room)
        nheaders = read_headers(list, headers, bytes);
    struct message *m =
        message_new(0, topic, (int32_t)integer_of(member(line, "partition"), 0), integer_of(member(line, "offset"), 0),
                    integer_of(member(line, "ts"), -1), bytes_of(member(line, "key"), &key),
                    bytes_of(member(line, "payload"), &value), headers, nheaders);
    buffer_release(&key);
    buffer_release(&value);
    for (size_t i = 0; i < 2 * nheaders; i++)
        buffer_release(&bytes[i]);
    free(bytes);
    free(headers);
    return m;
}

static void map_kcat(struct session *s)
{
    struct buffer name = BUFFER_INIT(LONGEST);
    json_decode(member(s->line.nodes, "topic"), &name);
    buffer_add_string(&name, "");
    const struct route *route = config_route_of(s->config, s->topic ? s->topic : name.bytes);

    if (!route) {
        add_refusal(s, CODE_ROUTE_MISSING, "no route reads this topic");
    } else {
        struct message *message = message_of_kcat(s->line.nodes, name.bytes);
        map_message(s, route, message);
        free(message);
    }
    buffer_release(&name);
}

/* ---- lines that are values ----------------------------------------------------------------------------------------------------- */

/* False: nothing says which route is meant. */
static bool map_value(struct session *s, struct text line)
{
    const struct config *c = s->config;
    const struct route *route = s->topic ? config_route_of(c, s->topic) : c->nroutes == 1 ? c->routes[0] : NULL;
    if (!route)
        return false;
    struct message *message =
        message_new(0, s->topic ? s->topic : route->topic, 0, s->nlines - 1, -1, TEXT_NONE, line, NULL, 0);
    map_message(s, route, message);
    free(message);
    return true;
}

/* ---- the command --------------------------------------------------------------------------------------------------------------- */

static struct text without_line_end(char *line, ssize_t len)
{
    size_t n = (size_t)len;
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    return text_make(line, n);
}

static bool is_blank(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] != ' ' && t.at[i] != '\t')
            return false;
    return true;
}

static bool map_line(struct session *s, struct text line, struct error *e)
{
    buffer_clear(&s->out);
    if (json_doc_read(&s->line, line) && is_kcat(s->line.nodes)) {
        map_kcat(s);
    } else if (!map_value(s, line)) {
        error_set(e, STATUS_USAGE,
                  "map: the configuration has %zu routes, and the events do not say which one is meant",
                  s->config->nroutes);
        return error_hint(e, "name the topic: sfsink map --topic TOPIC; or give lines of kcat -J, which name it");
    }
    buffer_add_char(&s->out, '\n');
    fwrite(s->out.bytes, 1, s->out.len, stdout);
    return true;
}

static int map_lines(struct session *s)
{
    struct error e = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool good = true;

    while (good && (len = getline(&line, &room, stdin)) >= 0) {
        struct text t = without_line_end(line, len);
        s->nlines++;
        if (!is_blank(t))
            good = map_line(s, t, &e);
    }
    free(line);
    if (!good) {
        fflush(stdout);
        return error_print(&e);
    }
    return s->refused ? STATUS_FOUND : STATUS_OK;
}

static bool read_options(int argc, char **argv, struct session *s, struct error *e)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--topic=", 8) == 0) {
            s->topic = argv[i] + 8;
        } else if (strcmp(argv[i], "--topic") == 0 && i + 1 < argc) {
            s->topic = argv[++i];
        } else if (strcmp(argv[i], "--org") == 0) {
            s->org = true;
        } else if (strcmp(argv[i], "--topic") == 0) {
            return error_set(e, STATUS_USAGE, "map --topic: needs the name of a topic");
        } else {
            error_set(e, STATUS_USAGE, "map %s: no such option; events are read from standard input", argv[i]);
            return error_hint(e, "sfsink map --help lists them");
        }
    }
    return true;
}

static bool check_topic(const struct config *c, const char *topic, struct error *e)
{
    if (!topic || config_route_of(c, topic))
        return true;
    error_set(e, STATUS_USAGE, "map --topic %s: no route reads this topic", topic);
    return error_hint(e, "sfsink check --offline --print shows the routes");
}

/* False: the org was to be asked and cannot be. */
static bool ask_org(struct session *s, struct describes **describes, struct error *e)
{
    if (!s->org)
        return true;
    log_setup(LOG_LEVEL_NONE, LOG_FORMAT_LOGFMT);
    struct visit *v = visit_new(s->config);
    s->describes = *describes = describes_fetch(v, s->config, e);
    visit_free(v);
    return *describes != NULL;
}

static int run(int argc, char **argv, const char *config_file)
{
    struct session s = {.out = BUFFER_INIT(LONGEST)};
    struct describes *describes = NULL;
    struct error e = {0};
    int status = STATUS_OK;

    if (!read_options(argc, argv, &s, &e))
        return error_print(&e);
    struct config *config = configured_to_run(config_file, &status);
    if (!config)
        return status;
    s.config = config;
    if (check_topic(config, s.topic, &e) && ask_org(&s, &describes, &e)) {
        s.mapper = mapper_new();
        status = map_lines(&s);
    } else {
        status = error_print(&e);
    }
    mapper_free(s.mapper);
    describes_free(describes);
    json_doc_release(&s.line);
    buffer_release(&s.out);
    config_free(config);
    return status;
}

const struct command command_map = {
    "map",
    "[--topic T] [--org]",
    "what the mapping makes of events; touches no network",
    "Reads events from standard input, one JSON text a line: message values, or what `kcat -J` prints (which has keys, "
    "headers\n"
    "and tombstones too). Prints one line of JSON for each:\n\n"
    "    {\"do\":\"upsert\",\"object\":\"Contact\",\"key\":\"42\",\"record\":{…}}   or insert, update\n"
    "    {\"do\":\"delete\",\"object\":\"Contact\",\"key\":\"42\"}\n"
    "    {\"do\":\"skip\",\"why\":\"…\"}\n"
    "    {\"do\":\"refuse\",\"code\":\"…\",\"why\":\"…\"}                    would be a dead letter; sfsink help "
    "codes\n\n"
    "    --topic T  the events are those of topic T; to be given with several routes, unless the lines are kcat's\n"
    "    --org      asks the org, and refuses what does not fit its fields: length, restricted picklist, range, type, "
    "form of\n"
    "               an Id, with the code that Salesforce would answer with. Nothing is written there\n\n"
    "Exit status: 0 done; 1 an event was refused; 64 wrong usage; 69, 77 with --org: Salesforce cannot be reached, or "
    "does not\n"
    "let us in; 78 wrong configuration.\n",
    run,
};
