# SPDX-License-Identifier: Apache-2.0
"""A topic with traffic, workers that reach the simulator through a proxy, and the checker."""
from .checker import Checker
from .proxy import ChaosProxy
from .traffic import Traffic, prepare, route

PARTITIONS = 3
LOCKED = [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record", "fields": []}]
COMPOSITE = "/services/data/v??.0/composite/*"


class Scene:
    """A worker that reaches the simulator through a proxy."""

    def __init__(self, kafka, workers, simulator, **traffic):
        prepare(simulator)
        self.kafka, self.workers, self.simulator = kafka, workers, simulator
        host, port = simulator.url.removeprefix("http://").split(":")
        self.proxy = ChaosProxy((host, int(port)))
        self.topic = kafka.create_topic(partitions=PARTITIONS)
        self.traffic = Traffic(kafka, self.topic, **traffic)
        self.checker = Checker(kafka, self.topic, workers.group, workers.letters, simulator)

    def route(self):
        return route(self.topic, guarded=self.traffic.guarded)

    def start(self, salesforce=None, **more):
        through = {"instance_url": self.proxy.url, "timeout_ms": 1500, **(salesforce or {})}
        return self.workers.start(self.proxy.url, [self.route()], salesforce=through, **more)

    def fault(self, **what):
        self.simulator.control("POST", "/faults", json={"path": COMPOSITE, **what})

    def record_fault(self, **what):
        self.simulator.control("POST", "/record_faults", json={"object": "Contact", "key": "*", **what})

    def fine_again(self):
        self.proxy.fine_again()
        self.simulator.control("DELETE", "/faults")

    def calls(self):
        return [e for e in self.simulator.control("GET", "/journal?limit=1000000")["entries"] if "/composite/" in e["path"]]

    def is_right(self, **more):
        self.workers.wait_settled(self.topic, timeout=90)
        return self.checker.check(**more)
