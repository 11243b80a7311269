/* SPDX-License-Identifier: Apache-2.0 */
/* login_owner.h: whose login is it? */
#ifndef SFSINK_WORKER_SALESFORCE_LOGIN_OWNER_H
#define SFSINK_WORKER_SALESFORCE_LOGIN_OWNER_H

#include "worker/salesforce/token_store.h"
#include "worker/salesforce/visit.h"

/* "jo@example.com (organization 00D…, user 005…)", asked of the instance; as much of it as can be known. A new string. */
char *login_owner(struct visit *v, const char *instance_url, const struct tokens *t);

#endif
