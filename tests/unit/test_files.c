/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a configuration names, as they should not be; and where a setting of it stands. (Who may read them: test_config.c.) */
#include "config/files.h"

#include "common/memory.h"
#include "tests/unit/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N(a) (sizeof(a) / sizeof *(a))
#define BYTES(literal) literal, sizeof(literal) - 1

/* A file with these bytes; yours, unlink() and free(). */
static char *file_of(const char *bytes, size_t len)
{
    char *path = xstrdup("/tmp/sfsink-files-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
    close(fd);
    return path;
}

static const struct {
    const char *bytes;
    size_t len;
    const char *secret; /* NULL: refused */
    const char *words;
} secrets[] = {
    {BYTES("hunter2\r\n"), "hunter2", NULL},
    {BYTES("hunter2\r"), "hunter2", NULL},
    {BYTES(" hunter2 \n"), " hunter2 ", NULL},
    {BYTES("-----BEGIN\nEND-----\n"), "-----BEGIN\nEND-----", NULL},
    {BYTES("hunter\0002"), NULL, ": holds a NUL byte"},
    {BYTES("\0"), NULL, ": holds a NUL byte"},
    {BYTES("\r\n"), NULL, ": is empty"},
    {BYTES(""), NULL, ": is empty"},
};

static void a_secret_is_the_file_without_its_line_break(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(secrets); i++) {
        struct error e = {0};
        char *path = file_of(secrets[i].bytes, secrets[i].len), *text = files_read_secret(path, &e);
        if (secrets[i].secret) {
            assert_non_null(text);
            assert_string_equal(text, secrets[i].secret);
        } else {
            assert_null(text);
            assert_int_equal(e.status, STATUS_CONFIGURATION);
            assert_string_equal(e.text + strlen(path), secrets[i].words);
        }
        free(text);
        unlink(path);
        free(path);
    }
}

static void a_file_may_be_as_large_as_its_ceiling(void **state)
{
    enum { LEN = 20000 };
    char bytes[LEN];
    (void)state;

    memset(bytes, 'x', sizeof bytes);
    char *path = file_of(bytes, sizeof bytes);
    for (size_t ceiling = LEN - 1; ceiling <= LEN + 1; ceiling++) {
        struct error e = {0};
        size_t len = 0;
        char *text = files_read(path, ceiling, &len, &e);
        assert_int_equal(!text, ceiling < LEN);
        if (text)
            assert_int_equal(len, LEN);
        else
            assert_non_null(strstr(e.text, ": is larger than 19999 bytes"));
        free(text);
    }
    unlink(path);
    free(path);
}

static void only_regular_files_are_read(void **state)
{
    static const char *const places[][2] = {
        {"/tmp", "/tmp: is a directory, not a file"},
        {"/dev/null", "/dev/null: is a device, not a file"},
        {"/nonexistent/x", "/nonexistent/x: cannot be read: No such file or directory"}};
    (void)state;

    for (size_t i = 0; i < N(places); i++) {
        struct error e = {0};
        size_t len;
        assert_null(files_read(places[i][0], 100, &len, &e));
        assert_string_equal(e.text, places[i][1]);
    }
}

/* A pipe that nobody writes to must not be waited for. */
static void a_pipe_is_not_waited_for(void **state)
{
    char folder[] = "/tmp/sfsink-files-XXXXXX";
    struct error e = {0};
    (void)state;

    assert_non_null(mkdtemp(folder));
    char *pipe = files_relative(folder, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_null(files_read_secret(pipe, &e));
    assert_string_equal(e.text + strlen(pipe), ": is a device, not a file");
    unlink(pipe);
    rmdir(folder);
    free(pipe);
}

static const struct {
    const char *dir, *path, *seen;
} paths[] = {
    {"/etc/sfsink", "token", "/etc/sfsink/token"},
    {"/etc/sfsink", "/abs", "/abs"},
    {".", "sub/x", "sub/x"},
    {"/", "x", "/x"},
    {"conf", "../x", "conf/../x"},
};

static void paths_are_seen_from_the_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(paths); i++) {
        char *seen = files_relative(paths[i].dir, paths[i].path);
        assert_string_equal(seen, paths[i].seen);
        free(seen);
    }
    static const char *const folders[][2] = {{"/a/b.cfg", "/a"}, {"/b.cfg", "/"}, {"b.cfg", "."}, {"a/b/c", "a/b"}};
    for (size_t i = 0; i < N(folders); i++) {
        char *folder = files_directory(folders[i][0]);
        assert_string_equal(folder, folders[i][1]);
        free(folder);
    }
}

/* ---- places ---- */

static const struct {
    const char *path;
    int line;
} lines[] = {
    {"batch.max_records", 1},      {"batch.linger_ms", 1}, /* not written: its group */
    {"routes[0].topic", 2},        {"routes[0].fields[1].to", 4},
    {"routes[0].fields[1].as", 4}, {"routes[0].fields", 3},
    {"routes[0].where", 2},        {"routes[1].topic", 2}, /* there is none: the list */
    {"kafka.brokers", 0},          {"batchx", 0},
};

static void a_setting_has_a_place(void **state)
{
    struct config *c = config_of_text("batch: { max_records = 5; };\n"
                                      "routes = ( { topic = \"t\"; object = \"Contact\"; external_id = \"E__c\";\n"
                                      "  fields = ( { to = \"E__c\"; from = \"id\"; },\n"
                                      "    { to = \"LastName\"; from = \"name\"; } ); } );\n");
    (void)state;

    for (size_t i = 0; i < N(lines); i++) {
        int line = -1;
        const char *file = config_place(c, lines[i].path, &line);
        assert_string_equal(strrchr(file, '/') ? strrchr(file, '/') + 1 : file, "sfsink.cfg");
        if (line != lines[i].line)
            fail_msg("%s: line %d, not %d", lines[i].path, line, lines[i].line);
    }
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_the_file_without_its_line_break),
        cmocka_unit_test(a_file_may_be_as_large_as_its_ceiling),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(a_pipe_is_not_waited_for),
        cmocka_unit_test(paths_are_seen_from_the_folder),
        cmocka_unit_test(a_setting_has_a_place),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
