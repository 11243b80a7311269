/* SPDX-License-Identifier: Apache-2.0 */
/* What the mapping costs: one Debezium envelope of some 600 bytes, eight fields by path. Counted in instructions by
 *     valgrind --tool=callgrind --toggle-collect=mapper_map build/plain/tests/bench/bench_map 1000 */
#include "common/memory.h"
#include "config/config.h"
#include "config/route.h"
#include "worker/change/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char settings[] =
    "routes = ( { topic = \"t\"; format = \"debezium\"; object = \"Contact\"; external_id = \"External_Id__c\";\n"
    "    version: { field = \"Source_Version__c\"; from = \"@source.lsn\"; };\n"
    "    fields = ( { to = \"External_Id__c\"; from = \"id\"; }, { to = \"FirstName\"; from = \"first_name\"; },\n"
    "               { to = \"LastName\"; from = \"last_name\"; required = true; }, { to = \"Email\"; from = \"email\"; "
    "},\n"
    "               { to = \"Phone\"; from = \"phone\"; }, { to = \"MailingCity\"; from = \"city\"; },\n"
    "               { to = \"Birthdate\"; from = \"dob\"; as = \"date\"; unit = \"days\"; },\n"
    "               { to = \"Account.External_Id__c\"; from = \"account_id\"; } ); } );\n";

static const char event[] =
    "{\"before\":null,\"after\":{\"id\":1000042,\"first_name\":\"Friederike\",\"last_name\":\"Winterfeld\","
    "\"email\":\"friederike.winterfeld@example.com\",\"phone\":\"+49 30 1234567\",\"street\":\"Unter den Linden 77\","
    "\"city\":\"Berlin\",\"dob\":4711,\"account_id\":\"A-00042\",\"balance\":\"1234.50\",\"status\":\"active\","
    "\"updated_at\":1728000000123456},\"source\":{\"version\":\"2.7.0.Final\",\"connector\":\"postgresql\",\"name\":"
    "\"warehouse\","
    "\"ts_ms\":1728000000123,\"snapshot\":\"false\",\"db\":\"crm\",\"sequence\":\"[\\\"24023119\\\",\\\"24023128\\\"]"
    "\","
    "\"schema\":\"public\",\"table\":\"customers\",\"txId\":555,\"lsn\":24023128,\"xmin\":null},\"transaction\":null,"
    "\"op\":\"u\","
    "\"ts_ms\":1728000000456}";

/* Of the processor, whatever else runs. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct config *load(void)
{
    char file[] = "/tmp/bench_map_XXXXXX", *mistakes = NULL;
    int fd = mkstemp(file);
    if (fd < 0 || write(fd, settings, sizeof settings - 1) < 0)
        bug("%s: cannot be written", file);
    struct config *c = config_load(file, &mistakes);
    if (!c)
        bug("%s", mistakes);
    close(fd);
    unlink(file);
    return c;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000, records = 0;
    struct config *config = load();
    struct mapper *mapper = mapper_new();
    struct message *message =
        message_new(1, "t", 0, 1, 1728000000123, text_of("{\"id\":1000042}"), text_of(event), NULL, 0);

    double before = seconds();
    for (long i = 0; i < rounds; i++) {
        struct meaning m = mapper_map(mapper, config->routes[0], message);
        records += m.kind == MEANING_RECORD;
        free(m.record);
        failure_free(m.failure);
        free(m.key);
    }
    double took = seconds() - before;
    printf("map: %zu bytes an event, %zu fields: %.0f ns an event\n", sizeof event - 1, config->routes[0]->nfields,
           took / (double)rounds * 1e9);
    free(message);
    mapper_free(mapper);
    config_free(config);
    return records == rounds ? 0 : 1;
}
