/* SPDX-License-Identifier: Apache-2.0 */
/* failing_malloc.so: in front of the C library's, by LD_PRELOAD, the n-th allocation of the program fails.
 *
 *     FAILING_MALLOC_AT=N        the N-th; 0: none
 *     FAILING_MALLOC_WHOSE=own   only those that the program itself asks for; "any": those of its libraries, too
 *     FAILING_MALLOC_COUNT=FILE  how many there were, written when the process ends well */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static _Atomic uint64_t calls;
static uint64_t at;
static bool any;
static uintptr_t begin, end; /* of the program's code */
static const char *count_file;

/* The program itself is the first line of the map that can be executed. */
static void find_program(void)
{
    char line[512], mode[5];
    FILE *map = fopen("/proc/self/maps", "r");
    while (map && fgets(line, sizeof line, map))
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) == 3 && mode[2] == 'x')
            break;
    if (map)
        fclose(map);
}

__attribute__((constructor)) static void start(void)
{
    const char *n = getenv("FAILING_MALLOC_AT"), *whose = getenv("FAILING_MALLOC_WHOSE");
    count_file = getenv("FAILING_MALLOC_COUNT");
    find_program();
    any = whose && strcmp(whose, "any") == 0;
    calls = 0;
    at = n ? strtoull(n, NULL, 10) : 0;
}

__attribute__((destructor)) static void stop(void)
{
    uint64_t n = calls;
    FILE *f = count_file ? fopen(count_file, "w") : NULL;
    if (f) {
        fprintf(f, "%llu\n", (unsigned long long)n);
        fclose(f);
    }
}

static bool fails(const void *from)
{
    if (!begin || (!any && ((uintptr_t)from < begin || (uintptr_t)from >= end)))
        return false;
    if (++calls != at)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}
