# SPDX-License-Identifier: Apache-2.0
"""Compares what the source topic holds with what the simulator's journal, the dead-letter topic and the committed offsets say. Shares nothing with sfsink.

    every event        applied itself, or covered by a later change of its record that went through; or superseded; or a dead letter: exactly those that are due
    order              for each record the applied sequence numbers rise; they step back only over a border (a worker was killed, or lost its partitions)
    one at a time      a record is never in two requests at once, nor twice in one
    commits            never beyond an event that is not settled, and never back
    final state        what the events that are no dead letters add up to
"""
import collections
import datetime
import json

from .dead_letters import read_letters
from .traffic import SLOTS

Event = collections.namedtuple("Event", "partition offset key sequence slots bad")
Write = collections.namedtuple("Write", "n time began ended key sequence slots success stale given_up")
ARRIVES_WITHIN = datetime.timedelta(seconds=1)
SEQUENCES = ("Seq__c", *(f"{s.upper()}__c" for s in SLOTS))


def events_of(kafka, topic, start=None):
    found = []
    for m in kafka.read_all(topic, start=start):
        row = json.loads(m.value())
        bad = row["name"] is None or "email" in row
        found.append(Event(m.partition(), m.offset(), row["id"], row["seq"], {s: row[s] for s in SLOTS if s in row}, bad))
    return found


def writes_of(simulator, obj="Contact"):
    """Each record of each request in the order of application, from the journal."""
    after, found = 0, []
    while True:
        page = simulator.control("GET", f"/journal?after={after}&limit=2000")
        assert page["dropped"] == 0, "the journal is to be longer"
        for entry in page["entries"]:
            for r in entry.get("records") or []:
                values = r.get("values") or {}
                if r.get("object") == obj and r["operation"] in ("upsert", "create"):
                    slots = {s: values[f"{s.upper()}__c"] for s in SLOTS if values.get(f"{s.upper()}__c") is not None}
                    stale = any("SFSINK_STALE_VERSION" in str(c) or c == "FIELD_CUSTOM_VALIDATION_EXCEPTION" for c in r.get("codes", []))
                    found.append(Write(entry["n"], entry["time"], entry["at_ms"] - entry["ms"], entry["at_ms"], r.get("key") or values.get("External_Id__c"),
                                       values.get("Seq__c"), slots, r["success"], stale, "fault" in entry))
        if not page["entries"]:
            return found
        after = page["next"]


def history(writes, last):
    """What was written of that record before."""
    return [(w.n, w.time[11:], w.sequence, w.slots, "" if w.success else "refused", "fault" if w.given_up else "") for w in writes if w.key == last.key and w.n <= last.n][-8:]


class Checker:
    def __init__(self, kafka, topic, group, letters, simulator):
        self.kafka, self.topic, self.group, self.letters, self.simulator = kafka, topic, group, letters, simulator
        self.borders = []  # times
        self.seen_committed = collections.defaultdict(int)
        self.read_from = {}  # partition -> offset: what lies before was checked
        self.letters_from = {}
        self.known = {}  # key -> what was stored then
        self.remembered, self.lost = {}, set()  # (partition, offset) -> event; what a worker announced as lost

    def turn_page(self):
        """All was checked and nothing is under way: from here on only what is new is looked at."""
        self.known = self._stored()
        self.read_from, self.letters_from = self.kafka.ends(self.topic), self.kafka.ends(self.letters)
        self.borders.clear()
        self.simulator.control("DELETE", "/journal")

    def border(self):
        """A worker was killed just now. For a second what it had on its way may still arrive; what follows may begin again at the last commit."""
        self.borders.append(datetime.datetime.now(datetime.timezone.utc))

    def borders_of(self, *workers, doubtful=False):
        """The same, each time that a worker says that it lost its partitions, or could not commit before it gave them back. doubtful: at each rebalance, because answers
        get lost on the way: whoever takes a partition over does not know what of it was carried out all the same."""
        events = ("partitions_lost", "commit_failed", *(("revoked", "released", "assigned") if doubtful else ()))
        for line in (line for w in workers for event in events for line in w.log(event)):
            self.borders.append(datetime.datetime.fromisoformat(line["time"]))

    def remember(self):
        """The topic is about to lose events."""
        self.remembered = {(e.partition, e.offset): e for e in self.events()}

    def announced(self, partition, first, last):
        """A worker has said that these are lost: nobody asks for them any more, but for all the others."""
        self.lost |= {(partition, offset) for offset in range(first, last + 1)}

    def events(self):
        """Those that have to end."""
        there = self.remembered | {(e.partition, e.offset): e for e in events_of(self.kafka, self.topic, self.read_from)}
        return [e for place, e in there.items() if place not in self.lost]

    # ---- at any time

    def check_commits(self):
        """Nothing below a committed offset is open, and no offset goes back. The offsets are read first: what was settled before them is in the journal."""
        committed = self.kafka.committed(self.group, self.topic)
        for partition, offset in committed.items():
            assert offset >= self.seen_committed[partition], f"the commit of partition {partition} went back"
            self.seen_committed[partition] = offset
        below = [e for e in self.events() if e.offset < committed[e.partition]]
        self._check_events(below, writes_of(self.simulator), self._letters())
        return sum(committed.values())

    # ---- at the end

    def check(self, twice_allowed=True):
        """All is settled. Returns figures; `again`: writes that had gone through before, `letters_twice`: letters that are there twice."""
        committed, ends = self.kafka.committed(self.group, self.topic), self.kafka.ends(self.topic)
        assert committed == ends, f"not all is committed: {committed} of {ends}"
        events, writes, letters = self.events(), writes_of(self.simulator), self._letters()
        self._check_events(events, writes, letters)
        due = {(e.partition, e.offset) for e in events if e.bad}
        assert set(letters) == due, f"letters not due: {sorted(set(letters) - due)[:10]}, missing: {sorted(due - set(letters))[:10]}"
        twice = sum(letters.values()) - len(letters)
        assert twice_allowed or not twice, f"{twice} letters are there twice"
        self._check_order(writes)
        self._check_overlap(writes)
        self._check_final(events, writes)
        done = [(w.key, w.sequence, *sorted(w.slots.items())) for w in writes if w.success]
        return {"events": len(events), "writes": len(done), "again": len(done) - len(set(done)), "letters": len(letters), "letters_twice": twice}

    def _letters(self):
        found = collections.Counter()
        for letter in read_letters(self.kafka, self.letters, self.letters_from):
            if letter["topic"] == self.topic:
                found[int(letter["partition"]), int(letter["offset"])] += 1
        return found

    @staticmethod
    def _check_events(events, writes, letters):
        newest = collections.defaultdict(dict)  # key -> slot -> the highest number that went through or was refused as stale
        for w in writes:
            if w.success or w.stale:
                for slot, number in w.slots.items():
                    newest[w.key][slot] = max(number, newest[w.key].get(slot, 0))
        open_ones = [e for e in events if (e.partition, e.offset) not in letters and
                     (e.bad or any(newest[e.key].get(s, 0) < number for s, number in e.slots.items()))]
        assert not open_ones, f"{len(open_ones)} events are neither applied nor dead letters: {open_ones[:5]}"

    def _check_order(self, writes):
        borders = sorted(self.borders)
        era, last, seen_in = 0, {}, collections.Counter()
        for w in writes:
            time = datetime.datetime.fromisoformat(w.time)
            while era < len(borders) and time > borders[era]:
                last = {}
                if time <= borders[era] + ARRIVES_WITHIN:
                    break
                era += 1
            assert not seen_in[w.n, w.key], f"{w.key} is twice in request {w.n}"
            seen_in[w.n, w.key] += 1
            if w.success:
                assert w.sequence >= last.get(w.key, 0), f"{w.key}: {w.sequence} was written after {last[w.key]}: {history(writes, w)}"
                last[w.key] = w.sequence

    @staticmethod
    def _check_overlap(writes):
        until = {}
        for w in sorted(writes, key=lambda w: (w.began, w.n)):
            if w.success and not w.given_up:  # nobody waits for the answer of such a request
                assert w.began >= until.get(w.key, 0), f"{w.key} was in two requests at once (request {w.n})"
                until[w.key] = w.ended

    def _check_final(self, events, writes):
        wanted = collections.defaultdict(dict, {k: dict(v) for k, v in self.known.items()})
        for e in sorted(events, key=lambda e: e.sequence):
            if not e.bad:
                wanted[e.key] |= {"Seq__c": e.sequence, **{f"{s.upper()}__c": n for s, n in e.slots.items()}}
        stored = self._stored()
        wrong = {k: (stored.get(k), v) for k, v in wanted.items() if stored.get(k) != v}
        of_one = [w for w in writes if w.key == next(iter(wrong), None)]
        assert not wrong, f"{len(wrong)} records are not what their events say (stored, wanted): {dict(list(wrong.items())[:5])}: {history(writes, of_one[-1]) if of_one else 'never written'}"
        assert set(stored) == set(wanted)

    def _stored(self):
        records = self.simulator.control("GET", "/records/Contact")["records"]
        return {r["External_Id__c"]: {f: int(r[f]) for f in SEQUENCES if r.get(f) is not None} for r in records}
