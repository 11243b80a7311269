/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/problem.h"

#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool problem_set(struct problem *p, const char *code, const char *format, ...)
{
    if (p->code)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
    p->code = code;
    return false;
}

/* Where the field's value comes from, as the configuration writes it. */
static void add_origin(const struct field *f, struct buffer *b)
{
    static const char *const before[] = {[SOURCE_ROW] = "from ",
                                         [SOURCE_KEY] = "from @key",
                                         [SOURCE_TOPIC] = "from @topic",
                                         [SOURCE_PARTITION] = "from @partition",
                                         [SOURCE_OFFSET] = "from @offset",
                                         [SOURCE_TIMESTAMP] = "from @timestamp",
                                         [SOURCE_OP] = "from @op",
                                         [SOURCE_BEFORE] = "from @before",
                                         [SOURCE_SOURCE] = "from @source",
                                         [SOURCE_HEADER] = "from @header",
                                         [SOURCE_JQ] = "jq",
                                         [SOURCE_VALUE] = "value"};

    buffer_add_string(b, before[f->source]);
    for (size_t i = 0; i < f->path.nsteps; i++) {
        if (i > 0 || f->source != SOURCE_ROW)
            buffer_add_char(b, '.');
        buffer_add_string(b, f->path.steps[i]);
    }
}

struct failure *problem_failure(const struct problem *p)
{
    if (!p->field)
        return failure_new(p->stage, p->code, p->text, NULL);

    struct buffer b = BUFFER_INIT(2048);
    buffer_add_string(&b, p->field->to);
    buffer_add_string(&b, " (");
    add_origin(p->field, &b);
    buffer_add_string(&b, "): ");
    buffer_add_string(&b, p->text);
    struct failure *f = failure_new(p->stage, p->code, b.bytes, p->field->to);
    buffer_release(&b);
    return f;
}
