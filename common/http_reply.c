/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http_server.h"
#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void http_reply_take(struct http_reply *r, int status, const char *content_type, char *body, size_t len)
{
    free(r->body);
    r->status = status;
    r->content_type = content_type;
    r->body = body;
    r->body_len = len;
}

void http_reply_text(struct http_reply *r, int status, const char *content_type, const char *body)
{
    http_reply_take(r, status, content_type, xstrdup(body), strlen(body));
}

void http_reply_header(struct http_reply *r, const char *name, const char *format, ...)
{
    if (r->nheaders == HTTP_REPLY_HEADERS)
        bug("more than %d reply headers", HTTP_REPLY_HEADERS);

    char *value;
    va_list args;
    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        memory_exhausted();
    va_end(args);
    for (char *p = value; *p; p++)
        if (*p == '\r' || *p == '\n')
            *p = ' ';
    r->headers[r->nheaders++] = (struct http_reply_header){xstrdup(name), value};
}

void http_reply_release(struct http_reply *r)
{
    free(r->body);
    for (size_t i = 0; i < r->nheaders; i++) {
        free(r->headers[i].name);
        free(r->headers[i].value);
    }
    *r = (struct http_reply){0};
}
