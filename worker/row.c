/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/row.h"

#include "config/route.h"

bool row_write(struct buffer *b, const struct route *route, const slot *slots, size_t n, bool first)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &route->fields[i];
        if (!slots[i].at)
            continue;
        if (!first)
            buffer_add_char(b, ',');
        first = false;
        buffer_add_char(b, '"');
        buffer_add_string(b, text_is(slots[i], "null") ? f->null_name : f->name);
        buffer_add(b, "\":", 2);
        buffer_add_text(b, slots[i]);
    }
    return first;
}

size_t row_overhead(const struct route *route)
{
    size_t bytes = 0;

    for (size_t i = 0; i < route->nfields; i++) {
        size_t name = strlen(route->fields[i].name), null_name = strlen(route->fields[i].null_name);
        bytes += (name > null_name ? name : null_name) + sizeof "\"\":," - 1;
    }
    return bytes;
}
