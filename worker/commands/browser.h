/* SPDX-License-Identifier: Apache-2.0 */
/* browser.h: opens an address in the person's browser, where there is one. */
#ifndef SFSINK_WORKER_COMMANDS_BROWSER_H
#define SFSINK_WORKER_COMMANDS_BROWSER_H

#include <stdbool.h>

/* False: there is no screen (neither DISPLAY nor WAYLAND_DISPLAY), nobody looks at it (CI), it is another machine's (ssh), or xdg-open is missing.
 * Does not wait for it. */
bool browser_open(const char *url);

#endif
