/* SPDX-License-Identifier: Apache-2.0 */
/* route_rules.h: what a route may not say, though each of its settings is right by itself. */
#ifndef SFSINK_CONFIG_ROUTE_RULES_H
#define SFSINK_CONFIG_ROUTE_RULES_H

#include "config/document.h"
#include "config/written.h"

/* The slots and `route` are made, as far as they could be; `n` is its group in the file. */
void route_rules_check(const struct route *route, const struct written_route *w, const struct node *n,
                       struct mistakes *m);

#endif
