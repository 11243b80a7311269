/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h: the list `routes` → routes ready to run, and what they may not say together. */
#ifndef SFSINK_CONFIG_ROUTES_H
#define SFSINK_CONFIG_ROUTES_H

#include "config/config.h"
#include "config/values.h"

/* Fills c->routes from the list (NULL: none); mistakes are collected. */
void routes_read(const struct reading *r, const struct node *list, struct config *c);
void routes_free(struct route **routes, size_t n);

/* Names and topics that only one may have; no route may read what the worker writes. */
void routes_check_together(const struct config *c, const struct node *root, struct mistakes *m);

#endif
