/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h: a table laid out in the groups of the file: "salesforce.auth.flow" lies in salesforce: { auth: { flow = …. */
#ifndef SFSINK_CONFIG_LAYOUT_H
#define SFSINK_CONFIG_LAYOUT_H

#include "common/buffer.h"
#include "config/settings.h"

/* What is called, in the order of the table; depth 0 is outside of all groups. */
struct layout {
    void *context;
    void (*open)(void *context, const char *group, int depth);
    void (*row)(void *context, const struct setting *s, int depth);
    void (*close)(void *context, int depth);
};

void layout_walk(const struct table *t, const struct layout *l, int depth);

/* Two blanks a level. */
void layout_indent(struct buffer *out, int depth);

#endif
