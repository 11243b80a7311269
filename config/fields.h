/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h: one entry of `fields` (and `version`) → struct field, ready to run. */
#ifndef SFSINK_CONFIG_FIELDS_H
#define SFSINK_CONFIG_FIELDS_H

#include "config/values.h"
#include "config/written.h"

/* Fills a zeroed field; mistakes are collected. `n` NULL: what is there is no field, so only its names are made. Give it to fields_release() in any case. */
void fields_make(const struct reading *r, const struct node *n, const struct written_field *w, struct field *f);
void fields_release(struct field *f);

/* The version's slot. */
void fields_make_version(const struct reading *r, const struct node *n, const struct written_version *w,
                         struct field *f);

/* True if the field is `name` to Salesforce, whose names are the same in any case. A parent is also its Id field: "AccountId". */
bool fields_is(const struct field *f, const char *name);

#endif
