/* SPDX-License-Identifier: Apache-2.0 */
#include "config/source.h"

#include "common/memory.h"
#include "config/files.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CEILING = 4 << 20, DEEPEST_INCLUDE = 10 };

/* Reading one file. */
struct reading {
    struct source *source;
    struct mistakes *mistakes;
    const char *file;
    int line, depth;
    const char *at; /* what is left of the file */
};

static bool add_file(struct source *s, const char *file, const struct reading *from, struct mistakes *m);

static void add_line(struct source *s, const char *file, int line)
{
    s->lines = xreallocarray(s->lines, s->nlines + 1, sizeof *s->lines);
    s->lines[s->nlines++] = (struct place){file, line};
}

/* Hands `n` bytes on as they are. */
static void copy(struct reading *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buffer_add_char(&r->source->text, r->at[i]);
        if (r->at[i] == '\n')
            add_line(r->source, r->file, ++r->line);
    }
    r->at += n;
}

static size_t length_of_string(const char *at)
{
    size_t n = 1;
    while (at[n] && at[n] != '"')
        n += at[n] == '\\' && at[n + 1] ? 2 : 1;
    return at[n] ? n + 1 : n;
}

static size_t length_of_comment(const char *at)
{
    if (at[0] == '#' || at[1] == '/')
        return strcspn(at, "\n");
    const char *end = strstr(at + 2, "*/");
    return end ? (size_t)(end - at) + 2 : strlen(at);
}

static size_t length_of_number(const char *at)
{
    size_t n = *at == '-' || *at == '+';
    while (isalnum((unsigned char)at[n]) || at[n] == '.' ||
           ((at[n] == '-' || at[n] == '+') && (at[n - 1] == 'e' || at[n - 1] == 'E')))
        n++;
    return n;
}

/* True for a whole number, in digits or 0x…, that does not fit where libconfig puts it: 32 bits, 64 with an L behind it. */
static bool too_large(const char *number, size_t len)
{
    char digits[64];
    bool hex = strncasecmp(number, "0x", 2) == 0, is_long = false;
    size_t before = hex ? 2 : *number == '-' || *number == '+';
    for (; len > 1 && number[len - 1] == 'L'; len--)
        is_long = true;
    if (before + strspn(number + before, hex ? "0123456789abcdefABCDEF" : "0123456789") < len)
        return false; /* a fraction, or no number at all */
    if (len >= sizeof digits)
        return true;
    memcpy(digits, number, len);
    digits[len] = '\0';
    errno = 0;
    long long value = strtoll(digits, NULL, hex ? 16 : 10);
    return errno == ERANGE || (!is_long && (value < INT_MIN || value > INT_MAX));
}

static void take_number(struct reading *r)
{
    size_t len = length_of_number(r->at);
    if (!too_large(r->at, len)) {
        copy(r, len);
        return;
    }
    buffer_printf(&r->source->text, "\"%c%.*s\"", SOURCE_TOO_LARGE, (int)len, r->at);
    r->at += len;
}

/* `@include "PATH"` at the beginning of a line: how long what stands before the path's opening quote is; 0: it is something else. */
static size_t length_of_include(const char *at)
{
    size_t n = strspn(at, " \t");
    if (strncmp(at + n, "@include", 8) != 0)
        return 0;
    n += 8;
    size_t blanks = strspn(at + n, " \t");
    return blanks && at[n + blanks] == '"' ? n + blanks : 0;
}

static bool take_include(struct reading *r, size_t before)
{
    size_t len = length_of_string(r->at + before);
    char *name = xstrndup(r->at + before + 1, len >= 2 ? len - 2 : 0);
    char *dir = files_directory(r->file), *path = files_relative(dir, name);
    bool ok = true;

    r->at += before + len;
    if (r->depth == DEEPEST_INCLUDE) {
        mistakes_add(r->mistakes, r->file, r->line, "@include",
                     "\"%s\": more than %d files deep; does it include itself?", name, DEEPEST_INCLUDE);
        ok = false;
    } else {
        buffer_add_char(&r->source->text, '\n');
        ok = add_file(r->source, path, r, r->mistakes);
        buffer_add_char(&r->source->text, '\n');
        add_line(r->source, r->file, r->line);
    }
    free(name);
    free(dir);
    free(path);
    return ok;
}

/* At the beginning of something that is no blank. */
static bool take_next(struct reading *r)
{
    const char *at = r->at;
    if (*at == '"') {
        size_t len = length_of_string(at);
        if (at[len - 1] != '"' || len == 1) {
            mistakes_add(r->mistakes, r->file, r->line, NULL, "the string that begins here does not end");
            return false;
        }
        copy(r, len);
    } else if (*at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*')))
        copy(r, length_of_comment(at));
    else if (isalpha((unsigned char)*at) || *at == '*' || *at == '_')
        copy(r, strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_*"));
    else if (isdigit((unsigned char)*at) || ((*at == '-' || *at == '+') && isdigit((unsigned char)at[1])))
        take_number(r);
    else
        copy(r, 1);
    return true;
}

static bool take_all(struct reading *r)
{
    bool line_begins = true;
    while (*r->at) {
        size_t before = line_begins ? length_of_include(r->at) : 0;
        if (before) {
            if (!take_include(r, before))
                return false;
            continue; /* libconfig, too, takes what follows for the beginning of a line */
        }
        line_begins = *r->at == '\n';
        if (!take_next(r))
            return false;
    }
    return true;
}

static const char *keep_name(struct source *s, const char *file)
{
    s->files = xreallocarray(s->files, s->nfiles + 1, sizeof *s->files);
    return s->files[s->nfiles++] = xstrdup(file);
}

/* `from`: who includes it, NULL for the first. */
static bool add_file(struct source *s, const char *file, const struct reading *from, struct mistakes *m)
{
    struct error e = {0};
    size_t len;
    char *text = files_read(file, TEXT_CEILING, &len, &e);
    bool ok = false;

    if (!text)
        mistakes_add(m, from ? from->file : file, from ? from->line : 0, from ? "@include" : NULL, "%s", e.text);
    else if (strlen(text) != len)
        mistakes_add(m, file, 0, NULL, "holds a NUL byte: it is no text file");
    else if (s->text.len + len > TEXT_CEILING)
        mistakes_add(m, file, 0, NULL, "all files together are larger than %d MiB", TEXT_CEILING >> 20);
    else {
        bool marked = strncmp(text, "\xef\xbb\xbf", 3) == 0; /* the mark that some editors put in front of UTF-8 */
        struct reading r = {s, m, keep_name(s, file), 1, from ? from->depth + 1 : 0, text + (marked ? 3 : 0)};
        add_line(s, r.file, 1);
        ok = take_all(&r);
    }
    free(text);
    return ok;
}

bool source_read(struct source *s, const char *file, struct mistakes *m)
{
    *s = (struct source){.text = BUFFER_INIT(2 * TEXT_CEILING)};
    bool ok = add_file(s, file, NULL, m);
    buffer_add_char(&s->text, '\n'); /* libconfig wants one behind a comment */
    return ok;
}

void source_release(struct source *s)
{
    for (size_t i = 0; i < s->nfiles; i++)
        free(s->files[i]);
    free(s->files);
    free(s->lines);
    buffer_release(&s->text);
}

struct place source_place(const struct source *s, int line)
{
    if (s->nlines == 0)
        bug("a source without a line");
    size_t i = line < 1 ? 0 : (size_t)line - 1;
    return s->lines[i < s->nlines ? i : s->nlines - 1];
}
