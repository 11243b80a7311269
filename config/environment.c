/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include "common/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_CEILING = 1 << 20 };

static bool is_name(const char *s, size_t len)
{
    static const char letters[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return len > 0 && !(s[0] >= '0' && s[0] <= '9') && strspn(s, letters) >= len;
}

/* At "${": adds the variable's value; returns what follows. */
static const char *fill_one(struct buffer *out, const char *at, struct node *n, struct mistakes *m)
{
    const char *name = at + 2, *end = strchr(name, '}');
    char variable[256];

    if (!end || !is_name(name, (size_t)(end - name)) || (size_t)(end - name) >= sizeof variable) {
        node_mistake(m, n, NULL,
                     "\"${\" begins no ${NAME} of an environment variable; a plain \"${\" is written \"$${\"");
        n->refused = true;
        return name;
    }
    memcpy(variable, name, (size_t)(end - name));
    variable[end - name] = '\0';
    const char *value = getenv(variable);
    if (value)
        buffer_add_string(out, value);
    else {
        node_mistake(m, n, NULL, "${%s} given, but the environment variable %s is not set", variable, variable);
        n->refused = true;
    }
    return end + 1;
}

static void fill_string(struct node *n, struct mistakes *m)
{
    struct buffer out = BUFFER_INIT(TEXT_CEILING);
    const char *at = n->text;

    while (*at) {
        if (strncmp(at, "$${", 3) == 0) {
            buffer_add_string(&out, "${");
            at += 3;
        } else if (strncmp(at, "${", 2) == 0)
            at = fill_one(&out, at, n, m);
        else
            buffer_add_char(&out, *at++);
    }
    if (out.full)
        node_mistake(m, n, NULL, "longer than %d bytes", TEXT_CEILING);
    if (!n->refused) {
        free(n->text);
        n->text = buffer_steal(&out);
    }
    buffer_release(&out);
}

void environment_fill(struct node *root, struct mistakes *m)
{
    if (root->kind == NODE_STRING && strstr(root->text, "${"))
        fill_string(root, m);
    for (size_t i = 0; i < root->nchildren; i++)
        environment_fill(&root->children[i], m);
}
