/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as sfsink.cfg: mistakes or a configuration that prints as one which prints the same. */
#include "common/memory.h"
#include "config/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/sfsink-fuzz-XXXXXX";

static void clean_up(void)
{
    unlink("sfsink.cfg");
    rmdir(dir);
}

static void enter_folder(void)
{
    static bool entered;
    if (entered)
        return;
    entered = true;
    if (!mkdtemp(dir) || chdir(dir) != 0)
        bug("no folder");
    atexit(clean_up);
}

static struct config *load(const void *data, size_t size)
{
    char *mistakes = NULL;
    FILE *file = fopen("sfsink.cfg", "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        bug("no file");
    struct config *c = config_load("sfsink.cfg", &mistakes);
    if (!c && (!mistakes || !mistakes[0]))
        bug("neither a configuration nor a mistake");
    free(mistakes);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A program such as [limit(1e9; repeat(1))] is compiled here, never run: but libjq folds constants. */
    enter_folder();
    struct config *c = load(data, size);
    if (!c)
        return 0;
    char *printed = config_print(c);
    struct config *again = load(printed, strlen(printed));
    if (!again)
        bug("what was printed is refused:\n%s", printed);
    char *text = config_print(again);
    if (strcmp(text, printed) != 0)
        bug("printed twice:\n%s\n%s", printed, text);
    config_route_of(again, "warehouse.public.customers");
    free(text);
    free(printed);
    config_free(again);
    config_free(c);
    return 0;
}
