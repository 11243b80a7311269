/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/api.h"

#include "worker/simulator/collections.h"
#include "worker/simulator/composite.h"
#include "worker/simulator/describe.h"
#include "worker/simulator/limits.h"
#include "worker/simulator/query.h"
#include "worker/simulator/rows.h"

#include <string.h>
#include <strings.h>

bool api_is_versions(const struct call *c)
{
    return c->version == 0;
}

static bool versions(struct answer *a)
{
    json_t *all = json_array();

    for (int v = FIRST_VERSION; v <= LAST_VERSION; v++) {
        static const char *const seasons[] = {"Summer", "Winter", "Spring"};
        int n = v - FIRST_VERSION; /* v31.0 is Summer '14 */
        json_array_append_new(
            all, json_pack("{s:o, s:o, s:o}", "label", json_sprintf("%s '%d", seasons[n % 3], 14 + (n + 2) / 3), "url",
                           json_sprintf("/services/data/v%d.0", v), "version", json_sprintf("%d.0", v)));
    }
    answer_json(a, 200, all);
    a->not_counted = true;
    return true;
}

static bool resources(const struct call *c, struct answer *a)
{
    static const char *const names[] = {"sobjects", "composite", "query", "queryAll", "limits"};
    json_t *all = json_object();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_object_set_new(all, names[i], json_sprintf("/services/data/v%d.0/%s", c->version, names[i]));
    answer_json(a, 200, all);
    return true;
}

static bool show_limits(struct world *w, const struct call *c, struct answer *a)
{
    (void)c;
    answer_json(a, 200, limits_show(w));
    return true;
}

static bool list_resources(struct world *w, const struct call *c, struct answer *a)
{
    (void)w;
    return resources(c, a);
}

/* The first row that fits; `second` NULL: whatever is there. */
static const struct route {
    size_t least, most;
    const char *first, *second, *third;
    const char *method; /* NULL: the resource sees to it */
    bool (*run)(struct world *w, const struct call *c, struct answer *a);
} routes[] = {
    {0, 0, NULL, NULL, NULL, "GET", list_resources},
    {1, 1, "limits", NULL, NULL, "GET", show_limits},
    {1, 2, "query", NULL, NULL, NULL, query_call},
    {1, 2, "queryAll", NULL, NULL, NULL, query_call},
    {2, 4, "composite", "sobjects", NULL, NULL, collections_call},
    {1, 1, "composite", NULL, NULL, "POST", composite_call},
    {1, 1, "sobjects", NULL, NULL, "GET", describe_global},
    {3, 3, "sobjects", NULL, "describe", "GET", describe_full},
    {2, 4, "sobjects", NULL, NULL, NULL, rows_call},
};

static bool fits(const struct route *r, const struct call *c)
{
    return c->nsegments >= r->least && c->nsegments <= r->most &&
           (!r->first || strcasecmp(r->first, c->segments[0]) == 0) &&
           (!r->second || strcasecmp(r->second, c->segments[1]) == 0) &&
           (!r->third || strcasecmp(r->third, c->segments[2]) == 0);
}

bool api_call(struct world *w, const struct call *c, struct answer *a)
{
    if (c->version == 0)
        return strcmp(c->method, "GET") == 0 ? versions(a) : answer_not_allowed(a, c->method, "GET,HEAD");
    if (c->version < 0 || c->too_deep)
        return answer_not_found(a);
    if (call_is(c, 2, "sobjects", NULL) && strcmp(c->method, "GET") == 0)
        return describe_basic(w, c, a);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(&routes[i], c))
            continue;
        if (routes[i].method && strcmp(routes[i].method, c->method) != 0)
            return answer_not_allowed(a, c->method, routes[i].method);
        return routes[i].run(w, c, a);
    }
    return answer_not_found(a);
}

const char *api_object(const struct call *c)
{
    const json_t *first = json_array_get(json_object_get(c->body, "records"), 0);
    const char *type = json_string_value(json_object_get(json_object_get(first, "attributes"), "type"));

    if (c->nsegments >= 2 && strcasecmp(c->segments[0], "sobjects") == 0)
        return c->segments[1];
    if (c->nsegments >= 3 && strcasecmp(c->segments[0], "composite") == 0)
        return c->segments[2];
    return type ? type : "";
}
