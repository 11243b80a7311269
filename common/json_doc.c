/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json_doc.h"

#include "common/memory.h"

#include <endian.h>
#include <stdlib.h>

struct reader {
    struct json_doc *doc;
    const char *start, *at, *end;
};

static bool wrong(struct reader *r, const char *why)
{
    r->doc->why = why;
    r->doc->where = (size_t)(r->at - r->start);
    return false;
}

/* ---- nodes -------------------------------------------------------------------------------------------------------------------- */

static size_t add_node(struct reader *r, enum json_kind kind)
{
    struct json_doc *d = r->doc;
    if (d->nnodes == d->room) {
        d->room = d->room ? d->room * 2 : 64;
        d->nodes = xreallocarray(d->nodes, d->room, sizeof *d->nodes);
    }
    d->nodes[d->nnodes] = (struct json_node){.at = r->at, .kind = (uint8_t)kind, .span = 1};
    return d->nnodes++;
}

static bool end_node(struct reader *r, size_t i)
{
    struct json_node *n = &r->doc->nodes[i];
    n->len = (uint32_t)(r->at - n->at);
    n->span = (uint32_t)(r->doc->nnodes - i);
    return true;
}

/* ---- UTF-8 -------------------------------------------------------------------------------------------------------------------- */

/* How many bytes the character at `s` has; 0 if it is none. Its first byte is 0x80 or more. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    size_t n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) || (c == 0xf0 && s[1] < 0x90) ||
        (c == 0xf4 && s[1] > 0x8f))
        return 0; /* overlong, surrogate, beyond U+10FFFF */
    return n;
}

bool json_utf8(struct text t)
{
    const unsigned char *s = (const unsigned char *)t.at, *end = s + t.len;
    while (s < end) {
        size_t n = *s < 0x80 ? 1 : utf8_length(s, (size_t)(end - s));
        if (n == 0)
            return false;
        s += n;
    }
    return true;
}

static void add_utf8(struct buffer *out, unsigned code)
{
    char c[4];
    size_t n;
    if (code < 0x80) {
        c[0] = (char)code;
        n = 1;
    } else if (code < 0x800) {
        c[0] = (char)(0xc0 | code >> 6);
        c[1] = (char)(0x80 | (code & 0x3f));
        n = 2;
    } else if (code < 0x10000) {
        c[0] = (char)(0xe0 | code >> 12);
        c[1] = (char)(0x80 | (code >> 6 & 0x3f));
        c[2] = (char)(0x80 | (code & 0x3f));
        n = 3;
    } else {
        c[0] = (char)(0xf0 | code >> 18);
        c[1] = (char)(0x80 | (code >> 12 & 0x3f));
        c[2] = (char)(0x80 | (code >> 6 & 0x3f));
        c[3] = (char)(0x80 | (code & 0x3f));
        n = 4;
    }
    buffer_add(out, c, n);
}

/* ---- scalars ------------------------------------------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits behind \u, or -1. */
static int hex4(const char *s, const char *end)
{
    int code = 0;
    if (end - s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(s[i]);
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

static bool is_high(int code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low(int code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

/* At a backslash. */
static bool read_escape(struct reader *r, size_t node)
{
    if (r->end - r->at < 2)
        return wrong(r, "the string has no end");
    r->doc->nodes[node].escaped = true;
    char c = r->at[1];
    if (c != 'u') {
        if (!c || !strchr("\"\\/bfnrt", c))
            return wrong(r, "no such escape");
        r->at += 2;
        return true;
    }
    int code = hex4(r->at + 2, r->end);
    if (code < 0)
        return wrong(r, "\\u needs four hexadecimal digits");
    r->at += 6;
    if (is_high(code) && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u' && is_low(hex4(r->at + 2, r->end)))
        r->at += 6;
    else if (is_high(code) || is_low(code))
        r->doc->nodes[node].unpaired = true;
    return true;
}

#define EACH_BYTE(c) (0x0101010101010101u * (uint64_t)(c))

/* Over printable ASCII, eight bytes at a time: stops at the first byte that is a quote, a backslash, a control character
 * or not ASCII, or less than eight bytes before the end. (A borrow can mark a byte wrongly, but only behind one that is
 * marked rightly.) */
static const char *skip_plain(const char *s, const char *end)
{
    while (end - s >= 8) {
        uint64_t x;
        memcpy(&x, s, sizeof x);
        uint64_t quote = x ^ EACH_BYTE('"'), backslash = x ^ EACH_BYTE('\\');
        uint64_t stop = (x - EACH_BYTE(0x20)) | (quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1)) | x;
        stop = le64toh(stop & EACH_BYTE(0x80));
        if (stop)
            return s + __builtin_ctzll(stop) / 8;
        s += 8;
    }
    return s;
}

static bool read_string(struct reader *r)
{
    size_t node = add_node(r, JSON_NODE_STRING);
    for (r->at++;;) {
        r->at = skip_plain(r->at, r->end);
        if (r->at == r->end)
            return wrong(r, "the string has no end");
        unsigned char c = (unsigned char)*r->at;
        if (c == '"')
            break;
        if (c == '\\') {
            if (!read_escape(r, node))
                return false;
        } else if (c < 0x20) {
            return wrong(r, "a raw control character in a string");
        } else {
            size_t n = c < 0x80 ? 1 : utf8_length((const unsigned char *)r->at, (size_t)(r->end - r->at));
            if (n == 0)
                return wrong(r, "not UTF-8");
            r->at += n;
        }
    }
    r->at++;
    return end_node(r, node);
}

static bool skip_digits(struct reader *r)
{
    const char *first = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > first;
}

static bool read_number(struct reader *r)
{
    size_t node = add_node(r, JSON_NODE_NUMBER);
    if (*r->at == '-')
        r->at++;
    if (r->at < r->end && *r->at == '0')
        r->at++;
    else if (!skip_digits(r))
        return wrong(r, "a number without digits");
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!skip_digits(r))
            return wrong(r, "no digit behind the decimal point");
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (!skip_digits(r))
            return wrong(r, "no digit in the exponent");
    }
    return end_node(r, node);
}

static bool read_word(struct reader *r, const char *word, enum json_kind kind)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return wrong(r, "no JSON value begins like this");
    size_t node = add_node(r, kind);
    r->at += len;
    return end_node(r, node);
}

/* ---- structure ---------------------------------------------------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool read_value(struct reader *r, int depth);

static bool read_name(struct reader *r)
{
    if (r->at == r->end || *r->at != '"')
        return wrong(r, "a member's name is expected here");
    if (!read_string(r))
        return false;
    skip_space(r);
    if (r->at == r->end || *r->at != ':')
        return wrong(r, "a colon is expected here");
    r->at++;
    skip_space(r);
    return true;
}

static bool read_container(struct reader *r, enum json_kind kind, int depth)
{
    char close = kind == JSON_NODE_OBJECT ? '}' : ']';
    if (depth == JSON_DEEPEST)
        return wrong(r, "nested too deep");

    size_t node = add_node(r, kind);
    r->at++;
    skip_space(r);
    if (r->at < r->end && *r->at == close) {
        r->at++;
        return end_node(r, node);
    }
    for (;;) {
        if (kind == JSON_NODE_OBJECT && !read_name(r))
            return false;
        if (!read_value(r, depth + 1))
            return false;
        skip_space(r);
        if (r->at == r->end)
            return wrong(r, "the text ends too early");
        if (*r->at == close)
            break;
        if (*r->at != ',')
            return wrong(r, "a comma or the end is expected here");
        r->at++;
        skip_space(r);
    }
    r->at++;
    return end_node(r, node);
}

static bool read_value(struct reader *r, int depth)
{
    if (r->at == r->end)
        return wrong(r, "the text ends too early");
    if (r->doc->nnodes >= JSON_MOST_NODES)
        return wrong(r, "it has more than a million values");
    switch (*r->at) {
    case '{':
        return read_container(r, JSON_NODE_OBJECT, depth);
    case '[':
        return read_container(r, JSON_NODE_ARRAY, depth);
    case '"':
        return read_string(r);
    case 't':
        return read_word(r, "true", JSON_NODE_TRUE);
    case 'f':
        return read_word(r, "false", JSON_NODE_FALSE);
    case 'n':
        return read_word(r, "null", JSON_NODE_NULL);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(r);
    default:
        return wrong(r, "no JSON value begins like this");
    }
}

bool json_doc_read(struct json_doc *d, struct text t)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct reader r = {d, t.at, t.at, t.at + t.len};

    d->nnodes = 0;
    if (!t.at || t.len > UINT32_MAX) {
        r.end = r.start;
        return wrong(&r, t.at ? "larger than 4 GB" : "there is no text");
    }
    if (t.len >= 3 && memcmp(t.at, mark, 3) == 0)
        r.at += 3;
    skip_space(&r);
    if (r.at == r.end)
        return wrong(&r, "the text is empty");
    if (!read_value(&r, 0))
        return false;
    skip_space(&r);
    return r.at == r.end ? true : wrong(&r, "something stands behind the value");
}

void json_doc_release(struct json_doc *d)
{
    free(d->nodes);
    *d = (struct json_doc){0};
}

/* ---- looking at what was read ------------------------------------------------------------------------------------------------- */

static unsigned decode_unicode(const char **at, const char *end)
{
    int code = hex4(*at + 2, end);
    *at += 6;
    if (is_high(code) && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        int low = hex4(*at + 2, end);
        if (is_low(low)) {
            *at += 6;
            return 0x10000u + ((unsigned)(code - 0xd800) << 10) + (unsigned)(low - 0xdc00);
        }
    }
    return is_high(code) || is_low(code) ? 0xfffd : (unsigned)code;
}

void json_decode(const struct json_node *string, struct buffer *out)
{
    struct text t = json_inner(string);
    const char *at = t.at, *end = t.at + t.len;

    while (at < end) {
        const char *escape = string->escaped ? memchr(at, '\\', (size_t)(end - at)) : NULL;
        const char *stop = escape ? escape : end;
        buffer_add(out, at, (size_t)(stop - at));
        at = stop;
        if (at == end)
            break;
        if (at[1] == 'u') {
            add_utf8(out, decode_unicode(&at, end));
        } else {
            static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
            buffer_add_char(out, to[strchr(from, at[1]) - from]);
            at += 2;
        }
    }
}

static bool is_plain(const struct json_node *string, struct text s)
{
    return string->len - 2 == s.len && memcmp(string->at + 1, s.at, s.len) == 0;
}

bool json_string_is(const struct json_node *string, struct text s)
{
    if (!string->escaped)
        return is_plain(string, s);
    struct buffer value = BUFFER_INIT(string->len);
    json_decode(string, &value);
    bool same = text_equal(buffer_text(&value), s);
    buffer_release(&value);
    return same;
}

const struct json_node *json_member(const struct json_node *object, struct text name)
{
    const struct json_node *found = NULL;
    if (!object || object->kind != JSON_NODE_OBJECT)
        return NULL;
    for (const struct json_node *n = json_first(object); n < json_end(object); n = json_next(n + 1))
        if (n->escaped ? json_string_is(n, name) : is_plain(n, name))
            found = n + 1;
    return found;
}

void json_escape(struct text t, struct buffer *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *plain = t.at, *end = t.at + t.len;

    for (const char *s = t.at; s < end; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_add(out, plain, (size_t)(s - plain));
        plain = s + 1;
        if (c < 0x20)
            buffer_add(out, (const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
        else
            buffer_add(out, (const char[]){'\\', (char)c}, 2);
    }
    buffer_add(out, plain, (size_t)(end - plain));
}

void json_quote(struct text t, struct buffer *out)
{
    buffer_add_char(out, '"');
    json_escape(t, out);
    buffer_add_char(out, '"');
}
