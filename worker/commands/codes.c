/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/codes.h"

#include "common/buffer.h"
#include "worker/failure_codes.h"
#include "worker/salesforce/error_codes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LARGEST = 1 << 20 };

static const char introduction[] =
    "# Error codes\n\n"
    "Made by `make docs` from the tables that the worker decides by; `sfsink help codes CODE` prints one. Salesforce's "
    "codes stand in logs,\n"
    "dead letters (`sfsink.error.code`) and metrics as they came; sfsink's own are in the first table and at the end "
    "of the second.\n\n"
    "What sfsink does:\n\n"
    "| | |\n|---|---|\n"
    "| done | counts as applied |\n"
    "| superseded | Salesforce holds a newer version; counts as such |\n"
    "| again | sent again at once, and counts for nobody |\n"
    "| retry | sent again after a growing wait; a record is a dead letter after `retry.max_attempts` refusals |\n"
    "| again after the hold | it may have been carried out: sent again after `salesforce.ambiguous_hold_ms` |\n"
    "| new token | the session is renewed, once for all requests, and the request sent again |\n"
    "| everything waits | nothing is sent until it is mended; the worker is not ready and says why |\n"
    "| route halted | this route waits, the others go on; it tries again by itself, and nothing is dead-lettered |\n"
    "| dead letter | the record's events go to the dead-letter topic; a request of several is taken apart first |\n\n";

static void add_scopes(struct buffer *b, unsigned scopes)
{
    static const struct {
        unsigned scope;
        const char *name;
    } names[] = {{IN_RECORD, "record"}, {IN_REQUEST, "request"}, {IN_TOKEN, "login"}, {OF_OURS, "sfsink"}};
    bool first = true;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(scopes & names[i].scope))
            continue;
        buffer_printf(b, "%s%s", first ? "" : ", ", names[i].name);
        first = false;
    }
}

/* What narrows a row down besides code and place. `quote`: around Salesforce's words. */
static void add_conditions(struct buffer *b, const struct error_row *row, const char *quote)
{
    static const char *const when[] = {"",
                                       "a delete",
                                       "an Id that was remembered",
                                       "an insert that is sent again, on its external id",
                                       "an upsert, on its external id",
                                       "refused twice already"};
    const char *comma = "";

    if (row->status >= 100)
        buffer_printf(b, "HTTP %d", row->status);
    else if (row->status)
        buffer_printf(b, "HTTP %dxx", row->status);
    comma = row->status ? ", " : "";
    if (row->text)
        buffer_printf(b, "%s%s%s%s", comma, quote, row->text, quote);
    comma = row->status || row->text ? ", " : "";
    if (row->when != WHEN_ANY)
        buffer_printf(b, "%s%s", comma, when[row->when]);
}

/* ---- Markdown ---- */

static void add_cell(struct buffer *b, const char *text)
{
    for (; *text; text++)
        buffer_printf(b, *text == '|' || *text == '<' ? "\\%c" : "%c", *text);
}

static void add_markdown_row(struct buffer *b, const struct error_row *row)
{
    buffer_printf(b, row->code ? "| `%s` | " : "| %s | ", row->code ? row->code : "(any)");
    add_scopes(b, row->scopes);
    buffer_add_string(b, " | ");
    add_conditions(b, row, "*");
    buffer_printf(b, " | %s | ", error_class_name(row->class));
    add_cell(b, row->todo);
    buffer_add_string(b, " |\n");
}

char *codes_markdown(void)
{
    struct buffer b = BUFFER_INIT(LARGEST);
    char *ours = failure_codes_markdown();
    const struct error_row *row;

    buffer_add_string(&b, introduction);
    buffer_add_string(
        &b, "## Before any call\n\nOf events that cannot be decoded or mapped. All of them are dead letters.\n\n");
    buffer_add_string(&b, ours);
    buffer_add_string(
        &b, "\n## From Salesforce\n\n"
            "The first row that fits decides. Where it stood: in one *record*'s result, in the answer to a whole "
            "*request*, in that of the *login*'s\n"
            "token endpoint; *sfsink* gives the code itself. Words in italics are part of Salesforce's message.\n\n"
            "| code | where | only | what sfsink does | what it means, what to do |\n|---|---|---|---|---|\n");
    for (size_t i = 0; (row = error_row_at(i)) != NULL; i++)
        add_markdown_row(&b, row);
    free(ours);
    return buffer_steal(&b);
}

/* ---- for people ---- */

static void add_help_row(struct buffer *b, const struct error_row *row)
{
    buffer_printf(b, "%s  (", row->code ? row->code : "(any code)");
    add_scopes(b, row->scopes);
    if (row->status || row->text || row->when != WHEN_ANY)
        buffer_add_string(b, "; ");
    add_conditions(b, row, "\"");
    buffer_printf(b, ")\n    %s: %s\n", error_class_name(row->class), row->todo);
}

char *codes_help(const char *code)
{
    struct buffer b = BUFFER_INIT(LARGEST);
    const struct error_row *row;

    for (size_t i = 0; i < nfailure_codes; i++)
        if (!code || strcasecmp(code, failure_codes[i].code) == 0)
            buffer_printf(&b, "%s  (before any call)\n    dead letter: %s\n    %s\n", failure_codes[i].code,
                          failure_codes[i].meaning, failure_codes[i].remedy);
    for (size_t i = 0; (row = error_row_at(i)) != NULL; i++)
        if (!code || (row->code && strcasecmp(code, row->code) == 0))
            add_help_row(&b, row);
    return buffer_steal(&b);
}
