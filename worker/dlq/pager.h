/* SPDX-License-Identifier: Apache-2.0 */
/* pager.h: long output for a person: on a terminal through $PAGER (else less), into a pipe as it is. */
#ifndef SFSINK_WORKER_DLQ_PAGER_H
#define SFSINK_WORKER_DLQ_PAGER_H

#include <stdio.h>

FILE *pager_open(void);      /* never NULL */
void pager_close(FILE *out); /* waits until the person has seen enough */

#endif
