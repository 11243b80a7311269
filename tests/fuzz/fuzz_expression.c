/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON as the input of jq programs such as people write: one value in one line, nothing, several, or an error with words. What is in front
 * of the first line end is the event, the rest the row. */
#include "common/expression.h"
#include "common/json_doc.h"
#include "common/memory.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__lsan_default_suppressions(void);

/* libjq 1.6 loses some bytes where `test` and its like refuse what is no string. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libjq";
}

static const char *const programs[] = {
    ".",
    ".a + \" \" + .b",
    "[.. | scalars] | join(\";\")",
    "$event.key // .id | tostring",
    "to_entries | map(select(.value != null)) | from_entries",
    ".t | tonumber | todate",
    ".[]?",
    "if .a == \"x\" then empty else {a: .a, b: [.b]} end",
    "tojson | fromjson | @base64 | ascii_downcase",
    ".s | ltrimstr(\"a\") | test(\"^[a-z]+$\")",
    ".d | strptime(\"%Y-%m-%d\") | mktime",
    ".i | implode | explode",
    "[.p | splits(\", *\")] | sort | unique | .[1:3]",
    ".i | [min, max, add, (.[0] | @text), indices(1)]",
};
enum { NPROGRAMS = sizeof programs / sizeof *programs };

static struct expression *compiled[NPROGRAMS];

static void clean_up(void)
{
    for (size_t i = 0; i < NPROGRAMS; i++)
        expression_free(compiled[i]);
}

/* Before the clock of a single input runs: compiling takes long under a sanitizer. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct error e = {0};
    (void)argc, (void)argv;
    for (size_t i = 0; i < NPROGRAMS; i++)
        if (!(compiled[i] = expression_compile(programs[i], &e)))
            bug("%s: %s", programs[i], e.text);
    return atexit(clean_up);
}

static void run(struct expression *x, const struct expression_input *in)
{
    static struct json_doc d;
    char *json = NULL, why[256] = "";
    enum expression_kind kind = expression_run(x, in, &json, why);

    if ((kind == EXPRESSION_VALUE) != (json != NULL) || (kind == EXPRESSION_ERROR && !why[0]))
        bug("kind %d without what belongs to it", (int)kind);
    if (json && (strchr(json, '\n') || !json_doc_read(&d, text_of(json))))
        bug("a value that is not one line of JSON: %s", json);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    struct text event = line ? text_make(text, (size_t)(line - text)) : TEXT_NONE;
    struct text row = line ? text_make(line + 1, size - event.len - 1) : text_make(text, size);

    struct expression_input *in = expression_input_new(row, event.len ? event : TEXT_NONE);
    for (size_t i = 0; in && i < NPROGRAMS; i++)
        run(compiled[i], in);
    expression_input_free(in);
    return 0;
}
