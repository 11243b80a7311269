/* SPDX-License-Identifier: Apache-2.0 */
#include "config/places.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

struct place {
    char *path, *file;
    int line;
};

struct places {
    struct place *list;
    size_t n;
};

static void add(struct places *p, const struct node *n)
{
    p->list = xreallocarray(p->list, p->n + 1, sizeof *p->list);
    p->list[p->n++] = (struct place){node_path(n, NULL), xstrdup(n->file), n->line};
    for (size_t i = 0; i < n->nchildren; i++)
        add(p, &n->children[i]);
}

struct places *places_new(const struct node *root)
{
    struct places *p = xcalloc(1, sizeof *p);

    for (size_t i = 0; i < root->nchildren; i++)
        add(p, &root->children[i]);
    return p;
}

void places_free(struct places *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        free(p->list[i].path);
        free(p->list[i].file);
    }
    free(p->list);
    free(p);
}

/* Is it the setting itself, or a group or list around it? */
static bool holds(const char *group, const char *path)
{
    size_t len = strlen(group);

    return strncmp(group, path, len) == 0 && (path[len] == '\0' || path[len] == '.' || path[len] == '[');
}

const char *places_find(const struct places *p, const char *path, const char *otherwise, int *line)
{
    const struct place *nearest = NULL;

    for (size_t i = 0; i < p->n; i++)
        if (holds(p->list[i].path, path) && (!nearest || strlen(p->list[i].path) > strlen(nearest->path)))
            nearest = &p->list[i];
    *line = nearest ? nearest->line : 0;
    return nearest ? nearest->file : otherwise;
}
