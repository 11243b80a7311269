/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/advice.h"

#include "worker/failure_codes.h"
#include "worker/salesforce/error_codes.h"

#include <stdlib.h>

static enum operation operation_of(struct text mode)
{
    for (int op = 0; op < OPERATIONS; op++)
        if (text_is(mode, operation_name((enum operation)op)))
            return (enum operation)op;
    return OP_UPSERT;
}

/* The row that the worker went by says what to do, where it says anything of this very code. */
static const char *todo_of_salesforce(const struct letter *l, const char *code, const char *message)
{
    struct error_case c = {.scope = IN_RECORD,
                           .status = l->http_status.at ? atoi(l->http_status.at) : 0,
                           .code = code,
                           .message = message,
                           .op = operation_of(l->mode),
                           .external_id = ""};
    const struct error_row *row = error_row_find(&c);
    if (!row->code) { /* some are said of whole requests only */
        c.scope = IN_REQUEST;
        const struct error_row *of_request = error_row_find(&c);
        row = of_request->code ? of_request : row;
    }
    return row->todo;
}

struct advice advice_for(const struct letter *l, const char *code, const char *message)
{
    for (size_t i = 0; i < nfailure_codes; i++)
        if (strcmp(failure_codes[i].code, code) == 0)
            return (struct advice){failure_codes[i].meaning, failure_codes[i].remedy};
    if (l->family != LETTER_OURS)
        return (struct advice){0};
    return (struct advice){NULL, todo_of_salesforce(l, code, message)};
}
