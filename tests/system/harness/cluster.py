# SPDX-License-Identifier: Apache-2.0
"""Three brokers, so that one can die: each is broker and controller, every topic has three copies."""
import re

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from .kafka import LOGGING, SETTINGS, Kafka
from .processes import Process, free_ports
from .waiting import wait_until

NODES = (1, 2, 3)


def patiently(ask):
    """Its answer, as soon as there is one: brokers that die are part of the test."""
    answers, refusals = [], []

    def try_it():
        try:
            answers.append(ask())
        except KafkaException as e:
            refusals.append(e)
        return answers

    wait_until(try_it, lambda: f"the cluster answers: {refusals[-1]}", timeout=60, every=0.3)
    return answers[0]

MORE = """\
min.insync.replicas=2
default.replication.factor=3
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=2000
controller.quorum.fetch.timeout.ms=3000
controller.quorum.request.timeout.ms=3000
unclean.leader.election.enable=false
"""


class Cluster(Kafka):
    replicas = 3

    def __init__(self, folder):  # pylint: disable=super-init-not-called
        self.folder = folder
        (folder / "log4j.properties").write_text(LOGGING)
        ports = free_ports(6)
        self.ports = dict(zip(NODES, ports))
        voters = ",".join(f"{n}@127.0.0.1:{ports[2 + n]}" for n in NODES)
        self.brokers = ",".join(f"127.0.0.1:{p}" for p in self.ports.values())
        identity = self._cluster_id()
        for n in NODES:
            text = SETTINGS.format(broker=self.ports[n], controller=ports[2 + n], data=folder / f"data-{n}")
            text = re.sub(r"(?m)^node\.id=.*", f"node.id={n}", text)
            text = re.sub(r"(?m)^controller\.quorum\.voters=.*", f"controller.quorum.voters={voters}", text)
            text = re.sub(r"(?m)^(offsets\.topic\.replication\.factor|transaction\.state\.log\.replication\.factor)=1", r"\1=3", text)
            text = re.sub(r"(?m)^(authorizer|allow\.everyone).*\n", "", text)  # it would not let controllers vote before it has read what they voted for
            self._settings(n).write_text(text + MORE)
            self._java("kafka.tools.StorageTool", "format", "-t", identity, "-c", self._settings(n))
        self.admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 2, "reconnect.backoff.max.ms": 500})
        self._producer, self._lookers = None, {}
        self.false_starts = 0
        self.nodes = {n: self._launch(n) for n in NODES}
        self.wait_whole()

    def _settings(self, n):
        return self.folder / f"server-{n}.properties"

    def _launch(self, n):
        return Process(self._command("kafka.Kafka", self._settings(n)), self.folder / f"broker-{n}.log")

    def wait_whole(self):
        """All are there, and every partition has all its copies."""

        def whole():
            for n, process in list(self.nodes.items()):
                if not process.alive():  # on a busy machine a broker may give up its own start
                    self.false_starts += 1
                    assert self.false_starts < 4, f"broker {n}: {process.text()[-3000:]}"
                    self.restart(n)
            try:
                seen = self.admin.list_topics(timeout=3)
            except Exception:  # pylint: disable=broad-except
                return False
            return len(seen.brokers) == len(NODES) and all(len(p.isrs) == len(NODES) for t in seen.topics.values() for p in t.partitions.values())

        wait_until(whole, lambda: "the cluster is whole: " + "\n".join(p.text()[-600:] for p in self.nodes.values()), timeout=150, every=0.3)

    def kill(self, n):
        self.nodes[n].kill()

    def restart(self, n):
        self.nodes[n] = self._launch(n)

    def leader(self, topic, partition=0):
        return self.admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader

    def coordinator(self, group):
        """The broker that keeps the group's offsets."""
        return patiently(lambda: self.admin.describe_consumer_groups([group])[group].result(15)).coordinator.id

    # ---- while brokers come and go

    def create_topics(self, names, partitions=1, **settings):
        def create():
            missing = [name for name in names if name not in self.admin.list_topics(timeout=10).topics]
            return Kafka.create_topics(self, missing, partitions, **settings) if missing else []

        patiently(create)
        return names

    def ends(self, topic):
        return patiently(lambda: self._with_new_eyes("looker", lambda: Kafka.ends(self, topic)))

    def committed(self, group, topic):
        return patiently(lambda: self._with_new_eyes(group, lambda: Kafka.committed(self, group, topic)))

    def partitions(self, topic):
        """A broker may not know a new topic yet."""
        return wait_until(lambda: Kafka.partitions(self, topic), f"{topic} is known")

    def _with_new_eyes(self, group, ask):
        """A client that has lost sight of a partition whose leader died does not find it again: the next attempt is another client's."""
        try:
            return ask()
        except KafkaException:
            self.forget(group)
            raise

    def remove(self):
        for process in self.nodes.values():
            if process.alive():
                process.kill()
