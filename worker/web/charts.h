/* SPDX-License-Identifier: Apache-2.0 */
/* charts.h: small charts as SVG that stands in the page itself: no script draws them, the style sheet colours them. Pure. */
#ifndef SFSINK_WORKER_WEB_CHARTS_H
#define SFSINK_WORKER_WEB_CHARTS_H

#include "common/buffer.h"

#include <stddef.h>

/* One value a step of time, oldest first; below 0: not known, the line has a gap there. `most` is the top of the chart;
 * 0: the largest value. `label` is for those who cannot see it. */
void chart_area(struct buffer *b, const double *values, size_t n, double most, const char *label);

/* The same in the height of a line of text, for a table. */
void chart_spark(struct buffer *b, const double *values, size_t n, const char *label);

/* How much of a whole is used, 0 to 1; ticks are drawn where a limit lies (below 0: none). It takes the colour of the limits that
 * it is past. */
void chart_bar(struct buffer *b, double part, double warn_at, double stop_at, const char *label);

#endif
