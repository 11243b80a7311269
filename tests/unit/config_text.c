/* SPDX-License-Identifier: Apache-2.0 */
#include "config_text.h"

#include "common/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct config *load(const char *text, char **mistakes)
{
    char dir[] = "/tmp/sfsink-test-XXXXXX", here[4096];
    assert_non_null(mkdtemp(dir));
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(dir), 0);

    FILE *file = fopen("sfsink.cfg", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    struct config *c = config_load("sfsink.cfg", mistakes);
    unlink("sfsink.cfg");
    assert_int_equal(chdir(here), 0);
    rmdir(dir);
    return c;
}

struct config *config_of_text(const char *text)
{
    char *mistakes = NULL;
    struct config *c = load(text, &mistakes);
    if (!c)
        print_message("%s", mistakes);
    assert_non_null(c);
    return c;
}

char *mistakes_of_text(const char *text)
{
    char *mistakes = NULL;
    config_free(load(text, &mistakes));
    return mistakes;
}
