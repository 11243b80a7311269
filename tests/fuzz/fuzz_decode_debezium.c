/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an event of the format `debezium`; see map_event.h. */
#include "tests/fuzz/map_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_begin(
        "routes = ( { topic = \"t\"; format = \"debezium\"; object = \"Custom Object\"; custom_object = \"X__c\";"
        "external_id = \"E__c\"; on_delete = \"delete\"; tombstones = \"delete\"; skip_unchanged = true; version: "
        "{ field = \"V__c\"; from = \"@source.lsn\"; };" FUZZ_FIELDS(
            "{ to = \"O__c\"; from = \"@before.a\"; as = \"string\"; },") " } );");
    return fuzz_event(data, size);
}
