# SPDX-License-Identifier: Apache-2.0
"""The checker can say no: a small history that is right, and each way in which it could be wrong."""
import copy
import json

import pytest

from harness.checker import Checker


class Message:
    def __init__(self, partition, offset, value, headers=()):
        self.partition, self.offset, self.value = (lambda: partition), (lambda: offset), (lambda: value)
        self.key, self.headers, self.timestamp = (lambda: b"k"), (lambda: list(headers)), (lambda: (1, 0))


class History:
    """Kafka and Salesforce at once: records x and y, five events, the fourth of which is bad."""

    def __init__(self):
        self.rows = [("x", 1, "a"), ("y", 2, "b"), ("x", 3, "b"), ("y", 4, "c"), ("x", 5, "a")]
        self.offsets = {0: 5}
        self.lettered = [3]
        self.journal = [self.write(1, 100, ("x", 1, {"A__c": 1}), ("y", 2, {"B__c": 2})), self.write(2, 110, ("x", 5, {"A__c": 5, "B__c": 3}))]
        self.records = [{"External_Id__c": "x", "Seq__c": 5, "A__c": 5, "B__c": 3}, {"External_Id__c": "y", "Seq__c": 2, "B__c": 2}]

    @staticmethod
    def write(n, at, *writes, ms=5, success=True):
        records = [{"object": "Contact", "operation": "upsert", "key": key, "success": success, "codes": [], "values": {"External_Id__c": key, "Seq__c": seq, **slots}}
                   for key, seq, slots in writes]
        return {"n": n, "time": f"2026-01-01T00:00:{n:02}.000Z", "at_ms": at, "ms": ms, "status": 200, "records": records}

    # ---- as the checker sees it

    def read_all(self, topic, start=None):
        if topic == "letters":
            return [Message(0, i, b"", [("sfsink.topic", b"t"), ("sfsink.partition", b"0"), ("sfsink.offset", str(o).encode())]) for i, o in enumerate(self.lettered)]
        return [Message(0, i, json.dumps({"id": k, "name": None if i == 3 else "Ada", "seq": seq, slot: seq})) for i, (k, seq, slot) in enumerate(self.rows)]

    def committed(self, _group, _topic):
        return dict(self.offsets)

    def ends(self, _topic):
        return {0: len(self.rows)}

    def control(self, _method, path, **_options):
        if path.startswith("/records"):
            return {"records": copy.deepcopy(self.records)}
        after = int(path.split("after=")[1].split("&")[0])
        return {"entries": [e for e in self.journal if e["n"] > after], "next": self.journal[-1]["n"], "dropped": 0}


def check(history):
    return Checker(history, "t", "g", "letters", history).check(twice_allowed=False)


def test_what_is_right():
    assert check(History()) == {"events": 5, "writes": 3, "again": 0, "letters": 1, "letters_twice": 0}


def no_commit(h):
    h.offsets[0] = 4


def lost_write(h):
    h.journal[0]["records"].pop()


def failed_write(h):
    h.journal[1]["records"][0]["success"] = False


def lost_in_a_merge(h):
    del h.journal[1]["records"][0]["values"]["B__c"]


def no_letter(h):
    h.lettered.clear()


def letter_not_due(h):
    h.lettered.append(0)


def letter_twice(h):
    h.lettered.append(3)


def out_of_order(h):
    h.journal.append(History.write(3, 120, ("x", 3, {"B__c": 3})))


def twice_in_a_request(h):
    h.journal[1]["records"] *= 2


def two_at_once(h):
    h.journal[1]["ms"] = 15


def stale_at_the_end(h):
    h.records[0]["A__c"] = 1


def one_too_many(h):
    h.records.append({"External_Id__c": "z", "Seq__c": 1})


@pytest.mark.parametrize("spoil", [no_commit, lost_write, failed_write, lost_in_a_merge, no_letter, letter_not_due, letter_twice, out_of_order, twice_in_a_request, two_at_once,
                                   stale_at_the_end, one_too_many], ids=lambda f: f.__name__)
def test_what_is_wrong(spoil):
    history = History()
    spoil(history)
    with pytest.raises(AssertionError):
        check(history)


def test_a_commit_beyond_what_is_settled():
    history = History()
    history.journal.pop()
    history.offsets[0] = 2
    checker = Checker(history, "t", "g", "letters", history)
    checker.check_commits()
    history.offsets[0] = 3
    with pytest.raises(AssertionError):
        checker.check_commits()
    history.journal.append(History.write(2, 110, ("x", 5, {"A__c": 5, "B__c": 3})))
    history.offsets[0] = 1
    with pytest.raises(AssertionError, match="went back"):
        Checker.check_commits(checker)
