# SPDX-License-Identifier: Apache-2.0
"""Stands in for the three scripts of Kafka that the documents use, with the options that they use: kafka_tools.py topics|console-producer|console-consumer …
(The scripts themselves are not in Maven.)"""
import argparse
import sys
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic


def topics(o, client):
    assert o.create
    config = dict(c.split("=", 1) for c in o.config)
    admin = AdminClient(client)
    admin.create_topics([NewTopic(o.topic, o.partitions, 1, config=config)])[o.topic].result(30)
    print(f"Created topic {o.topic}.")


def console_producer(o, client):
    producer = Producer(client)
    for line in sys.stdin:
        producer.produce(o.topic, value=line.rstrip("\n"))
    assert producer.flush(30) == 0


def console_consumer(o, client):
    assert o.from_beginning
    consumer = Consumer(client | {"group.id": f"console-{uuid.uuid4().hex}", "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([o.topic])
    left = o.max_messages
    while left:
        message = consumer.poll(1)
        if message is not None and not message.error():
            print(message.value().decode(), flush=True)
            left -= 1
    consumer.close()


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("tool", choices=["topics", "console-producer", "console-consumer"])
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--create", action="store_true")
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--from-beginning", action="store_true")
    parser.add_argument("--max-messages", type=int)
    o = parser.parse_args()
    globals()[o.tool.replace("-", "_")](o, {"bootstrap.servers": o.bootstrap_server, "log_level": 2})


main()
