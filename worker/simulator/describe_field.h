/* SPDX-License-Identifier: Apache-2.0 */
/* describe_field.h: one field as describe shows it, with every key. Pure. */
#ifndef SFSINK_WORKER_SIMULATOR_DESCRIBE_FIELD_H
#define SFSINK_WORKER_SIMULATOR_DESCRIBE_FIELD_H

#include "worker/simulator/schema.h"

json_t *describe_field(const struct field *f); /* new */

#endif
