/* SPDX-License-Identifier: Apache-2.0 */
/* reference_text.h: what the reference says around its tables. */
#ifndef SFSINK_CONFIG_REFERENCE_TEXT_H
#define SFSINK_CONFIG_REFERENCE_TEXT_H

extern const char reference_text_before[], reference_text_fields[], reference_text_behind[]; /* Markdown */
extern const char reference_text_help[];                                                     /* sfsink help config */
extern const char reference_text_example[], reference_text_example_fields[];                 /* full.cfg */

#endif
