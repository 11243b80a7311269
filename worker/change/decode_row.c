/* SPDX-License-Identifier: Apache-2.0 */
/* The format `row`: the value is the row, every value a create. */
#include "worker/change/decode.h"

enum decoded decode_row(struct image value, struct change *c, struct problem *p)
{
    if (value.value->kind != JSON_NODE_OBJECT) {
        problem_set(p, CODE_DECODE_ROW, "the value is JSON but no object, so it is no row");
        return DECODED_REFUSED;
    }
    c->kind = CHANGE_CREATE;
    c->row = value;
    return DECODED_CHANGE;
}
