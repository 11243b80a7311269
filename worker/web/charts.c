/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/web/charts.h"

#include "worker/web/html.h"

#include <stdbool.h>

struct frame {
    double width, height, most;
    size_t n;
};

static double x_of(const struct frame *f, size_t i)
{
    return f->n < 2 ? f->width : (double)i * f->width / (double)(f->n - 1);
}

static double y_of(const struct frame *f, double value)
{
    double part = f->most > 0 ? value / f->most : 0;
    return f->height - 1 - (part > 1 ? 1 : part) * (f->height - 3);
}

static double largest(const double *values, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (values[i] > most)
            most = values[i];
    return most;
}

/* One path for each stretch of known values: its line, or the area under it. */
static void draw_stretches(struct buffer *b, const struct frame *f, const double *values, bool area)
{
    for (size_t i = 0; i < f->n;) {
        if (values[i] < 0) {
            i++;
            continue;
        }
        size_t from = i;
        if (area)
            buffer_printf(b, "M%.1f %.1fL%.1f %.1f", x_of(f, from), f->height, x_of(f, from), y_of(f, values[from]));
        else
            buffer_printf(b, "M%.1f %.1f", x_of(f, from), y_of(f, values[from]));
        for (i++; i < f->n && values[i] >= 0; i++)
            buffer_printf(b, "L%.1f %.1f", x_of(f, i), y_of(f, values[i]));
        if (!area && i - from == 1)
            html_raw(b, "h-2"); /* a single value is a dot that can be seen */
        if (area)
            buffer_printf(b, "L%.1f %.1fZ", x_of(f, i - 1), f->height);
    }
}

static void draw(struct buffer *b, const struct frame *f, const double *values, const char *class, const char *label)
{
    buffer_printf(b,
                  "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
                  class, f->width, f->height);
    html_text(b, label);
    html_raw(b, "\"><path class=\"area\" d=\"");
    draw_stretches(b, f, values, true);
    html_raw(b, "\"/><path class=\"line\" d=\"");
    draw_stretches(b, f, values, false);
    html_raw(b, "\"/></svg>");
}

void chart_area(struct buffer *b, const double *values, size_t n, double most, const char *label)
{
    struct frame f = {.width = 240, .height = 56, .most = most > 0 ? most : largest(values, n), .n = n};
    draw(b, &f, values, "chart", label);
}

void chart_spark(struct buffer *b, const double *values, size_t n, const char *label)
{
    struct frame f = {.width = 90, .height = 20, .most = largest(values, n), .n = n};
    draw(b, &f, values, "spark", label);
}

static void draw_tick(struct buffer *b, double at)
{
    if (at > 0 && at < 1)
        buffer_printf(b, "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"12\"/>", at * 240, at * 240);
}

void chart_bar(struct buffer *b, double part, double warn_at, double stop_at, const char *label)
{
    const char *state = stop_at > 0 && part >= stop_at ? "bad" : warn_at > 0 && part >= warn_at ? "warn" : "good";
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    html_raw(b, "<svg class=\"bar\" viewBox=\"0 0 240 12\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
    html_text(b, label);
    buffer_printf(b,
                  "\"><rect class=\"whole\" width=\"240\" height=\"12\" rx=\"3\"/>"
                  "<rect class=\"part %s\" width=\"%.1f\" height=\"12\" rx=\"3\"/>",
                  state, part * 240);
    draw_tick(b, warn_at);
    draw_tick(b, stop_at);
    html_raw(b, "</svg>");
}
