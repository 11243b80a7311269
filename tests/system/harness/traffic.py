# SPDX-License-Identifier: Apache-2.0
"""A source that never stops: changes of KEYS records with rising sequence numbers, some of which are to fail.

An event carries its sequence number, and in one of three slots (A__c, B__c, C__c) the same number again: the other slots are absent, so that a change that gets
lost, also one that was merged, leaves a wrong number behind. With a version guard rows have to be whole: each carries all slots.
"""
import json
import random

SLOTS = ("a", "b", "c")
FIELDS = [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}, {"to": "Email", "from": "email"},
          {"to": "Seq__c", "from": "seq"}, *({"to": f"{s.upper()}__c", "from": s} for s in SLOTS)]
GUARD = {"version": {"field": "Source_Version__c", "from": "seq"}}
BAD_ROW, BAD_RECORD = {"name": None}, {"email": "nobody at home"}  # refused by the mapping, refused by Salesforce


def route(topic, guarded=False, **more):
    return {"topic": topic, "format": "row", "object": "Contact", "external_id": "External_Id__c", "fields": FIELDS, **(GUARD if guarded else {}), **more}


def prepare(simulator):
    """The fields that the route writes, and a journal that forgets nothing."""
    for name in ("Seq__c", *(f"{s.upper()}__c" for s in SLOTS)):
        simulator.control("PUT", f"/objects/Contact/fields/{name}", json={"type": "double", "precision": 18, "scale": 0, "createable": True, "updateable": True, "nillable": True})
    simulator.control("PATCH", "/settings", json={"journal_records": 2000000})


class Traffic:
    def __init__(self, kafka, topic, keys=60, bad_percent=0, guarded=False, seed=1):
        self.kafka, self.topic, self.keys, self.bad_percent, self.guarded = kafka, topic, keys, bad_percent, guarded
        self.partitions = len(kafka.partitions(topic))
        self.sequence, self.padding = 0, 0  # padding: bytes that no field takes
        self.bad_records = (BAD_ROW, BAD_RECORD)
        self.chance = random.Random(seed)

    def event(self, number):
        self.sequence += 1
        slot = SLOTS[self.sequence % len(SLOTS)]
        slots = {s: self.sequence for s in (SLOTS if self.guarded else [slot])}
        row = {"id": f"k-{number}", "name": "Ada", "seq": self.sequence, **slots, **({"padding": "x" * self.padding} if self.padding else {})}
        if self.chance.randrange(100) < self.bad_percent:
            row |= self.chance.choice(self.bad_records)
        return f"k-{number}", json.dumps(row), {"partition": number % self.partitions}

    def feed(self, rounds=1):
        """One event for each record, so many times."""
        self.kafka.produce(self.topic, [self.event(number) for _ in range(rounds) for number in range(self.keys)])
