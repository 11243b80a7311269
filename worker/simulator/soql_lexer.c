/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/simulator/soql_lexer.h"

#include <ctype.h>
#include <strings.h>

enum { MOST_CHARACTERS = 100000 };

static void bad(struct soql_lexer *l, const char *why)
{
    l->word = WORD_BAD;
    l->why = why;
    l->rest.len = 0;
}

static int peek(const struct soql_lexer *l, size_t i)
{
    return i < l->rest.len ? (unsigned char)l->rest.at[i] : -1;
}

static void skip(struct soql_lexer *l, size_t n)
{
    l->rest.at += n;
    l->rest.len -= n;
}

/* A character beyond U+FFFF comes as two escapes; each half alone becomes a question mark, nobody searches for one. */
static void add_utf8(struct buffer *b, unsigned c)
{
    if (c < 0x80) {
        buffer_add_char(b, (char)c);
    } else if (c < 0x800) {
        buffer_add_char(b, (char)(0xC0 | c >> 6));
        buffer_add_char(b, (char)(0x80 | (c & 0x3F)));
    } else if (c >= 0xD800 && c < 0xE000) {
        buffer_add_char(b, '?');
    } else {
        buffer_add_char(b, (char)(0xE0 | c >> 12));
        buffer_add_char(b, (char)(0x80 | (c >> 6 & 0x3F)));
        buffer_add_char(b, (char)(0x80 | (c & 0x3F)));
    }
}

static bool read_unicode(struct soql_lexer *l)
{
    unsigned c = 0;

    for (size_t i = 2; i < 6; i++) {
        int digit = peek(l, i);
        if (digit < 0 || !isxdigit(digit))
            return false;
        c = c * 16 + (unsigned)(isdigit(digit) ? digit - '0' : tolower(digit) - 'a' + 10);
    }
    if (!c)
        return false;
    add_utf8(&l->text, c);
    skip(l, 6);
    return true;
}

/* At a backslash. LIKE's \_ and \% keep it: the pattern needs to know. */
static bool read_escape(struct soql_lexer *l)
{
    static const char from[] = "nrtbf\"'\\", to[] = "\n\r\t\b\f\"'\\";
    int c = peek(l, 1);
    const char *at = c > 0 ? strchr(from, c) : NULL;

    if (c == 'u' || c == 'U')
        return read_unicode(l);
    if (c == '_' || c == '%') {
        buffer_add_char(&l->text, '\\');
        buffer_add_char(&l->text, (char)c);
    } else if (at && *at) {
        buffer_add_char(&l->text, to[at - from]);
    } else {
        return false;
    }
    skip(l, 2);
    return true;
}

static void read_string(struct soql_lexer *l)
{
    skip(l, 1);
    l->word = WORD_STRING;
    while (peek(l, 0) >= 0 && peek(l, 0) != '\'') {
        if (peek(l, 0) == '\\') {
            if (!read_escape(l)) {
                bad(l, "Invalid string literal: illegal character sequence after a backslash");
                return;
            }
            continue;
        }
        buffer_add_char(&l->text, l->rest.at[0]);
        skip(l, 1);
    }
    if (peek(l, 0) < 0)
        bad(l, "unexpected token: a string is not closed");
    else
        skip(l, 1);
}

static void read_while(struct soql_lexer *l, enum soql_word word, const char *also)
{
    l->word = word;
    do {
        buffer_add_char(&l->text, l->rest.at[0]);
        skip(l, 1);
    } while (peek(l, 0) > 0 && (isalnum(peek(l, 0)) || strchr(also, peek(l, 0))));
}

static void read_sign(struct soql_lexer *l)
{
    int c = peek(l, 0), next = peek(l, 1);
    size_t n =
        (c == '!' && next == '=') || (c == '<' && (next == '=' || next == '>')) || (c == '>' && next == '=') ? 2 : 1;

    if (n == 1 && !strchr("(),=<>", c)) {
        bad(l, "unexpected character");
        return;
    }
    l->word = WORD_SIGN;
    buffer_add(&l->text, l->rest.at, n);
    skip(l, n);
}

void soql_lexer_next(struct soql_lexer *l)
{
    if (l->word == WORD_BAD)
        return;
    while (peek(l, 0) > 0 && isspace(peek(l, 0)))
        skip(l, 1);
    buffer_clear(&l->text);
    l->at = (size_t)(l->rest.at - l->start);
    int c = peek(l, 0);
    if (c < 0)
        l->word = WORD_END;
    else if (c == '\'')
        read_string(l);
    else if (isalpha(c))
        read_while(l, WORD_NAME, "_.");
    else if (isdigit(c) || c == '-' || c == '+')
        read_while(l, WORD_NUMBER, ".:-+");
    else if (c)
        read_sign(l);
    else
        bad(l, "unexpected character");
}

void soql_lexer_init(struct soql_lexer *l, struct text statement)
{
    *l = (struct soql_lexer){
        .rest = statement, .start = statement.at, .word = WORD_END, .text = BUFFER_INIT(MOST_CHARACTERS + 1)};
    if (statement.len > MOST_CHARACTERS)
        bad(l, "SOQL statements cannot be longer than 100,000 characters.");
    else
        soql_lexer_next(l);
}

void soql_lexer_release(struct soql_lexer *l)
{
    buffer_release(&l->text);
}

bool soql_lexer_is(const struct soql_lexer *l, const char *word)
{
    return (l->word == WORD_NAME || l->word == WORD_SIGN) && strcasecmp(l->text.bytes, word) == 0;
}
