/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/html.h"

#include <stdio.h>
#include <string.h>

static const char thin_space[] = "\xe2\x80\xaf", dash[] = "\xe2\x80\x93";

void html_raw(struct buffer *b, const char *markup)
{
    buffer_add_string(b, markup);
}

void html_text(struct buffer *b, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
        case '&':
            buffer_add_string(b, "&amp;");
            break;
        case '<':
            buffer_add_string(b, "&lt;");
            break;
        case '>':
            buffer_add_string(b, "&gt;");
            break;
        case '"':
            buffer_add_string(b, "&quot;");
            break;
        case '\'':
            buffer_add_string(b, "&#39;");
            break;
        default:
            buffer_add_char(b, *text);
        }
    }
}

void html_count(struct buffer *b, double n)
{
    char digits[32];
    if (n >= 1e9)
        buffer_printf(b, "%.1f%sG", n / 1e9, thin_space);
    else if (n >= 1e7)
        buffer_printf(b, "%.1f%sM", n / 1e6, thin_space);
    else {
        snprintf(digits, sizeof digits, "%.0f", n);
        size_t len = strlen(digits);
        for (size_t i = 0; i < len; i++) {
            if (i && (len - i) % 3 == 0)
                buffer_add_string(b, thin_space);
            buffer_add_char(b, digits[i]);
        }
    }
}

void html_rate(struct buffer *b, double n)
{
    if (n >= 100)
        html_count(b, n);
    else
        buffer_printf(b, n >= 10 || n == 0 ? "%.0f" : n >= 1 ? "%.1f" : "%.2f", n);
}

void html_duration(struct buffer *b, double seconds)
{
    long long s = (long long)seconds;
    if (seconds < 0)
        buffer_add_string(b, dash);
    else if (seconds < 1)
        buffer_printf(b, "%.0f%sms", seconds * 1000, thin_space);
    else if (seconds < 60)
        buffer_printf(b, seconds < 10 ? "%.1f%ss" : "%.0f%ss", seconds, thin_space);
    else if (s < 3600)
        buffer_printf(b, "%lld%smin %lld%ss", s / 60, thin_space, s % 60, thin_space);
    else if (s < 86400)
        buffer_printf(b, "%lld%sh %lld%smin", s / 3600, thin_space, s % 3600 / 60, thin_space);
    else
        buffer_printf(b, "%lld%sd %lld%sh", s / 86400, thin_space, s % 86400 / 3600, thin_space);
}

void html_bytes(struct buffer *b, double bytes)
{
    if (bytes < 1024 * 1024)
        buffer_printf(b, "%.0f%sKiB", bytes / 1024, thin_space);
    else
        buffer_printf(b, "%.1f%sMiB", bytes / 1024 / 1024, thin_space);
}
