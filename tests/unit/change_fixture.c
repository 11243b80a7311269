/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/change_fixture.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "tests/unit/config_text.h"
#include "worker/change/change.h"
#include "worker/row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 << 20 };

struct route_fixture {
    struct config *config;
    struct mapper *mapper;
};

static const char *usual_route = ROUTE_DEBEZIUM;

static void replace(char *s, size_t len, char from, char to)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == from)
            s[i] = to;
}

/* ' becomes "; yours. */
static char *with_quotes(const char *s)
{
    char *copy = xstrdup(s);
    replace(copy, strlen(copy), '\'', '"');
    return copy;
}

struct route_fixture *route_fixture_new(const char *route, const char *fields)
{
    struct route_fixture *f = xcalloc(1, sizeof *f);
    struct buffer b = BUFFER_INIT(LONGEST);

    buffer_printf(&b,
                  "routes = ( { topic = 't'; object = 'Custom Object'; custom_object = 'My__c'; %s\n"
                  "fields = ( %s { to = 'E__c'; from = 'id'; } ); } );\n",
                  route ? route : usual_route, fields ? fields : "{ to = 'A__c'; from = 'a'; },");
    replace(b.bytes, b.len, '\'', '"');
    f->config = config_of_text(b.bytes);
    f->mapper = mapper_new();
    buffer_release(&b);
    return f;
}

void route_fixture_free(struct route_fixture *f)
{
    mapper_free(f->mapper);
    config_free(f->config);
    free(f);
}

static void add_record(struct buffer *b, const struct record *r)
{
    buffer_printf(b, "%s ", operation_name(r->op));
    buffer_add_text(b, r->key.at ? r->key : text_of("-"));
    if (r->op != OP_DELETE) {
        buffer_add_string(b, " {");
        row_write(b, r->route, r->slots, r->nslots, true);
        buffer_add_char(b, '}');
    }
    if (r->has_version)
        buffer_printf(b, " version %" PRId64, r->version);
    if (r->group.at) {
        buffer_add_string(b, " group ");
        buffer_add_text(b, r->group);
    }
}

char *route_fixture_map(struct route_fixture *f, struct text key, struct text value, const struct header *headers,
                        size_t nheaders)
{
    struct buffer b = BUFFER_INIT(LONGEST);
    struct message *message = message_new(1, "t", 3, 41, EVENT_TIME, key, value, headers, nheaders);
    struct meaning m = mapper_map(f->mapper, f->config->routes[0], message);

    switch (m.kind) {
    case MEANING_RECORD:
        add_record(&b, m.record);
        break;
    case MEANING_SKIP:
        buffer_printf(&b, "skip %s", m.why);
        break;
    case MEANING_REFUSE:
        buffer_printf(&b, "refuse %s %s", m.failure->refusals[0].code, m.failure->refusals[0].message);
        break;
    }
    free(m.record);
    failure_free(m.failure);
    free(m.key);
    free(message);
    replace(b.bytes, b.len, '"', '\'');
    return buffer_steal(&b);
}

static void one_event(void **state)
{
    const struct event_case *c = *state;
    struct route_fixture *f = route_fixture_new(c->route, c->fields);
    char *key = c->key ? with_quotes(c->key) : NULL, *value = c->value ? with_quotes(c->value) : NULL;
    struct header headers[2];
    size_t n = 0;

    for (; n < N(headers) && c->headers[2 * n]; n++)
        headers[n] = (struct header){text_of(c->headers[2 * n]),
                                     c->headers[2 * n + 1] ? text_of(c->headers[2 * n + 1]) : TEXT_NONE};
    char *line = route_fixture_map(f, key ? text_of(key) : TEXT_NONE, value ? text_of(value) : TEXT_NONE, headers, n);
    assert_string_equal(line, c->result);
    free(line);
    free(key);
    free(value);
    route_fixture_free(f);
}

int event_cases_run(const char *group, const char *route, const struct event_case *cases, size_t ncases,
                    const struct CMUnitTest *others, size_t nothers)
{
    struct CMUnitTest *tests = xcalloc(ncases + nothers, sizeof *tests);

    usual_route = route;
    for (size_t i = 0; i < ncases; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, one_event, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    for (size_t i = 0; i < nothers; i++)
        tests[ncases + i] = others[i];
    int failed = _cmocka_run_group_tests(group, tests, ncases + nothers, NULL, NULL);
    free(tests);
    return failed;
}
