/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: the status page, made from the JSON of /status. Pure.
 *
 *     /status (JSON) ──► page_render() ──► the whole page, charts included
 *
 * It is whole without JavaScript; page.js only fetches it again and puts the new <main> in the place of the old one. What is missing
 * in the JSON is left out of the page. */
#ifndef SFSINK_WORKER_WEB_PAGE_H
#define SFSINK_WORKER_WEB_PAGE_H

/* A new string, free() it; never NULL. `status` NULL or not JSON: a page that says that the worker is starting. */
char *page_render(const char *status);

/* page.css and page.js, as they lie in the binary; NUL-terminated. */
extern const char page_css[], page_js[];

/* Nothing from outside, no inline script, no inline style, in nobody's frame. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "                     \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

#endif
