/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/options.h"

#include "common/memory.h"
#include "common/spelling.h"

#include <errno.h>
#include <stdlib.h>

static const char *const verbs[] = {[DLQ_STATS] = "stats",
                                    [DLQ_LIST] = "list",
                                    [DLQ_SHOW] = "show",
                                    [DLQ_REPLAY] = "replay",
                                    [DLQ_RETRY_CHECK] = "retry-check"};
enum { NVERBS = sizeof verbs / sizeof *verbs };

enum option {
    O_ROUTE = 1,
    O_CODE,
    O_OBJECT,
    O_TOPIC,
    O_KEY,
    O_SINCE,
    O_UNTIL,
    O_ID,
    O_LIMIT,
    O_ALL,
    O_JSON,
    O_DRY_RUN, /* from here on: replay alone */
    O_YES,
    O_INTO_COMPACTED,
    O_EVEN,
    O_RATE,
    O_TO
};

static const struct option_name {
    const char *name;
    bool takes;
} names[] = {
    [O_ROUTE] = {"route", true},
    [O_CODE] = {"code", true},
    [O_OBJECT] = {"object", true},
    [O_TOPIC] = {"topic", true},
    [O_KEY] = {"key", true},
    [O_SINCE] = {"since", true},
    [O_UNTIL] = {"until", true},
    [O_ID] = {"id", true},
    [O_LIMIT] = {"limit", true},
    [O_ALL] = {"all", false},
    [O_JSON] = {"json", false},
    [O_DRY_RUN] = {"dry-run", false},
    [O_YES] = {"yes", false},
    [O_INTO_COMPACTED] = {"into-compacted", false},
    [O_EVEN] = {"even-if-superseded", false},
    [O_RATE] = {"rate", true},
    [O_TO] = {"to", true},
};
enum { NNAMES = sizeof names / sizeof *names };

static bool read_count(const char *name, const char *text, int64_t *out, struct error *e)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *out > 0)
        return true;
    return error_set(e, STATUS_USAGE, "dlq --%s %s: has to be a whole number above 0", name, text);
}

static bool read_time(const char *name, const char *text, int64_t now_ms, int64_t *out, struct error *e)
{
    if (filter_read_time(text, now_ms, out))
        return true;
    error_set(e, STATUS_USAGE, "dlq --%s %s: is no time", name, text);
    return error_hint(e, "2026-11-23T10:15:30Z, 2026-11-23, or so long ago: 30m, 2h, 3d");
}

static bool read_id(const char *text, struct filter *f, struct error *e)
{
    f->ids = xreallocarray(f->ids, f->nids + 1, sizeof *f->ids);
    if (filter_read_place(text, &f->ids[f->nids])) {
        f->nids++;
        return true;
    }
    error_set(e, STATUS_USAGE, "dlq --id %s: is no TOPIC/PARTITION/OFFSET", text);
    return error_hint(e, "of the letter as `sfsink dlq list` shows it, or of the event where it first came from");
}

static bool take(struct dlq_options *o, enum option which, const char *value, int64_t now_ms, struct error *e)
{
    const char *name = names[which].name;

    if (which >= O_DRY_RUN && o->verb != DLQ_REPLAY) {
        error_set(e, STATUS_USAGE, "dlq %s --%s: is an option of replay", verbs[o->verb], name);
        return error_hint(e, "sfsink dlq --help lists them");
    }
    switch (which) {
    case O_ROUTE:
        o->filter.route = value;
        break;
    case O_CODE:
        o->filter.code = value;
        break;
    case O_OBJECT:
        o->filter.object = value;
        break;
    case O_TOPIC:
        o->filter.topic = value;
        break;
    case O_KEY:
        o->filter.key = value;
        break;
    case O_SINCE:
        return read_time(name, value, now_ms, &o->filter.since_ms, e);
    case O_UNTIL:
        return read_time(name, value, now_ms, &o->filter.until_ms, e);
    case O_ID:
        return read_id(value, &o->filter, e);
    case O_LIMIT:
        return read_count(name, value, &o->limit, e);
    case O_RATE:
        return read_count(name, value, &o->rate, e);
    case O_TO:
        o->to = value;
        break;
    case O_ALL:
        o->all = true;
        break;
    case O_JSON:
        o->json = true;
        break;
    case O_DRY_RUN:
        o->dry_run = true;
        break;
    case O_YES:
        o->yes = true;
        break;
    case O_INTO_COMPACTED:
        o->into_compacted = true;
        break;
    case O_EVEN:
        o->even_if_superseded = true;
        break;
    }
    return true;
}

static bool unknown(const char *given, const char *nearest, const char *dashes, struct error *e)
{
    error_set(e, STATUS_USAGE, "dlq %s: %s", given, dashes[0] ? "no such option" : "no such command");
    if (nearest)
        return error_hint(e, "did you mean \"%s%s\"? sfsink dlq --help lists them", dashes, nearest);
    return error_hint(e, "sfsink dlq --help lists them");
}

/* --name=value, --name value, --name. */
static bool read_option(struct dlq_options *o, int argc, char **argv, int *i, int64_t now_ms, struct error *e)
{
    const char *given = argv[*i] + 2, *equals = strchr(given, '='), *spellings[NNAMES];
    size_t len = equals ? (size_t)(equals - given) : strlen(given);

    for (int n = 1; n < NNAMES; n++) {
        spellings[n - 1] = names[n].name;
        if (strlen(names[n].name) != len || strncmp(names[n].name, given, len) != 0)
            continue;
        if (!names[n].takes && equals)
            return error_set(e, STATUS_USAGE, "dlq %s: takes no value", argv[*i]);
        const char *value = equals ? equals + 1 : NULL;
        if (names[n].takes && !equals && *i + 1 < argc)
            value = argv[++*i];
        if (names[n].takes && !value)
            return error_set(e, STATUS_USAGE, "dlq --%s: needs a value", names[n].name);
        return take(o, (enum option)n, value, now_ms, e);
    }
    char *name = xstrndup(given, len);
    unknown(argv[*i], spelling_nearest(name, spellings, NNAMES - 1), "--", e);
    free(name);
    return false;
}

/* --name, its value behind it. */
static bool takes_next(const char *name)
{
    for (int n = 1; n < NNAMES; n++)
        if (names[n].takes && strcmp(name, names[n].name) == 0)
            return true;
    return false;
}

/* Options may stand before the verb, so it is looked for first: the first word that is neither an option nor its value. */
static int find_verb(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            return i;
        if (takes_next(argv[i] + 2))
            i++;
    }
    return argc;
}

static bool read_verb(const char *given, enum dlq_verb *verb, struct error *e)
{
    for (int v = 0; v < NVERBS; v++)
        if (given && strcmp(given, verbs[v]) == 0) {
            *verb = (enum dlq_verb)v;
            return true;
        }
    if (given)
        return unknown(given, spelling_nearest(given, verbs, NVERBS), "", e);
    error_set(e, STATUS_USAGE, "dlq: which of stats, list, show, replay, retry-check?");
    return error_hint(e, "sfsink dlq --help says what they do");
}

bool dlq_options_read(int argc, char **argv, int64_t now_ms, struct dlq_options *out, struct error *e)
{
    int verb = find_verb(argc, argv);

    *out = (struct dlq_options){.filter = FILTER_ALL};
    if (!read_verb(verb < argc ? argv[verb] : NULL, &out->verb, e))
        return false;
    for (int i = 1; i < argc; i++) {
        if (i == verb)
            continue;
        if (strncmp(argv[i], "--", 2) != 0)
            return error_set(e, STATUS_USAGE, "dlq %s %s: one word too many", verbs[out->verb], argv[i]);
        if (!read_option(out, argc, argv, &i, now_ms, e))
            return false;
    }
    return true;
}

void dlq_options_release(struct dlq_options *o)
{
    for (size_t i = 0; i < o->filter.nids; i++)
        free(o->filter.ids[i].topic);
    free(o->filter.ids);
}
