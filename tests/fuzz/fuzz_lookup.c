/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a key that has to be asked for: whatever it holds, the SOQL that is sent asks for this value and for nothing else. The simulator,
 * which shares no code with the client, reads the statement. */
#include "common/form.h"
#include "common/json_doc.h"
#include "common/memory.h"
#include "config/route.h"
#include "worker/salesforce/lookup.h"
#include "worker/simulator/soql.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char object[] = "Contact", key[] = "Ext__c";
static const struct route route = {.object = object, .external_id = key, .id_field = -1};

static void check(const char *path, struct text value)
{
    char why[256], *statement = form_value(text_of(strchr(path, '?') + 1), "q");
    struct soql *q = soql_parse(text_of(statement), why);

    if (!q)
        bug("%s: %s", why, statement);
    const struct soql_condition *w = q->where;
    if (!w || w->op != SOQL_IN || w->left || q->nfields != 2 || q->limit != -1 || json_array_size(w->value) != 1)
        bug("another question: %s", statement);
    const json_t *asked = json_array_get(w->value, 0);
    if (!text_equal(text_make(json_string_value(asked), json_string_length(asked)), value))
        bug("another value: %s", statement);
    soql_free(q);
    free(statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record *record = xcalloc(1, sizeof *record + sizeof(slot));
    struct write write = {.record = record, .slots = record->slots};
    struct line line = {.write = &write};
    struct buffer path = BUFFER_INIT(1 << 16);

    record->route = &route;
    record->key = text_make((const char *)data, size);
    struct text value = record->key;
    while (value.len && isspace((unsigned char)value.at[0]))
        value = text_make(value.at + 1, value.len - 1);
    while (value.len && isspace((unsigned char)value.at[value.len - 1]))
        value.len--;
    bool sound =
        size && json_utf8(value) && !memchr(value.at, 0, value.len); /* as a key is; a NUL ends the test's own texts */
    if (sound && lookup_path(&path, "v59.0", &route, &line, 1, false) && path.len)
        check(path.bytes, value);
    buffer_release(&path);
    free(record);
    return 0;
}
