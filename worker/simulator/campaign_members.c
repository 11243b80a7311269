/* SPDX-License-Identifier: Apache-2.0 */
/* CampaignMember does not follow the general rules: one of two parents is required, a second membership is refused, and a status
 * that the campaign does not know becomes the default one without a word. */
#include "common/memory.h"
#include "worker/simulator/validate.h"

#include <stdlib.h>
#include <string.h>

static const char default_status[] = "Sent";

static const char *change(const struct draft *d, const char *name)
{
    return json_string_value(json_object_get(d->changes, name));
}

static void choose_status(struct draft *d)
{
    const char *status = change(d, "Status");

    if (!status && (!d->stored || json_object_get(d->changes, "Status")))
        status = default_status;
    if (!status)
        return;
    if (strcmp(status, "Responded") != 0)
        status = default_status;
    json_object_set_new(d->changes, "HasResponded", json_boolean(strcmp(status, "Responded") == 0));
    json_object_set_new(d->changes, "Status", json_string(status));
}

/* Another record with the same campaign and person? */
static void choose_person(struct world *w, struct draft *d)
{
    const char *campaign = change(d, "CampaignId"), *person = change(d, "ContactId");
    const struct field *key = object_any_field(d->object, "Member_Key__c");
    struct record *other;

    if (person)
        json_object_del(d->changes, "LeadId"); /* both given: only the contact is kept */
    else
        person = change(d, "LeadId");
    if (!person)
        errors_add(d->result->errors, "REQUIRED_FIELD_MISSING", "ContactId",
                   "Required fields are missing: [ContactId, LeadId]");
    if (!person || !campaign)
        return;
    char *member = xasprintf("%s:%s", campaign, person);
    if (store_lookup(w->store, d->object, key, member, MATCH_AS_FIELD, UINT64_MAX, &other, 1))
        errors_add(d->result->errors, "DUPLICATE_VALUE", NULL, "Already a campaign member.");
    json_object_set_new(d->changes, "Member_Key__c", json_string(member));
    free(member);
}

void validate_campaign_member(struct world *w, struct draft *d)
{
    if (!d->stored) {
        if (!change(d, "CampaignId"))
            errors_add(d->result->errors, "REQUIRED_FIELD_MISSING", "CampaignId",
                       "Required fields are missing: [CampaignId]");
        choose_person(w, d);
    }
    choose_status(d);
}
