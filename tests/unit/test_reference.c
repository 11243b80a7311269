/* SPDX-License-Identifier: Apache-2.0 */
/* The table against itself and against what is printed from it. */
#include "common/memory.h"
#include "config/config.h"
#include "config/reference.h"
#include "config/settings.h"
#include "config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct table *const tables[] = {&settings_config, &settings_route, &settings_field, &settings_version,
                                             &settings_audience};

static void for_each_row(void (*check)(const struct setting *s, void *context), void *context)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (size_t row = 0; row < tables[i]->n; row++)
            check(&tables[i]->rows[row], context);
}

static bool is_choice(const struct setting *s, const char *name)
{
    for (const struct choice *c = s->choices; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return !c->refused;
    return false;
}

static void check_default(const struct setting *s, void *context)
{
    (void)context;
    size_t len = strlen(s->help);
    if (len < 15 || s->help[len - 1] != '.')
        fail_msg("%s: its help is no sentence", s->path);
    if (!s->initial)
        return;
    char *end;
    long long number = strtoll(s->initial, &end, 10);
    if (s->type == SET_INT && (*end || end == s->initial || number < s->min || number > s->max))
        fail_msg("%s: its default is out of its range", s->path);
    if (s->type == SET_CHOICE && !is_choice(s, s->initial))
        fail_msg("%s: its default is none of its choices", s->path);
    if (s->type == SET_BOOL && strcmp(s->initial, "true") != 0 && strcmp(s->initial, "false") != 0)
        fail_msg("%s: its default is neither true nor false", s->path);
    if (s->shape && s->initial[0] && s->shape(s->initial))
        fail_msg("%s: its default %s", s->path, s->shape(s->initial));
    if (s->type == SET_STRING && s->max < (long long)strlen(s->initial))
        fail_msg("%s: its default is too long", s->path);
}

static void test_defaults(void **state)
{
    (void)state;
    for_each_row(check_default, NULL);
}

static void check_named(const struct setting *s, void *context)
{
    char *cell = xasprintf("| `%s` |", s->path);
    if (!strstr(context, cell))
        fail_msg("%s is not in the reference", s->path);
    free(cell);
}

static void check_helped(const struct setting *s, void *context)
{
    char *line = xasprintf("\n  %s", s->path);
    if (!strstr(context, line))
        fail_msg("%s is not in the help", s->path);
    free(line);
}

static void test_every_row_is_documented(void **state)
{
    (void)state;
    char *markdown = reference_markdown(), *help = reference_help();
    for_each_row(check_named, markdown);
    for_each_row(check_helped, help);
    free(markdown);
    free(help);
}

/* The example, without its own routes, is what an empty file comes to. */
static void test_example_is_the_defaults(void **state)
{
    (void)state;
    char *example = reference_example(), *routes = strstr(example, "routes = (");
    struct config *full = config_of_text(example);
    config_free(full);
    assert_non_null(routes);
    *routes = '\0';

    struct config *of_example = config_of_text(example), *of_nothing = config_of_text("");
    free(of_example->salesforce.auth.token_file); /* lies beside the file, and there are two */
    of_example->salesforce.auth.token_file = xstrdup(of_nothing->salesforce.auth.token_file);
    char *a = config_print(of_example), *b = config_print(of_nothing);
    assert_string_equal(a, b);
    free(a);
    free(b);
    config_free(of_example);
    config_free(of_nothing);
    free(example);
}

static void check_in_example(const struct setting *s, void *context)
{
    char *set = xasprintf("%s =", settings_leaf(s->path)), *group = xasprintf("%s:", settings_leaf(s->path));
    if (!strstr(context, set) && !strstr(context, group))
        fail_msg("%s is not in the example", s->path);
    free(set);
    free(group);
}

static void test_example_has_every_setting(void **state)
{
    (void)state;
    char *example = reference_example();
    for (size_t i = 0; i < settings_config.n; i++)
        check_in_example(&settings_config.rows[i], example);
    for (size_t i = 0; i < settings_route.n; i++)
        check_in_example(&settings_route.rows[i], example);
    for (size_t i = 0; i < settings_field.n; i++)
        check_in_example(&settings_field.rows[i], example);
    free(example);
}

/* ---- the examples that people begin with ---- */

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    assert_non_null(file);
    assert_true(getdelim(&text, &room, '\0', file) > 0);
    fclose(file);
    return text;
}

static void test_minimal_example(void **state)
{
    (void)state;
    char *text = read_whole("config/examples/minimal.cfg");
    config_free(config_of_text(text));
    free(text);
}

static void write_secret(const char *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("hunter2\n", file);
    fchmod(fileno(file), 0440);
    fclose(file);
    free(path);
}

/* As in a pod, with the secrets in another folder. */
static void test_kubernetes_example(void **state)
{
    (void)state;
    static const char mounted[] = "/etc/sfsink/secrets", *const secrets[] = {"kafka-password", "salesforce.key"};
    char dir[] = "/tmp/sfsink-pod-XXXXXX";
    char *text = read_whole("config/examples/kubernetes.cfg");

    assert_non_null(mkdtemp(dir));
    setenv("KAFKA_BROKERS", "kafka:9092", 1);
    setenv("SALESFORCE_CLIENT_ID", "3MVG9", 1);
    setenv("SALESFORCE_USERNAME", "sink@example.com", 1);
    for (size_t i = 0; i < 2; i++)
        write_secret(dir, secrets[i]);
    for (char *at; (at = strstr(text, mounted));) {
        char *new = xasprintf("%.*s%s%s", (int)(at - text), text, dir, at + strlen(mounted));
        free(text);
        text = new;
    }
    struct config *c = config_of_text(text);
    assert_string_equal(c->salesforce.auth.private_key, "hunter2");
    assert_string_equal(c->kafka.brokers, "kafka:9092");
    config_free(c);
    free(text);
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s/%s", dir, secrets[i]);
        unlink(path);
        free(path);
    }
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults),
                                       cmocka_unit_test(test_every_row_is_documented),
                                       cmocka_unit_test(test_example_is_the_defaults),
                                       cmocka_unit_test(test_example_has_every_setting),
                                       cmocka_unit_test(test_minimal_example),
                                       cmocka_unit_test(test_kubernetes_example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
