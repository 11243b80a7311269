/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/describes.h"

#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/salesforce/visit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct describes {
    struct describe_list *list;
    struct describe **objects;
    size_t n;
};

const struct describe *describes_of(const struct describes *d, const char *object)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcasecmp(d->objects[i]->name, object) == 0)
            return d->objects[i];
    return NULL;
}

const char *describes_nearest(const struct describes *d, const char *object)
{
    return describe_list_nearest(d->list, object);
}

/* Nothing to do where it is known already, or where the org has none. */
static bool fetch_object(struct describes *d, struct visit *v, const char *object, struct error *e)
{
    bool missing;

    if (describes_of(d, object))
        return true;
    struct describe *one = visit_object(v, object, &missing, e);
    if (!one)
        return missing;
    d->objects = xreallocarray(d->objects, d->n + 1, sizeof(struct describe *));
    d->objects[d->n++] = one;
    return true;
}

static bool fetch_parents(struct describes *d, struct visit *v, const struct route *route, struct error *e)
{
    for (size_t i = 0; i < route->nfields; i++) {
        const struct describe *of = describes_of(d, route->object);
        const struct describe_field *f =
            of && route->fields[i].parent_key ? describe_relationship(of, route->fields[i].name) : NULL;
        if (f && f->nreferences == 1 && !fetch_object(d, v, f->reference_to[0], e))
            return false;
    }
    return true;
}

struct describes *describes_fetch(struct visit *v, const struct config *c, struct error *e)
{
    struct describes *d = xcalloc(1, sizeof *d);
    bool done;

    d->list = visit_objects(v, e);
    done = d->list != NULL;
    for (size_t i = 0; done && i < c->nroutes; i++)
        done = fetch_object(d, v, c->routes[i]->object, e) && fetch_parents(d, v, c->routes[i], e);
    if (done)
        return d;
    describes_free(d);
    return NULL;
}

void describes_free(struct describes *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n; i++)
        describe_free(d->objects[i]);
    describe_list_free(d->list);
    free(d->objects);
    free(d);
}
