/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: one row a command; main.c holds the table. One file a command: commands/NAME.c. */
#ifndef SFSINK_WORKER_COMMANDS_COMMAND_H
#define SFSINK_WORKER_COMMANDS_COMMAND_H

struct command {
    const char *name;    /* "map" */
    const char *usage;   /* what follows the name: "[--topic T]" */
    const char *summary; /* one line, for `sfsink help` */
    const char *help;    /* the rest of `sfsink map --help`: options, what it prints, exit status */
    /* argv[0] is the command's name; -c FILE is already taken out and given as config_file (NULL: not given; see config_find()). --help never
     * gets here. Returns the exit status (enum status). */
    int (*run)(int argc, char **argv, const char *config_file);
};

extern const struct command command_check;
extern const struct command command_demo;
extern const struct command command_dlq;
extern const struct command command_describe;
extern const struct command command_health;
extern const struct command command_limits;
extern const struct command command_login;
extern const struct command command_logout;
extern const struct command command_map;
extern const struct command command_run;
extern const struct command command_sim;

#endif
