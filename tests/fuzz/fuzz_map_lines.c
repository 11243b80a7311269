/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the standard input of `sfsink map`, values and lines of kcat -J: one line of JSON comes out for each that goes in. */
#include "common/json_doc.h"
#include "common/memory.h"
#include "worker/commands/command.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char file[] = "/tmp/sfsink-fuzz-XXXXXX";

static void clean_up(void)
{
    unlink(file);
}

static void write_config(void)
{
    static const char settings[] = "routes = ( { topic = \"a\"; format = \"row\"; object = \"Custom Object\"; "
                                   "custom_object = \"X__c\"; external_id = \"E__c\";"
                                   " on_delete = \"delete\"; fields = ( { to = \"E__c\"; from = \"id\"; }, { to = "
                                   "\"H__c\"; from = \"@header.h\"; },"
                                   " { to = \"T__c\"; from = \"@timestamp\"; as = \"datetime\"; unit = \"ms\"; }, { to "
                                   "= \"O__c\"; from = \"@offset\"; } ); } );";
    int fd = mkstemp(file);
    if (fd < 0 || write(fd, settings, sizeof settings - 1) < 0)
        bug("%s: cannot be written", file);
    close(fd);
    atexit(clean_up);
}

static size_t count_lines(const char *data, size_t size)
{
    size_t n = 0;
    for (const char *end = data + size, *next; data < end; data = next) {
        const char *stop = memchr(data, '\n', (size_t)(end - data));
        next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        while (stop > data && stop[-1] == '\r')
            stop--;
        while (stop > data && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        n += stop > data;
    }
    return n;
}

static size_t check_output(char *out, size_t len)
{
    static struct json_doc d;
    size_t n = 0;
    for (char *at = out, *next; at < out + len; at = next, n++) {
        char *stop = memchr(at, '\n', (size_t)(out + len - at));
        if (!stop || !json_doc_read(&d, text_make(at, (size_t)(stop - at))) || !json_member(d.nodes, text_of("do")))
            bug("a line that is no answer: %s", at);
        next = stop + 1;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "map", *argv[] = {name, NULL};
    FILE *real_in = stdin, *real_out = stdout;
    char *out = NULL;
    size_t len = 0;

    if (size == 0)
        return 0;
    if (strstr(file, "XXXXXX"))
        write_config();
    stdin = fmemopen((void *)(uintptr_t)data, size, "r");
    stdout = open_memstream(&out, &len);
    int status = command_map.run(1, argv, file);
    fclose(stdin);
    fclose(stdout);
    stdin = real_in;
    stdout = real_out;
    if (status != 0 && status != 1)
        bug("exit status %d", status);
    size_t in = count_lines((const char *)data, size), answers = check_output(out, len);
    if (in != answers)
        bug("%zu lines in, %zu out", in, answers);
    free(out);
    return 0;
}
