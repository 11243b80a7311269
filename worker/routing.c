/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/routing.h"

const struct route *routing_find(const struct config *config, const struct message *m, const struct route *of_topic)
{
    if (m->origin.replays == 0 || text_is(m->origin.topic, m->topic))
        return of_topic;
    const struct route *first = config_route_of(config, m->origin.topic.at); /* a message's texts end in a NUL */
    return first ? first : of_topic;
}
