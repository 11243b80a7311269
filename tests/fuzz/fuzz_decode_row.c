/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an event of the format `row`; see map_event.h. */
#include "tests/fuzz/map_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_begin("routes = ( { topic = \"t\"; format = \"row\"; object = \"Custom Object\"; custom_object = \"X__c\";"
               "external_id = \"E__c\"; on_delete = \"delete\"; " FUZZ_FIELDS("") " } );");
    return fuzz_event(data, size);
}
