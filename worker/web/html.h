/* SPDX-License-Identifier: Apache-2.0 */
/* html.h: text and numbers into a page, so that nothing that came from outside can become markup. Pure. */
#ifndef SFSINK_WORKER_WEB_HTML_H
#define SFSINK_WORKER_WEB_HTML_H

#include "common/buffer.h"

/* Markup, as it stands: constants of ours only. */
void html_raw(struct buffer *b, const char *markup);

/* Anybody's text: & < > " ' become entities. NULL: nothing. */
void html_text(struct buffer *b, const char *text);

/* "1 234 567", with narrow spaces; from a million on "12.3 M". */
void html_count(struct buffer *b, double n);

/* A rate or a mean with as many digits as it deserves: "0.42", "7.1", "812". */
void html_rate(struct buffer *b, double n);

/* "350 ms", "4.2 s", "3 min 5 s", "2 h 7 min", "3 d 4 h". Below 0: a dash. */
void html_duration(struct buffer *b, double seconds);

void html_bytes(struct buffer *b, double bytes); /* "12 KiB", "3.4 MiB" */

#endif
