/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h: what the table of settings says, for people: Markdown, --help, an example file. New strings; free() them. */
#ifndef SFSINK_CONFIG_REFERENCE_H
#define SFSINK_CONFIG_REFERENCE_H

char *reference_markdown(void); /* config/README.md */
char *reference_help(void);     /* sfsink help config */
char *reference_example(void);  /* config/examples/full.cfg: every setting with its default */

#endif
