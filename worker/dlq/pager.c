/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/dlq/pager.h"

#include <stdlib.h>
#include <unistd.h>

/* -F: a screenful needs no pager; -S: long lines are cut, not folded; -X: what was shown stays. */
#define SHOW "if command -v less >/dev/null 2>&1; then exec less -FSX; else exec cat; fi"

FILE *pager_open(void)
{
    const char *pager = getenv("PAGER");
    FILE *out = isatty(STDOUT_FILENO) ? popen(pager && *pager ? pager : SHOW, "w") : NULL;
    return out ? out : stdout;
}

void pager_close(FILE *out)
{
    if (out != stdout)
        pclose(out);
}
