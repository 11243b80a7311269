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
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string that it was reading when it meets a syntax error: once a process for us. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

static char dir[] = "/tmp/sfsink-fuzz-XXXXXX", file_name[64];

static void clean_up(void)
{
    unlink(file_name);
    rmdir(dir);
}

/* A folder of our own, so that an @include finds nothing by chance. */
static void make_folder(void)
{
    if (file_name[0])
        return;
    if (!mkdtemp(dir))
        bug("no folder");
    snprintf(file_name, sizeof file_name, "%s/sfsink.cfg", dir);
    atexit(clean_up);
}

static struct config *load(const void *data, size_t size)
{
    char *mistakes = NULL;
    FILE *file = fopen(file_name, "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        bug("no file");
    struct config *c = config_load(file_name, &mistakes);
    if (!c && (!mistakes || !mistakes[0]))
        bug("neither a configuration nor a mistake");
    free(mistakes);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_folder();
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
