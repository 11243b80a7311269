/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/failure_codes.h"

#include "common/buffer.h"

const struct failure_code failure_codes[] = {
    {CODE_DECODE_JSON, "The value is not JSON: empty, cut, not UTF-8, nested deeper than 64.",
     "Look at the event; set the producer's converter to JSON."},
    {CODE_DECODE_MAGIC_BYTE, "The value or key begins with a schema registry's frame (a zero byte and a schema id).",
     "Use a converter that writes plain JSON, for example org.apache.kafka.connect.json.JsonConverter."},
    {CODE_DECODE_ROW, "The event holds no row where its operation needs one, or the row is not a JSON object.",
     "Check that the route's format is that of the topic."},
    {CODE_DECODE_OPERATION, "The event names an operation that its format does not have.",
     "Check that the route's format is that of the topic."},
    {CODE_KEY_MISSING, "The record's key (external id or Id) is absent, null, empty or no text or number.",
     "Map the key to a column that is always there; for deletes to one that the old row or the message key has."},
    {CODE_VERSION_MISSING, "The version is absent or not an integer of at most 18 digits.",
     "Map version to a position that every event carries, for example @source.lsn."},
    {CODE_MAP_REQUIRED, "A field with required = true has no value.",
     "Give the field a default, leave such events out with where, or repair the source."},
    {CODE_MAP_TYPE, "A field's path meets a value of another kind: an object or array where a plain value goes.",
     "Name a deeper path, use as = \"string\" or as = \"multipicklist\", or jq."},
    {CODE_MAP_CONVERT, "A value cannot be converted as the field's as and unit, or the event's schema, ask.",
     "Correct as and unit, convert with jq, or repair the source."},
    {CODE_MAP_TEXT, "A text holds half a surrogate pair, or a header or key is not UTF-8.", "Repair the source."},
    {CODE_MAP_JQ, "A field's jq program failed, or gave several values or an object.",
     "Try the program with `sfsink map` on this event."},
    {CODE_MAP_WHERE, "The jq program of where failed or gave several values.",
     "Try the program with `sfsink map` on this event."},
    {CODE_DELETE_UNWANTED, "The event deletes, and the route has on_delete = \"dead_letter\".",
     "Delete the record by hand if it is to go, or set on_delete."},
    {CODE_ROUTE_MISSING, "No route reads the event's topic.", "Add a route, or name another topic with --topic."},
};
const size_t nfailure_codes = sizeof failure_codes / sizeof *failure_codes;

enum { LARGEST = 1 << 16 };

char *failure_codes_markdown(void)
{
    struct buffer b = BUFFER_INIT(LARGEST);
    buffer_add_string(&b, "| code | meaning | what to do |\n|---|---|---|\n");
    for (size_t i = 0; i < nfailure_codes; i++)
        buffer_printf(&b, "| `%s` | %s | %s |\n", failure_codes[i].code, failure_codes[i].meaning,
                      failure_codes[i].remedy);
    return buffer_steal(&b);
}
