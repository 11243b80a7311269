/* SPDX-License-Identifier: Apache-2.0 */
/* Any words of Salesforce about any record: the log does not get a value. The first line is the message, each further one a slot's JSON text. */
#include "common/json_doc.h"
#include "common/memory.h"
#include "worker/redact.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS = 8, TOO_SHORT = 2 };

static struct json_doc docs[SLOTS];

static void check(const char *line, const struct json_node *value)
{
    struct buffer text = BUFFER_INIT(1 << 20);
    if (value->unpaired)
        return; /* refused before anything is sent */
    if (value->kind == JSON_NODE_STRING)
        json_decode(value, &text);
    else if (value->kind == JSON_NODE_NUMBER)
        buffer_add_text(&text, json_raw(value));
    /* the blanks are stars themselves, and a C string ends at a NUL */
    if (text.len > TOO_SHORT && !memchr(text.bytes, '*', text.len) && !memchr(text.bytes, 0, text.len) &&
        strcasestr(line, text.bytes))
        bug("%s: still in: %s", text.bytes, line);
    buffer_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record *record = xcalloc(1, sizeof *record + SLOTS * sizeof(slot));
    char *text = xstrndup((const char *)data, size), *rest = text, *message = strsep(&rest, "\n"), *line;

    while (record->nslots < SLOTS && (line = strsep(&rest, "\n")))
        if (json_doc_read(&docs[record->nslots], text_of(line))) {
            record->slots[record->nslots] = json_raw(docs[record->nslots].nodes);
            record->nslots++;
        }
    char *out = redact(message, record);
    for (size_t i = 0; i < record->nslots; i++)
        check(out, docs[i].nodes);
    free(out);
    free(text);
    free(record);
    return 0;
}
