/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c: config_restart_for(), config_taken_over(), config_same_login(): what a reload changes. */
#include "config/print.h"

#include <stdlib.h>
#include <string.h>

static bool same_properties(const struct config *a, const struct config *b)
{
    if (a->kafka.nproperties != b->kafka.nproperties)
        return false;
    for (size_t i = 0; i < a->kafka.nproperties; i++) {
        const struct property *p = &a->kafka.properties[i], *q = &b->kafka.properties[i];
        if (p->consumer != q->consumer || p->producer != q->producer || strcmp(p->name, q->name) != 0 ||
            strcmp(p->value, q->value) != 0)
            return false;
    }
    return true;
}

static const char *secret(const struct setting *s, const struct config *c)
{
    return *(char *const *)((const char *)c + s->offset);
}

static bool same(const struct setting *s, const struct config *a, const struct config *b)
{
    if (s->type == SET_PROPERTIES)
        return same_properties(a, b);
    if (s->type == SET_SECRET)
        return strcmp(secret(s, a), secret(s, b)) == 0;

    struct buffer x = BUFFER_INIT(16 << 20), y = BUFFER_INIT(16 << 20);
    print_setting(&x, s, a);
    print_setting(&y, s, b);
    bool equal = text_equal(buffer_text(&x), buffer_text(&y));
    buffer_release(&x);
    buffer_release(&y);
    return equal;
}

bool config_same_login(const struct config *a, const struct config *b)
{
    return a->salesforce.auth.flow == b->salesforce.auth.flow &&
           strcmp(a->salesforce.auth.login_url, b->salesforce.auth.login_url) == 0 &&
           strcmp(a->salesforce.auth.client_id, b->salesforce.auth.client_id) == 0 &&
           strcmp(a->salesforce.auth.username, b->salesforce.auth.username) == 0 &&
           strcmp(a->salesforce.instance_url, b->salesforce.instance_url) == 0;
}

/* A secret is of use with its login only. */
static bool reloads(const struct setting *s, const struct config *old, const struct config *fresh)
{
    return s->reload && (s->type != SET_SECRET || config_same_login(old, fresh));
}

static char *changed(const struct config *old, const struct config *fresh, bool reload)
{
    struct buffer out = BUFFER_INIT(4096);
    for (size_t i = 0; i < settings_config.n; i++) {
        const struct setting *s = &settings_config.rows[i];
        if (reloads(s, old, fresh) == reload && !same(s, old, fresh))
            buffer_printf(&out, "%s%s", out.len ? ", " : "", s->path);
    }
    return buffer_steal(&out);
}

char *config_restart_for(const struct config *old, const struct config *fresh)
{
    return changed(old, fresh, false);
}

char *config_taken_over(const struct config *old, const struct config *fresh)
{
    return changed(old, fresh, true);
}
