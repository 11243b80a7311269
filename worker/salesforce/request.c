/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/salesforce/request.h"

#include "common/memory.h"
#include "config/route.h"
#include "worker/row.h"

#include <ctype.h>
#include <stdlib.h>

enum { ID_SHORT = 15, ID_LONG = 18 };
static const size_t BODY_CEILING = (size_t)64 * 1024 * 1024;

void request_escape(struct buffer *b, struct text t)
{
    static const char plain[] = "-_.~";

    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if ((c < 0x80 && isalnum(c)) || (c && strchr(plain, c)))
            buffer_add_char(b, (char)c);
        else
            buffer_printf(b, "%%%02X", c);
    }
}

bool request_is_id(struct text id)
{
    if (!id.at || (id.len != ID_SHORT && id.len != ID_LONG))
        return false;
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.at[i] >= 0x80 || !isalnum((unsigned char)id.at[i]))
            return false;
    return true;
}

bool request_looks_like_reference(const struct lines *lines)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct write *w = lines->at[i].write;
        for (size_t k = 0; k < w->record->nslots; k++)
            if (w->slots[k].at && memmem(w->slots[k].at, w->slots[k].len, "@{", 2))
                return true;
    }
    return false;
}

/* {"attributes":{"type":"Contact"},"id":"003…","LastName":"x"} */
static void add_record(struct buffer *b, const struct line *line)
{
    const struct record *record = line->write->record;

    buffer_printf(b, "{\"attributes\":{\"type\":\"%s\"}", record->route->object);
    if (line->id[0])
        buffer_printf(b, ",\"id\":\"%s\"", line->id);
    row_write(b, record->route, line->write->slots, record->nslots, false);
    buffer_add_char(b, '}');
}

static void add_records(struct request *r, const struct lines *lines, size_t first, size_t n)
{
    buffer_add_string(&r->body, "{\"allOrNone\":false,\"records\":[");
    for (size_t i = first; i < first + n; i++) {
        if (i > first)
            buffer_add_char(&r->body, ',');
        r->starts[i] = r->body.len;
        add_record(&r->body, &lines->at[i]);
    }
    buffer_add_string(&r->body, "]}");
}

static void add_path(struct buffer *b, const struct lines *lines, const char *api_version, size_t first, size_t n)
{
    buffer_printf(b, "/services/data/%s/composite/sobjects", api_version);
    if (lines->op == OP_UPSERT) {
        buffer_add_char(b, '/');
        request_escape(b, text_of(lines->route->object));
        buffer_add_char(b, '/');
        request_escape(b, text_of(lines->route->external_id));
    } else if (lines->op == OP_DELETE) {
        buffer_add_string(b, "?allOrNone=false&ids=");
        for (size_t i = first; i < first + n; i++)
            buffer_printf(b, "%s%s", i > first ? "," : "", lines->at[i].id);
    }
}

static const char *method_of(enum operation op)
{
    static const char *const methods[OPERATIONS] = {"PATCH", "POST", "PATCH", "DELETE"};

    return methods[op];
}

/* Whether the outer request's headers hold for its subrequests is nowhere said: they are given to both. */
static void add_part_headers(struct buffer *b, const struct route *route)
{
    if (route->auto_assign && !route->allow_duplicates)
        return;
    buffer_add_string(b, ",\"httpHeaders\":{");
    if (!route->auto_assign)
        buffer_add_string(b, "\"Sforce-Auto-Assign\":\"FALSE\"");
    if (route->allow_duplicates)
        buffer_printf(b, "%s\"Sforce-Duplicate-Rule-Header\":\"allowSave=true\"", route->auto_assign ? "" : ",");
    buffer_add_char(b, '}');
}

static void add_part(struct request *r, const struct lines *lines, const char *api_version, size_t part)
{
    size_t first = part * r->per_collection, n = request_part_lines(r, part);
    struct buffer *b = &r->body;

    buffer_printf(b, "%s{\"method\":\"%s\",\"url\":\"", part ? "," : "", method_of(lines->op));
    add_path(b, lines, api_version, first, n);
    buffer_printf(b, "\",\"referenceId\":\"c%zu\"", part);
    add_part_headers(b, lines->route);
    if (lines->op != OP_DELETE) {
        buffer_add_string(b, ",\"body\":");
        add_records(r, lines, first, n);
    }
    buffer_add_char(b, '}');
}

static void make_composite(struct request *r, const struct lines *lines, const char *api_version)
{
    r->method = "POST";
    r->path = xasprintf("/services/data/%s/composite", api_version);
    buffer_add_string(&r->body, "{\"allOrNone\":false,\"collateSubrequests\":false,\"compositeRequest\":[");
    for (size_t part = 0; part < r->nparts; part++)
        add_part(r, lines, api_version, part);
    buffer_add_string(&r->body, "]}");
}

static void make_collection(struct request *r, const struct lines *lines, const char *api_version)
{
    struct buffer path = BUFFER_INIT(BODY_CEILING);

    r->method = method_of(lines->op);
    add_path(&path, lines, api_version, 0, lines->n);
    r->path = buffer_steal(&path);
    if (lines->op != OP_DELETE)
        add_records(r, lines, 0, lines->n);
}

void request_make(struct request *r, const struct lines *lines, const char *api_version, size_t per_collection)
{
    size_t nparts = (lines->n + per_collection - 1) / per_collection;

    if (nparts == 0 || nparts > REQUEST_PARTS)
        bug("%zu lines in one request, %zu in a collection", lines->n, per_collection);
    *r = (struct request){.body = BUFFER_INIT(BODY_CEILING),
                          .per_collection = per_collection,
                          .nparts = nparts,
                          .nlines = lines->n,
                          .composite = nparts > 1,
                          .has_body = nparts > 1 || lines->op != OP_DELETE,
                          .starts = xcalloc(lines->n, sizeof *r->starts)};
    if (r->composite)
        make_composite(r, lines, api_version);
    else
        make_collection(r, lines, api_version);
    if (r->body.full)
        bug("a request body beyond %zu bytes", BODY_CEILING);
}

void request_release(struct request *r)
{
    free(r->path);
    free(r->starts);
    buffer_release(&r->body);
    *r = (struct request){0};
}

size_t request_part_lines(const struct request *r, size_t part)
{
    size_t left = r->nlines - part * r->per_collection;

    return left < r->per_collection ? left : r->per_collection;
}

/* Parsers name the place behind the character that they did not expect. */
int request_line_at(const struct request *r, size_t line, size_t column)
{
    size_t at = 0;
    int found = -1;

    if (!r->has_body || r->starts[0] == 0 || line == 0)
        return -1;
    for (; line > 1; line--) {
        const char *end = memchr(r->body.bytes + at, '\n', r->body.len - at);
        if (!end)
            return -1;
        at = (size_t)(end - r->body.bytes) + 1;
    }
    at += column > 2 ? column - 2 : 0;
    if (at >= r->body.len)
        return -1;
    for (size_t i = 0; i < r->nlines && r->starts[i] <= at; i++)
        found = (int)i;
    return found;
}
