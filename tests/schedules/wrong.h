/* SPDX-License-Identifier: Apache-2.0 */
/* wrong.h: a promise is broken: says which, with the seed, and ends the run. */
#ifndef SFSINK_TESTS_SCHEDULES_WRONG_H
#define SFSINK_TESTS_SCHEDULES_WRONG_H

_Noreturn void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
