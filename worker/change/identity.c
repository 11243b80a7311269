/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/change/identity.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static struct text trim(struct text t)
{
    while (t.len > 0 && is_blank(t.at[0])) {
        t.at++;
        t.len--;
    }
    while (t.len > 0 && is_blank(t.at[t.len - 1]))
        t.len--;
    return t;
}

/* 42.10 and 42.1, 42.0 and 42 are one value of a number field. */
static struct text without_zeros(struct text t)
{
    bool point = false;
    for (size_t i = 0; i < t.len; i++) {
        bool digit = (t.at[i] >= '0' && t.at[i] <= '9') || (i == 0 && t.at[i] == '-' && t.len > 1);
        if (!digit && (t.at[i] != '.' || point || i == 0))
            return t;
        point = point || t.at[i] == '.';
    }
    while (point && t.at[t.len - 1] == '0')
        t.len--;
    if (point && t.at[t.len - 1] == '.')
        t.len--;
    return t;
}

/* Three characters, one for each five: which of them are capitals. */
static void add_checksum(struct text id, struct buffer *out)
{
    for (size_t five = 0; five < 3; five++) {
        unsigned capitals = 0;
        for (size_t i = 0; i < 5; i++)
            if (id.at[five * 5 + i] >= 'A' && id.at[five * 5 + i] <= 'Z')
                capitals |= 1u << i;
        buffer_add_char(out, "abcdefghijklmnopqrstuvwxyz012345"[capitals]);
    }
}

void identity_write(struct text key, bool is_id, struct buffer *out)
{
    struct text t = without_zeros(trim(key));
    for (size_t i = 0; i < t.len; i++)
        buffer_add_char(out, fold(t.at[i]));
    if (is_id && t.len == 15)
        add_checksum(t, out);
}
