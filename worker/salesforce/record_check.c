/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/record_check.h"

#include "common/buffer.h"
#include "common/json_doc.h"
#include "common/memory.h"
#include "config/route.h"
#include "worker/salesforce/field_value.h"
#include "worker/salesforce/mapping_check.h"

#include <stdlib.h>

enum { WORDS = 2000 };

/* Of a parent by external id the slot is an object with the id in it. */
static const struct json_node *value_of(const struct field *mapped, const struct json_node *value)
{
    return mapped->parent_key && value->kind == JSON_NODE_OBJECT ? json_member(value, text_of(mapped->parent_key))
                                                                 : value;
}

static void add(struct failure **failure, const char *code, const char *field, const char *why)
{
    char *message = xasprintf("%s: %s", field, why);

    if (*failure)
        failure_add(*failure, code, message, field);
    else
        *failure = failure_new(STAGE_WRITE, code, message, field);
    free(message);
}

static void check_slot(const struct describes *d, const struct record *r, size_t i, struct failure **failure)
{
    const struct field *mapped = &r->route->fields[i];
    const struct describe_field *f = mapping_target(d, r->route, i);
    struct buffer why = BUFFER_INIT(WORDS);
    struct json_doc doc = {0};

    if (f && r->slots[i].at && json_doc_read(&doc, r->slots[i])) {
        const struct json_node *value = value_of(mapped, doc.nodes);
        bool cleared = mapped->parent_key && value &&
                       value->kind == JSON_NODE_NULL; /* of the reference, not of the parent's key */
        const char *code = value && !cleared ? field_value_check(f, value, &why) : NULL;
        if (code)
            add(failure, code, mapped->to, why.bytes);
    }
    buffer_release(&why);
    json_doc_release(&doc);
}

struct failure *record_check(const struct describes *d, const struct record *r)
{
    struct failure *failure = describe_trouble(describes_of(d, r->route->object), r->route, r->op);

    if (failure)
        return failure;
    for (size_t i = 0; r->op != OP_DELETE && i < r->nslots; i++)
        check_slot(d, r, i, &failure);
    return failure;
}
