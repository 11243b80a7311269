# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka, one node in KRaft mode on loopback, and what the tests ask of it."""
import json
import shutil
import socket
import subprocess
import uuid

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   NewPartitions, NewTopic, ResourcePatternType)

from .processes import BUILD, Process, free_ports
from .waiting import wait_until

LIBRARIES = BUILD / "kafka" / "libs"

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.retention.ms=-1
log.retention.check.interval.ms=1000
delete.topic.enable=true
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
"""

LOGGING = """\
log4j.rootLogger=WARN, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %c: %m%n
"""


class Kafka:
    """One broker process, and the handful of things that tests do with a cluster."""

    replicas = 1

    def __init__(self, folder):
        self.folder = folder
        broker, controller = free_ports(2)
        self.brokers = f"127.0.0.1:{broker}"
        self.settings = folder / "server.properties"
        self.settings.write_text(SETTINGS.format(broker=broker, controller=controller, data=folder / "data"))
        (folder / "log4j.properties").write_text(LOGGING)
        self._java("kafka.tools.StorageTool", "format", "-t", self._cluster_id(), "-c", self.settings)
        self.admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 2, "reconnect.backoff.max.ms": 500})
        self.process = None
        self.start()
        self._producer = None
        self._lookers = {}

    def _command(self, *arguments):
        return ["java", "-Xmx256m", "-XX:+UseSerialGC", f"-Dlog4j.configuration=file:{self.folder / 'log4j.properties'}", "-cp",
                f"{LIBRARIES}/*", *map(str, arguments)]

    def _java(self, *arguments):
        done = subprocess.run(self._command(*arguments), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _cluster_id(self):
        return self._java("kafka.tools.StorageTool", "random-uuid").split()[-1]

    # ---- the process

    def start(self):
        self._producer = None  # an idempotent one does not always find back to a broker that was away
        self.process = Process(self._command("kafka.Kafka", self.settings), self.folder / "broker.log")
        wait_until(self._answers, lambda: "the broker answers: " + self.process.text()[-2000:], timeout=90, every=0.3)

    def _answers(self):
        assert self.process.alive(), self.process.text()[-4000:]
        host, port = self.brokers.split(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return self.admin.list_topics(timeout=2).brokers
        except (OSError, KafkaException):
            return False

    def stop(self):
        self.process.stop()

    def remove(self):
        if self.process.alive():
            self.process.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    # ---- topics

    def create_topic(self, name=None, partitions=1, **settings):
        """settings as in max_message_bytes=1000."""
        return self.create_topics([name or f"t-{uuid.uuid4().hex[:10]}"], partitions, **settings)[0]

    def create_topics(self, names, partitions=1, **settings):
        config = {k.replace("_", "."): str(v) for k, v in settings.items()}
        for future in self.admin.create_topics([NewTopic(name, partitions, self.replicas, config=config) for name in names]).values():
            future.result(30)
        for name in names:
            wait_until(lambda name=name: self._has_leaders(name, partitions), f"topic {name} is there", timeout=30)
        return names

    def alter_topic(self, name, **settings):
        changes = [ConfigEntry(k.replace("_", "."), str(v), incremental_operation=AlterConfigOpType.SET) for k, v in settings.items()]
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=changes)
        for future in self.admin.incremental_alter_configs([resource]).values():
            future.result(30)

    def deny(self, kind, name, operation):
        """An ACL that takes this right from everybody; what has no ACL at all is allowed."""
        for user, permission in (("User:ANONYMOUS", AclPermissionType.DENY), ("User:*", AclPermissionType.ALLOW)):
            what = operation if permission == AclPermissionType.DENY else AclOperation.ALL
            acl = AclBinding(kind, name, ResourcePatternType.LITERAL, user, "*", what, permission)
            self.admin.create_acls([acl], request_timeout=10)[acl].result()

    def allow(self, kind, name):
        """Takes its ACLs away."""
        those = AclBindingFilter(kind, name, ResourcePatternType.LITERAL, None, None, AclOperation.ANY, AclPermissionType.ANY)
        self.admin.delete_acls([those], request_timeout=10)[those].result()

    def topic_setting(self, name, setting):
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        return self.admin.describe_configs([resource])[resource].result(30)[setting].value

    def _has_leaders(self, name, partitions):
        topic = self.admin.list_topics(name, timeout=5).topics[name]
        return not topic.error and len(topic.partitions) == partitions and all(p.leader >= 0 for p in topic.partitions.values())

    def add_partitions(self, name, total):
        for future in self.admin.create_partitions([NewPartitions(name, total)]).values():
            future.result(30)
        wait_until(lambda: self._has_leaders(name, total), f"topic {name} has {total} partitions", timeout=30)
        for group in list(self._lookers):  # those know the old ones only
            self.forget(group)

    def delete_topic(self, name):
        for future in self.admin.delete_topics([name]).values():
            future.result(30)
        wait_until(lambda: name not in self.admin.list_topics(timeout=5).topics, f"topic {name} is gone", timeout=30)

    # ---- producing

    def produce(self, topic, messages):
        """messages: (key, value) or (key, value, options): strings, bytes, None or, as a value, anything that becomes JSON."""
        if not self._producer:
            self._producer = Producer({"bootstrap.servers": self.brokers, "log_level": 2, "linger.ms": 5, "enable.idempotence": True,
                                       "queue.buffering.max.messages": 1000000, "topic.metadata.refresh.interval.ms": 1000, "message.max.bytes": 20000000})
        failed = []

        def report(error, _message):
            if error:
                failed.append(error)

        for key, value, *options in messages:
            value = value if value is None or isinstance(value, (str, bytes)) else json.dumps(value)
            key = key if key is None or isinstance(key, (str, bytes)) else json.dumps(key)
            self._queue(topic, key=key, value=value, on_delivery=report, **(options[0] if options else {}))
            self._producer.poll(0)
        assert self._producer.flush(120) == 0, "not all messages were delivered"
        assert not failed, failed

    def _queue(self, *message, **options):
        while True:
            try:
                return self._producer.produce(*message, **options)
            except BufferError:  # full: the broker is slower
                self._producer.poll(0.5)
            except KafkaException as e:
                if e.args[0].code() != KafkaError._UNKNOWN_PARTITION:  # a new partition of a topic that it knows; it asks every second
                    raise
                self._producer.poll(0.5)

    def produce_by(self, settings, topic, messages):
        """By a producer of its own, for what the common one is not set to."""
        producer = Producer({"bootstrap.servers": self.brokers, "log_level": 2, **settings})
        for key, value in messages:
            producer.produce(topic, key=key, value=value if isinstance(value, (str, bytes)) else json.dumps(value))
        assert producer.flush(60) == 0

    # ---- looking

    def _look(self, group="looker"):
        """A client that looks and never joins. (The admin client's own list of offsets dies while the coordinator is loading.)"""
        if group not in self._lookers:
            self._lookers[group] = Consumer({"bootstrap.servers": self.brokers, "log_level": 2, "group.id": group, "enable.auto.commit": False})
        return self._lookers[group]

    def forget(self, group):
        if group in self._lookers:
            self._lookers.pop(group).close()

    def partitions(self, topic):
        return sorted(self.admin.list_topics(topic, timeout=10).topics[topic].partitions)

    def ends(self, topic):
        """The end offset of each partition; of one that was just made, its leader may not know yet."""
        return wait_until(lambda: self._ends(topic), f"the ends of {topic} are known", timeout=30)

    def _ends(self, topic):
        try:
            return {p: self._look().get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in self.partitions(topic)}
        except KafkaException as failed:
            if failed.args[0].code() not in (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError._UNKNOWN_PARTITION):
                raise
            self._look().list_topics(topic, timeout=10)
            return None

    def committed(self, group, topic):
        """The committed offset of each partition; 0 where nothing is committed."""
        wanted = [TopicPartition(topic, p) for p in self.partitions(topic)]
        found = wait_until(lambda: self._committed(group, wanted), f"the broker knows the offsets of {group}", timeout=60)
        return {p.partition: max(p.offset, 0) for p in found}

    def _committed(self, group, wanted):
        try:
            return self._look(group).committed(wanted, timeout=10)
        except KafkaException as e:  # just started again
            if e.args[0].code() in (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
                                    KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
                return None
            raise

    def set_committed(self, group, topic, offsets):
        """Of a group that has no member now."""
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p, offset) for p, offset in offsets.items()])
        self.admin.alter_consumer_group_offsets([wanted])[group].result(30)

    def lag(self, group, *topics):
        """Messages that the group has not committed."""
        total = 0
        for topic in topics:
            committed = self.committed(group, topic)
            total += sum(end - committed.get(p, 0) for p, end in self.ends(topic).items())
        return total

    def members(self, group):
        description = self.admin.describe_consumer_groups([group])[group].result(10)
        return description.members

    def read_all(self, topic, timeout=30, start=None):
        """Every committed message of a topic, in the order of each partition; start: partition -> offset, of those from which less is wanted."""
        ends, start = self.ends(topic), start or {}
        reader = Consumer({"bootstrap.servers": self.brokers, "log_level": 2, "group.id": f"reader-{uuid.uuid4().hex}", "enable.auto.commit": False,
                           "auto.offset.reset": "earliest", "enable.partition.eof": True})
        left = {p: end for p, end in ends.items() if end > start.get(p, 0)}
        messages = []
        try:
            reader.assign([TopicPartition(topic, p, start.get(p, 0)) for p in left])

            def step():
                message = reader.poll(0.5)
                if message is None:
                    return not left
                if not message.error():  # a tombstone has length 0
                    messages.append(message)
                at_end = message.error() and message.error().code() == KafkaError._PARTITION_EOF  # the last may be a transaction's marker
                if at_end or (not message.error() and message.offset() + 1 >= left.get(message.partition(), 0)):
                    left.pop(message.partition(), None)
                return not left

            if left:
                wait_until(step, f"{topic} is read to its end", timeout=timeout, every=0)
        finally:
            reader.close()
        return messages
