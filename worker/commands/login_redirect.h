/* SPDX-License-Identifier: Apache-2.0 */
/* login_redirect.h: the loopback server that a login's redirect comes to: http://localhost:PORT/callback on 127.0.0.1 and on ::1.
 *
 *     browser ──► GET /callback?… ──► redirect_take() ──► (login goes on) ──► redirect_finish() ──► the page that says how it ended
 *
 * The browser's request waits until the login is decided, so that its page tells the truth. A second redirect gets a page of its own. The
 * servers have threads of their own; these functions belong to the command's thread. */
#ifndef SFSINK_WORKER_COMMANDS_LOGIN_REDIRECT_H
#define SFSINK_WORKER_COMMANDS_LOGIN_REDIRECT_H

#include "common/error.h"

struct redirect;

/* NULL and an error (STATUS_UNAVAILABLE) if the port cannot be had. */
struct redirect *redirect_listen(int port, const char *path, struct error *e);
void redirect_close(struct redirect *r); /* NULL is fine */

/* Readable when redirect_take() has something. */
int redirect_fd(const struct redirect *r);

/* What came behind the path, "code=…&state=…": a new string; NULL: nothing yet. Once taken, the browser waits for redirect_finish(). */
char *redirect_take(struct redirect *r);

/* The browser's request was none of a login: it is told so, and the next one is waited for. */
void redirect_ignore(struct redirect *r);

/* The page of whoever waits, or still comes: `said` is how it ended, `todo` what to do ("" for nothing). Waits until it was sent, at the
 * most a moment. */
void redirect_finish(struct redirect *r, bool done, const char *said, const char *todo);

#endif
