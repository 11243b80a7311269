/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/commands/manual.h"

#include "config/reference.h"
#include "worker/commands/command.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- roff ---- */

/* A backslash, a leading dot or quote and a hyphen mean something to roff; in here they are themselves. */
static void write_text(FILE *to, const char *s)
{
    bool line_starts = true;
    for (; *s; s++) {
        if (line_starts && (*s == '.' || *s == '\''))
            fputs("\\&", to);
        if (*s == '\\')
            fputs("\\e", to);
        else if (*s == '-')
            fputs("\\-", to);
        else
            fputc(*s, to);
        line_starts = *s == '\n';
    }
}

static void write_as_it_stands(FILE *to, const char *text)
{
    fputs(".nf\n", to);
    write_text(to, text);
    if (*text && text[strlen(text) - 1] != '\n')
        fputc('\n', to);
    fputs(".fi\n", to);
}

static void write_command(FILE *to, const struct command *c)
{
    fprintf(to, ".SS %s ", c->name);
    write_text(to, c->usage);
    fputc('\n', to);
    write_text(to, c->summary);
    fputs("\n.PP\n", to);
    if (c->help[0])
        write_as_it_stands(to, c->help);
}

void manual_commands(FILE *to, const struct command *const *commands, size_t n)
{
    fprintf(to, ".TH SFSINK 1 \"\" \"sfsink %s\" \"User Commands\"\n", SFSINK_VERSION);
    fputs(".SH NAME\nsfsink \\- reads change events from Kafka and writes them to Salesforce\n"
          ".SH SYNOPSIS\n.B sfsink\n[\\fB\\-c\\fR \\fIFILE\\fR] \\fICOMMAND\\fR [\\fIoptions\\fR]\n"
          ".SH DESCRIPTION\n"
          "Any number of workers in one Kafka consumer group map each change event to a Salesforce record, send the "
          "records in\n"
          "batches, commit offsets once Salesforce has answered, and publish what is refused for good to a "
          "dead\\-letter topic.\n"
          ".PP\nOptions may stand before or after the command. Every command takes \\fB\\-\\-help\\fR.\n"
          ".SH COMMANDS\n",
          to);
    for (size_t i = 0; i < n; i++)
        write_command(to, commands[i]);
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\ndone\n.TP\n1\ndone, but something was found or failed\n.TP\n64\nwrong usage\n"
          ".TP\n69\na service cannot be reached\n.TP\n70\na defect\n.TP\n77\nnot authenticated or not allowed\n"
          ".TP\n78\nwrong configuration\n"
          ".SH FILES\n\\fB$SFSINK_CONFIG\\fR, else \\fI./sfsink.cfg\\fR, else \\fI/etc/sfsink/sfsink.cfg\\fR\n"
          ".SH SEE ALSO\n.BR sfsink.cfg (5)\n",
          to);
}

void manual_settings(FILE *to)
{
    char *text = reference_help();
    fprintf(to, ".TH SFSINK.CFG 5 \"\" \"sfsink %s\" \"File Formats\"\n", SFSINK_VERSION);
    fputs(".SH NAME\nsfsink.cfg \\- every setting of sfsink\n.SH DESCRIPTION\n"
          "A file of libconfig's syntax. \\fBsfsink check \\-\\-offline\\fR names every mistake in it at once;\n"
          "\\fBsfsink help config \\-\\-example\\fR prints one to start from.\n.PP\n",
          to);
    write_as_it_stands(to, text);
    fputs(".SH SEE ALSO\n.BR sfsink (1)\n", to);
    free(text);
}

/* ---- completion ---- */

/* Words that can be typed: "--option" wherever the text names one; where `bare`, lower-case words too, which are subcommands. */
static void write_words(FILE *to, const char *text, bool bare)
{
    for (const char *s = text; *s;) {
        size_t dashes = strspn(s, "-");
        size_t len = dashes + strspn(s + dashes, "abcdefghijklmnopqrstuvwxyz-");
        bool ends = !isalnum((unsigned char)s[len]) && s[len] != '_' && s[len] != '.';
        if ((dashes == 2 && len > 3) || (bare && dashes == 0 && len > 1 && ends))
            fprintf(to, " %.*s", (int)len, s);
        s += len ? len : 1;
        while (len && isalnum((unsigned char)*s))
            s++;
    }
}

void manual_completion(FILE *to, const struct command *const *commands, size_t n)
{
    fputs("# bash completion of sfsink, made by: sfsink help --completion bash\n"
          "_sfsink() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words i\n"
          "    case $previous in -c | --config) COMPREPLY=($(compgen -f -- \"$word\")); return ;; esac\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        -c | --config) ((i++)) ;;\n"
          "        -*) ;;\n"
          "        *) command=${COMP_WORDS[i]}; break ;;\n"
          "        esac\n"
          "    done\n"
          "    case $command in\n",
          to);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "    %s) words='--help", commands[i]->name);
        write_words(to, commands[i]->usage, true);
        write_words(to, commands[i]->help, false);
        fputs("' ;;\n", to);
    }
    fputs("    *) words='-c --help", to);
    for (size_t i = 0; i < n; i++)
        fprintf(to, " %s", commands[i]->name);
    fputs("' ;;\n"
          "    esac\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -o default -F _sfsink sfsink\n",
          to);
}
