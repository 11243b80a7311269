#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The topics of the local stack.
set -euo pipefail
create() {
    /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists "$@"
}
create --topic warehouse.public.customers --partitions 12
create --topic sfsink.dead-letter --partitions 1 --config retention.ms=-1
create --topic sfsink.dead-letter.progress --partitions 1 --config cleanup.policy=compact
