/* SPDX-License-Identifier: Apache-2.0 */
#include "config/layout.h"

#include "common/memory.h"

#include <stdlib.h>
#include <string.h>

void layout_indent(struct buffer *out, int depth)
{
    buffer_printf(out, "%*s", 2 * depth, "");
}

/* Length of the groups in front: "salesforce.auth." of "salesforce.auth.flow". */
static size_t groups_length(const char *path)
{
    return (size_t)(settings_leaf(path) - path);
}

/* How many bytes of whole groups two paths share. */
static size_t shared(const char *a, const char *b)
{
    size_t n = 0, most = groups_length(a) < groups_length(b) ? groups_length(a) : groups_length(b);
    for (size_t i = 0; i < most && a[i] == b[i]; i++)
        if (a[i] == '.')
            n = i + 1;
    return n;
}

static int count_groups(const char *path, size_t from)
{
    int n = 0;
    for (size_t i = from; i < groups_length(path); i++)
        n += path[i] == '.';
    return n;
}

void layout_walk(const struct table *t, const struct layout *l, int depth)
{
    const char *before = "";
    for (size_t i = 0; i < t->n; i++) {
        const char *path = t->rows[i].path;
        size_t same = shared(before, path);
        for (int n = count_groups(before, same); n > 0; n--)
            l->close(l->context, --depth);
        for (const char *at = path + same; at < path + groups_length(path); at += strcspn(at, ".") + 1) {
            char *group = xstrndup(at, strcspn(at, "."));
            l->open(l->context, group, depth++);
            free(group);
        }
        l->row(l->context, &t->rows[i], depth);
        before = path;
    }
    for (int n = count_groups(before, 0); n > 0; n--)
        l->close(l->context, --depth);
}
