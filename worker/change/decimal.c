/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/decimal.h"

#include <stdlib.h>

/* ---- notation ----------------------------------------------------------------------------------------------------------------- */

struct parts { /* of a JSON number: -DIGITS.FRACTIONe±EXPONENT */
    bool negative;
    struct text digits, fraction;
    int exponent; /* clamped */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct text digits_at(const char **s, const char *end)
{
    const char *first = *s;
    while (*s < end && is_digit(**s))
        (*s)++;
    return text_make(first, (size_t)(*s - first));
}

static struct parts take_apart(struct text number)
{
    const char *s = number.at, *end = s + number.len;
    struct parts p = {0};

    if (s < end && *s == '-') {
        p.negative = true;
        s++;
    }
    p.digits = digits_at(&s, end);
    p.fraction = text_make(s, 0);
    if (s < end && *s == '.') {
        s++;
        p.fraction = digits_at(&s, end);
    }
    if (s < end && (*s == 'e' || *s == 'E')) {
        s++;
        int sign = *s == '-' ? -1 : 1;
        s += *s == '-' || *s == '+';
        for (; s < end && is_digit(*s); s++)
            if (p.exponent < 1000000)
                p.exponent = p.exponent * 10 + (*s - '0');
        p.exponent *= sign;
    }
    return p;
}

/* The i-th of all digits, those of the fraction included; zeros beyond. */
static char digit(const struct parts *p, long i)
{
    long whole = (long)p->digits.len, all = whole + (long)p->fraction.len;
    if (i < 0 || i >= all)
        return '0';
    return i < whole ? p->digits.at[i] : p->fraction.at[i - whole];
}

static bool is_zero(const struct parts *p)
{
    for (size_t i = 0; i < p->digits.len + p->fraction.len; i++)
        if (digit(p, (long)i) != '0')
            return false;
    return true;
}

/* Digits [0, point) are the whole part, [point, end) the fraction. */
static void write_digits(const struct parts *p, long point, long end, struct buffer *out)
{
    long first = point > 0 ? 0 : point;
    while (first < point - 1 && digit(p, first) == '0')
        first++;
    if (point <= 0)
        first = point;
    if (first == point)
        buffer_add_char(out, '0');
    for (long i = first; i < point; i++)
        buffer_add_char(out, digit(p, i));
    if (end > point)
        buffer_add_char(out, '.');
    for (long i = point; i < end; i++)
        buffer_add_char(out, digit(p, i));
}

bool decimal_plain(struct text number, struct buffer *out)
{
    struct parts p = take_apart(number);
    bool zero = is_zero(&p);
    long point = (long)p.digits.len + (zero && p.exponent > 0 ? 0 : p.exponent);
    long end = (long)(p.digits.len + p.fraction.len);

    if (p.exponent != 0 && (point > DECIMAL_LONGEST || end - point > DECIMAL_LONGEST))
        return false;
    if (p.negative && !zero)
        buffer_add_char(out, '-');
    write_digits(&p, point, end > point ? end : point, out);
    return true;
}

bool decimal_integer(struct text number, struct buffer *out)
{
    struct parts p = take_apart(number);
    bool zero = is_zero(&p);
    long point = zero ? 1 : (long)p.digits.len + p.exponent, end = (long)(p.digits.len + p.fraction.len);

    if (point > DECIMAL_LONGEST && p.exponent != 0)
        return false;
    for (long i = point > 0 ? point : 0; i < end; i++)
        if (digit(&p, i) != '0')
            return false;
    if (zero) {
        buffer_add_char(out, '0');
        return true;
    }
    if (p.negative)
        buffer_add_char(out, '-');
    write_digits(&p, point, point, out);
    return true;
}

bool decimal_of_text(struct text t, struct buffer *out)
{
    const char *s = t.at, *end = s + t.len;
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r'))
        s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;

    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    struct text digits = digits_at(&s, end), fraction = text_make(s, 0);
    if (s < end && *s == '.') {
        s++;
        fraction = digits_at(&s, end);
    }
    if (digits.len + fraction.len == 0)
        return false;
    const char *exponent = s;
    if (s < end && (*s == 'e' || *s == 'E')) {
        s++;
        if (s < end && (*s == '-' || *s == '+'))
            s++;
        if (digits_at(&s, end).len == 0)
            return false;
    }
    if (s != end)
        return false;

    while (digits.len > 1 && digits.at[0] == '0') {
        digits.at++;
        digits.len--;
    }
    buffer_add_string(out, negative ? "-" : "");
    buffer_add_text(out, digits.len ? digits : text_of("0"));
    buffer_add_string(out, fraction.len ? "." : "");
    buffer_add_text(out, fraction);
    buffer_add(out, exponent, (size_t)(end - exponent));
    return true;
}

bool decimal_split(struct text number, int64_t *whole, int64_t *thousandths)
{
    struct parts p = take_apart(number);
    bool zero = is_zero(&p), rest = false;
    long point = zero ? 0 : (long)p.digits.len + p.exponent, end = (long)(p.digits.len + p.fraction.len);
    int64_t value = 0, part = 0;

    if (point > 4 * DECIMAL_LONGEST)
        return false;
    /* Counted downwards: the negative side of 64 bits is the larger one. */
    for (long i = 0; i < point; i++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, digit(&p, i) - '0', &value))
            return false;
    for (long i = point; i < point + 3; i++)
        part = part * 10 + (digit(&p, i) - '0');
    for (long i = point + 3 > 0 ? point + 3 : 0; i < end && !zero; i++)
        rest = rest || digit(&p, i) != '0';

    if (!p.negative && value == INT64_MIN)
        return false;
    *whole = p.negative ? value : -value;
    *thousandths = part;
    if (p.negative && (part || rest)) { /* floor */
        *thousandths = 1000 - part - rest;
        if (__builtin_sub_overflow(*whole, 1, whole))
            return false;
    }
    return true;
}

/* ---- bytes -------------------------------------------------------------------------------------------------------------------- */

enum { MOST_BYTES = 128 };

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* How many bytes, or -1: no base64 or more than MOST_BYTES. */
static int base64_decode(struct text t, unsigned char bytes[MOST_BYTES])
{
    unsigned bits = 0;
    int nbits = 0, n = 0;
    while (t.len > 0 && t.at[t.len - 1] == '=')
        t.len--;
    if (t.len % 4 == 1)
        return -1;
    for (size_t i = 0; i < t.len; i++) {
        int value = base64_digit(t.at[i]);
        if (value < 0)
            return -1;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        nbits += 6;
        if (nbits >= 8) {
            if (n == MOST_BYTES)
                return -1;
            nbits -= 8;
            bytes[n++] = (unsigned char)(bits >> nbits);
        }
    }
    return n;
}

/* Decimal digits of a big-endian unsigned integer, which is used up; in `digits` from the return value to the end. */
static size_t to_digits(unsigned char *bytes, int n, char *digits, size_t room)
{
    size_t at = room;
    for (int first = 0; first < n;) {
        unsigned rest = 0;
        for (int i = first; i < n; i++) {
            unsigned value = rest << 8 | bytes[i];
            bytes[i] = (unsigned char)(value / 10);
            rest = value % 10;
        }
        digits[--at] = (char)('0' + rest);
        while (first < n && bytes[first] == 0)
            first++;
    }
    if (at == room)
        digits[--at] = '0';
    return at;
}

static void negate(unsigned char *bytes, int n)
{
    unsigned carry = 1;
    for (int i = n - 1; i >= 0; i--) {
        carry += (unsigned char)~bytes[i];
        bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
}

const char *decimal_of_base64(struct text base64, int scale, struct buffer *out)
{
    unsigned char bytes[MOST_BYTES];
    char digits[MOST_BYTES * 3];
    int n = base64_decode(base64, bytes);
    if (n < 0)
        return "is no base64 of a decimal";
    if (n == 0)
        return "is a decimal without digits";
    if (scale > DECIMAL_LONGEST || scale < -DECIMAL_LONGEST)
        return "is a decimal with too large a scale";

    bool negative = bytes[0] & 0x80;
    if (negative)
        negate(bytes, n);
    size_t first = to_digits(bytes, n, digits, sizeof digits);
    struct parts p = {.digits = text_make(digits + first, sizeof digits - first)};
    p.fraction = text_make(digits, 0);
    long point = (long)p.digits.len - scale, end = (long)p.digits.len;
    if (negative)
        buffer_add_char(out, '-');
    if (scale < 0 && is_zero(&p))
        point = end;
    write_digits(&p, point, end > point ? end : point, out);
    return NULL;
}

const char *decimal_of_bits(struct text base64, struct buffer *out)
{
    unsigned char bytes[MOST_BYTES];
    char digits[MOST_BYTES * 3];
    int n = base64_decode(base64, bytes);
    if (n < 0)
        return "is no base64 of bits";
    for (int i = 0; i < n / 2; i++) {
        unsigned char b = bytes[i];
        bytes[i] = bytes[n - 1 - i];
        bytes[n - 1 - i] = b;
    }
    size_t first = to_digits(bytes, n, digits, sizeof digits);
    buffer_add(out, digits + first, sizeof digits - first);
    return NULL;
}
