/* SPDX-License-Identifier: Apache-2.0 */
/* Each folder of tests/data/config is a case: sfsink.cfg, and either `mistakes`, all that config_load() says ("PWD" for the folder), or
 * `ok`, lines that config_print() has. */
#include "common/memory.h"
#include "config/config.h"
#include "config_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CASES "tests/data/config"

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    if (!file)
        return NULL;
    if (getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = xstrdup("");
    }
    fclose(file);
    return text;
}

/* The folder's own name is none of the case's. */
static char *without_folder(const char *text, const char *folder)
{
    char *out = xstrdup(text), *at;
    while ((at = strstr(out, folder))) {
        char *new = xasprintf("%.*sPWD%s", (int)(at - out), out, at + strlen(folder));
        free(out);
        out = new;
    }
    return out;
}

static void check_mistakes(const struct config *c, const char *mistakes, const char *expected)
{
    char folder[4096];
    assert_null(c);
    assert_non_null(getcwd(folder, sizeof folder));
    char *said = without_folder(mistakes, folder);
    assert_string_equal(said, expected);
    free(said);
}

/* What is printed is a configuration again, and prints as the same. */
static void check_round_trip(const char *printed)
{
    struct config *again = config_of_text(printed);
    char *text = config_print(again);
    assert_string_equal(text, printed);
    free(text);
    config_free(again);
}

static void check_ok(const struct config *c, const char *mistakes, char *expected)
{
    if (!c)
        print_message("%s", mistakes);
    assert_non_null(c);
    char *printed = config_print(c);
    for (char *line = strtok(expected, "\n"); line; line = strtok(NULL, "\n"))
        if (!strstr(printed, line))
            fail_msg("%s\nlacks %s", printed, line);
    assert_null(strstr(printed, "hunter"));
    check_round_trip(printed);
    free(printed);
}

static char root[4096]; /* where the tests were started; a failed case leaves its folder only here */

static int leave_folder(void **state)
{
    (void)state;
    return chdir(root);
}

static void test_case(void **state)
{
    char *mistakes = NULL;
    char *folder = xasprintf(CASES "/%s", (const char *)*state);

    assert_int_equal(chdir(folder), 0);
    char *expected = read_whole("mistakes"), *ok = read_whole("ok");
    struct config *c = config_load("sfsink.cfg", &mistakes);
    assert_true(!expected != !ok);
    if (expected)
        check_mistakes(c, mistakes, expected);
    else
        check_ok(c, mistakes, ok);
    config_free(c);
    free(mistakes);
    free(expected);
    free(ok);
    free(folder);
}

/* ---- secrets in files ---- */

#define ROUTE                                                                                                          \
    "routes = ( { topic = \"t\"; object = \"Contact\"; mode = \"update\"; external_id = \"E__c\";"                     \
    " fields = ( { to = \"E__c\"; from = \"id\"; } ); } );"

static const struct {
    const char *name, *content;
    mode_t mode;
    const char *secret; /* NULL: refused */
    const char *words;
} secrets[] = {
    {"one line break is dropped", "hunter2\n", 0600, "hunter2", NULL},
    {"only one", "hunter2\n\n", 0400, "hunter2\n", NULL},
    {"the group may read", "hunter2", 0440, "hunter2", NULL},
    {"others may read", "hunter2", 0604, NULL, "readable by others (mode 0604); run: chmod 600 "},
    {"the group may write", "hunter2", 0660, NULL, "writable by others than its owner (mode 0660); run: chmod 600 "},
    {"others may write", "hunter2", 0602, NULL, "run: chmod 600 "},
    {"empty", "\n", 0600, NULL, "is empty"},
};

static void test_secret_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        char path[] = "/tmp/sfsink-secret-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, secrets[i].content, strlen(secrets[i].content)), strlen(secrets[i].content));
        fchmod(fd, secrets[i].mode);
        close(fd);
        char *text = xasprintf("salesforce: { auth: { client_secret_file = \"%s\"; }; };\n"
                               "kafka: { properties = [ \"sasl.password_file=%s\" ]; };\n" ROUTE,
                               path, path);
        if (secrets[i].secret) {
            struct config *c = config_of_text(text);
            assert_string_equal(c->salesforce.auth.client_secret, secrets[i].secret);
            assert_string_equal(c->kafka.properties[0].name, "sasl.password");
            assert_string_equal(c->kafka.properties[0].value, secrets[i].secret);
            config_free(c);
        } else {
            char *mistakes = mistakes_of_text(text);
            assert_non_null(mistakes);
            assert_non_null(strstr(mistakes, secrets[i].words));
            assert_non_null(strstr(mistakes, "sfsink.cfg:1: salesforce.auth.client_secret_file: "));
            assert_non_null(strstr(mistakes, "sfsink.cfg:2: kafka.properties[0]: sasl.password_file: "));
            assert_null(strstr(mistakes, "hunter2"));
            free(mistakes);
        }
        free(text);
        unlink(path);
    }
}

/* ---- the file itself ---- */

static void test_no_file(void **state)
{
    (void)state;
    char *mistakes = NULL;
    assert_null(config_load("/nonexistent/sfsink.cfg", &mistakes));
    assert_string_equal(
        mistakes, "/nonexistent/sfsink.cfg: /nonexistent/sfsink.cfg: cannot be read: No such file or directory\n");
    free(mistakes);
}

static void test_find(void **state)
{
    (void)state;
    struct error e = {0};
    char *file;

    setenv("SFSINK_CONFIG", "/from/environment.cfg", 1);
    assert_string_equal(file = config_find("given.cfg", &e), "given.cfg");
    free(file);
    assert_string_equal(file = config_find(NULL, &e), "/from/environment.cfg");
    free(file);
    unsetenv("SFSINK_CONFIG");
    file = config_find(NULL, &e);
    if (!file)
        assert_int_equal(e.status, STATUS_CONFIGURATION);
    free(file);
}

static void test_paths(void **state)
{
    (void)state;
    struct config *c =
        config_of_text("salesforce: { ca_file = \"/abs/ca.pem\"; auth: { token_file = \"sub/token\"; }; };\n" ROUTE);
    assert_string_equal(c->salesforce.ca_file, "/abs/ca.pem");
    char *slash = strrchr(c->file, '/');
    assert_int_equal(c->file[0], '/');
    assert_memory_equal(c->salesforce.auth.token_file, c->file, (size_t)(slash - c->file));
    assert_string_equal(c->salesforce.auth.token_file + (slash - c->file), "/sub/token");
    assert_string_not_equal(c->worker.name, "");
    config_free(c);
}

/* ---- reload ---- */

static const struct {
    const char *old, *fresh, *restart_for, *taken_over;
} reloads[] = {
    {"", "", "", ""},
    {"", "worker: { log_level = \"debug\"; log_format = \"json\"; };", "", "worker.log_level, worker.log_format"},
    {"batch: { linger_ms = 1; };", "batch: { linger_ms = 2; }; shutdown_ms = 1;", "shutdown_ms", "batch.linger_ms"},
    {"salesforce: { auth: { client_secret = \"a\"; }; };", "salesforce: { auth: { client_secret = \"b\"; }; };", "",
     "salesforce.auth.client_secret"},
    {"salesforce: { auth: { client_secret = \"a\"; client_id = \"x\"; }; };",
     "salesforce: { auth: { client_secret = \"b\"; client_id = \"y\"; }; };",
     "salesforce.auth.client_id, salesforce.auth.client_secret", ""},
    {"kafka: { properties = [ \"sasl.password=a\" ]; };", "kafka: { properties = [ \"sasl.password=b\" ]; };",
     "kafka.properties", ""},
    {"kafka: { properties = [ \"linger.ms=1\" ]; };", "kafka: { properties = [ \"producer.linger.ms=1\" ]; };",
     "kafka.properties", ""},
    {"kafka: { properties = [ \"linger.ms=1\" ]; };", "kafka: { properties = [ \"client.id=1\" ]; };",
     "kafka.properties", ""},
    {"kafka: { properties = [ \"linger.ms=1\" ]; };", "kafka: { properties = [ \"linger.ms=1\" ]; };", "", ""},
    {"kafka: { properties = [ \"linger.ms=1\" ]; };", "kafka: { group = \"g\"; };", "kafka.group, kafka.properties",
     ""},
    {ROUTE, "", "routes", ""},
    {ROUTE, ROUTE " // the same", "", ""},
};

static void test_restart_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reloads / sizeof *reloads; i++) {
        struct config *old = config_of_text(reloads[i].old), *fresh = config_of_text(reloads[i].fresh);
        free(fresh->salesforce.auth.token_file); /* lies beside the file, and there are two */
        fresh->salesforce.auth.token_file = xstrdup(old->salesforce.auth.token_file);
        char *left = config_restart_for(old, fresh), *taken = config_taken_over(old, fresh);
        assert_string_equal(left, reloads[i].restart_for);
        assert_string_equal(taken, reloads[i].taken_over);
        free(left);
        free(taken);
        config_free(old);
        config_free(fresh);
    }
}

/* One file with far too many mistakes is still answered, and says how many more there are. */
static void test_many_mistakes(void **state)
{
    (void)state;
    char *text = xstrdup("");
    for (int i = 0; i < 300; i++) {
        char *more = xasprintf("%sx%d = 1;\n", text, i);
        free(text);
        text = more;
    }
    char *mistakes = mistakes_of_text(text);
    assert_non_null(strstr(mistakes, "sfsink.cfg:200: x199: no such setting"));
    assert_non_null(strstr(mistakes, "\nand 100 more\n"));
    free(mistakes);
    free(text);
}

int main(void)
{
    struct CMUnitTest tests[512] = {
        cmocka_unit_test(test_secret_files), cmocka_unit_test(test_no_file),     cmocka_unit_test(test_find),
        cmocka_unit_test(test_paths),        cmocka_unit_test(test_restart_for), cmocka_unit_test(test_many_mistakes),
    };
    size_t n = 6;
    struct dirent **names;
    int found = scandir(CASES, &names, NULL, alphasort);

    if (!getcwd(root, sizeof root))
        return 1;
    setenv("SFSINK_TEST_NAME", "val\"ue", 1);
    unsetenv("SFSINK_TEST_UNSET");
    for (int i = 0; i < found; i++)
        if (names[i]->d_name[0] != '.' && n < 512)
            tests[n++] = (struct CMUnitTest){names[i]->d_name, test_case, NULL, leave_folder, names[i]->d_name};
    int failed = found < 50 || _cmocka_run_group_tests("config", tests, n, NULL, NULL);
    for (int i = 0; i < found; i++)
        free(names[i]);
    free(names);
    return failed;
}
