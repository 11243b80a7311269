# SPDX-License-Identifier: Apache-2.0
"""sfsink dlq replay where Kafka denies it a right."""
import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from harness.dlq import Dlq, contact_route, letter_of
from harness.events import created


@pytest.mark.parametrize("made_before", [True, False])
@pytest.mark.parametrize("which", ["origin", "progress"])
def test_a_topic_that_may_not_be_written_is_named(kafka, tmp_path, which, made_before):
    letters, topic = kafka.create_topic(), kafka.create_topic()
    kafka.produce(topic, [created({"id": f"r-{i}", "name": "x", "email": "e"}) for i in range(3)])
    kafka.produce(letters, [letter_of(m) for m in kafka.read_all(topic)])
    dlq = Dlq(kafka, tmp_path, letters, [contact_route(topic)], progress=kafka.create_topic() if made_before else None)
    denied = topic if which == "origin" else dlq.progress
    kafka.deny(ResourceType.TOPIC, denied, AclOperation.WRITE)
    said = dlq.run("replay", "--yes", status=77).stderr
    assert "does not let it write" in said and denied in said and "needs the right WRITE" in said
    assert len(dlq.json("list")) == 3, "they stay open"
