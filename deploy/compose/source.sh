#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A made-up warehouse: customers that change, as Debezium writes them. Now and then one without a last name, for the dead letters.
lsn=0
while sleep 1; do
    for _ in {1..60}; do
        id=$((RANDOM % 5000))
        name="\"Customer $id\""
        ((RANDOM % 3000)) || name=null
        printf '{"id":%d}\t{"op":"u","after":{"id":%d,"last_name":%s,"email":"c%d@example.com","visits":%d},"source":{"lsn":%d},"ts_ms":%d}\n' \
            $id $id "$name" $id $RANDOM $((++lsn)) "$(date +%s%3N)"
    done
done | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9092 --topic warehouse.public.customers \
    --property parse.key=true --producer-property linger.ms=20
