# SPDX-License-Identifier: Apache-2.0
"""A strict stand-in for Salesforce, written from the wire's description and from nothing of sfsink's.

It keeps records in memory and watches what a correct client never does:

    out_of_order          a record written with a lower sequence number than before (within one era)
    key_twice_at_once     a record in two requests at the same time
    key_twice_in_request  a record twice in one request
    violations            anything else that the real one would refuse whole, with words

An era ends when a test kills a worker: after a kill -9 writing resumes at an earlier point, so order is counted within each era, and what goes back over the
border is counted in `back_over_border`. Faults are queued with fail(); each one meets the next request that it fits.
"""
import collections
import contextlib
import gzip
import itertools
import json
import re
import socket
import threading
import time
import urllib.parse

from harness.stand_in import Handler, StandIn

PREFIXES = {"Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006"}
API = re.compile(r"/services/data/v(\d+)\.0(/.*)")


class Drop(Exception):
    """Close the connection without an answer."""


class Fault:
    def __init__(self, times, status, body, headers, applied, drop, delay, only):
        self.left, self.status, self.body, self.headers = times, status, body, headers or {}
        self.applied, self.drop, self.delay, self.only = applied, drop, delay, only

    def fits(self, call):
        return self.left > 0 and (self.only is None or self.only(call))


class Call:
    """One request, as the journal has it."""

    def __init__(self, method, resource, path, body):
        self.method, self.resource, self.path, self.body = method, resource, path, body
        self.records = []
        self.status = None
        self.began = time.monotonic()
        self.ended = None

    def __repr__(self):
        return f"Call({self.method} {self.path} {self.status}, {len(self.records)} records)"


def error(code, message, *fields):
    return {"statusCode": code, "message": message, "fields": list(fields)}


class StrictSalesforce(StandIn):
    def __init__(self, latency=0.0, sequence="Seq__c", key="External_Id__c", limit=1000000):
        super().__init__()
        self.latency, self.sequence, self.key, self.limit = latency, sequence, key, limit
        self.lock = threading.Lock()
        self.records = collections.defaultdict(dict)  # object -> Id -> fields
        self.ids = collections.defaultdict(dict)  # object -> external id -> Id
        self.deleted = set()
        self.numbers = itertools.count(1)
        self.journal = []
        self.violations = []
        self.active = collections.Counter()  # requests that hold a record now
        self.requests_now = self.most_requests = 0
        self.out_of_order = self.key_twice_at_once = self.key_twice_in_request = self.back_over_border = 0
        self.era_sequence, self.last_sequence = {}, {}
        self.writes = 0
        self.tokens, self.token_calls, self.login_error = set(), 0, None
        self.faults = []
        self.refuse = None  # function(operation, object, record) -> None, or a list of error()

    # ---- for tests

    def start(self):
        self.serve(_Handler)
        return self

    def fail(self, times=1, status=503, body=None, headers=None, applied=False, drop=False, delay=0.0, only=None):
        """The next `times` API calls (for which only(call) is true) go wrong: after being carried out (applied) or instead of it."""
        fault = Fault(times, status, body, headers, applied, drop, delay, only)
        with self.lock:
            self.faults.append(fault)
        return fault

    def fine_again(self):
        with self.lock:
            self.faults.clear()

    def expire_sessions(self):
        with self.lock:
            self.tokens.clear()

    def new_era(self):
        """A worker was killed: what it had under way is over, and order counts anew."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with self.lock:
                if not self.requests_now:
                    self.era_sequence = {}
                    return
            time.sleep(0.01)
        raise AssertionError("requests of the killed worker never ended")

    def create(self, obj, **fields):
        """A record that was there before; its Id."""
        with self.lock:
            return self._insert(obj, fields)

    def by_key(self, obj):
        """external id -> fields, of what is there now."""
        with self.lock:
            return {key: dict(self.records[obj][record_id]) for key, record_id in self.ids[obj].items()}

    def calls(self, *resources):
        with self.lock:
            return [c for c in self.journal if not resources or c.resource in resources]

    def assert_strict(self):
        wrong = {name: getattr(self, name) for name in ("out_of_order", "key_twice_at_once", "key_twice_in_request")
                 if getattr(self, name)}
        assert not wrong and not self.violations, (wrong, self.violations[:10])

    # ---- records (the lock is held)

    def _insert(self, obj, fields):
        record_id = f"{PREFIXES.get(obj, 'a00')}{next(self.numbers):012d}AAA"
        self.records[obj][record_id] = {"Id": record_id, **fields}
        if fields.get(self.key) is not None:
            self.ids[obj][fields[self.key]] = record_id
        return record_id

    def _write(self, obj, record_id, fields):
        sequence = fields.get(self.sequence)
        self.writes += 1
        if sequence is not None:
            place = (obj, fields.get(self.key) or record_id)
            if sequence < self.era_sequence.get(place, sequence):
                self.out_of_order += 1
            elif sequence < self.last_sequence.get(place, sequence):
                self.back_over_border += 1
            self.era_sequence[place] = self.last_sequence[place] = sequence
        if record_id:
            self.records[obj][record_id].update(fields)
            return record_id
        return self._insert(obj, fields)

    def _remove(self, obj, record_id):
        fields = self.records[obj].pop(record_id)
        self.ids[obj].pop(fields.get(self.key), None)
        self.deleted.add(record_id)

    def _object_of(self, record_id):
        return next((obj for obj, records in self.records.items() if record_id in records), None)

    # ---- one request

    def token(self, form):
        with self.lock:
            self.token_calls += 1
            if self.login_error:
                return self.login_error
            if form.get("grant_type") != ["client_credentials"] or not form.get("client_id") or not form.get("client_secret"):
                return 400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"}
            token = f"00DSTRICT0000001!{next(self.numbers)}"
            self.tokens.add(token)
            return 200, {"access_token": token, "instance_url": self.url, "id": f"{self.url}/id/00DSTRICT0000001AAA/005STRICT0000001AAA",
                         "token_type": "Bearer", "issued_at": str(int(time.time() * 1000)), "signature": "c3RyaWN0"}

    def api(self, method, target, headers, body):
        """Status, headers, body of one API call; raises Drop."""
        url = urllib.parse.urlsplit(target)
        match = API.fullmatch(url.path)
        if not match:
            return self._violation(None, 404, "NOT_FOUND", f"no such path {url.path}")
        path, query = match[2], urllib.parse.parse_qs(url.query)
        call = Call(method, self._resource(method, path), path, body)
        with self.lock:
            self.journal.append(call)
            used = len(self.journal)
            if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                call.status = 401
                return 401, {}, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
            if used > self.limit:
                call.status = 403
                return 403, {}, [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
        try:
            status, answer_headers, answer = self._carry_out(call, path, query, headers, body)
        finally:
            call.ended = time.monotonic()
        call.status = status
        return status, {"Sforce-Limit-Info": f"api-usage={used}/{self.limit}"} | answer_headers, answer

    @staticmethod
    def _resource(method, path):
        if path.startswith("/composite/sobjects"):
            return "delete" if method == "DELETE" else "collections"
        return path.split("/")[1].split("?")[0]

    def _carry_out(self, call, path, query, headers, body):
        keys = []
        try:
            if call.resource in ("collections", "delete"):
                problem = self._understand(call, path, query, headers, body)
                if problem:
                    return problem
                keys = self._enter(call)
            self.gate.wait(60)
            fault = self._next_fault(call)
            if fault and fault.delay:
                time.sleep(fault.delay)
            if fault and not fault.applied:
                return self._fault_answer(fault)
            if self.latency:
                time.sleep(self.latency)
            with self.lock:
                status, answer = self._apply(call, path, query)
            return self._fault_answer(fault) if fault else (status, {}, answer)
        finally:
            self._leave(keys)

    def _next_fault(self, call):
        with self.lock:
            for fault in self.faults:
                if fault.fits(call):
                    fault.left -= 1
                    return fault
        return None

    @staticmethod
    def _fault_answer(fault):
        if fault.drop:
            raise Drop
        return fault.status, fault.headers, fault.body if fault.body is not None else "<html><body>Service Unavailable</body></html>"

    def _violation(self, call, status, code, words):
        with self.lock:
            self.violations.append(f"{call}: {words}")
        return status, {}, [{"message": words, "errorCode": code}]

    def _understand(self, call, path, query, headers, body):
        """Fills call.records with (operation, object, key or Id, fields); an answer if the request is wrong as a whole."""
        if call.resource == "delete":
            ids = query.get("ids", [""])[0].split(",")
            with self.lock:
                call.records = [("delete", self._object_of(i), i, {}) for i in ids if i]
        else:
            if not headers.get("Content-Type", "").startswith("application/json"):
                return self._violation(call, 415, "UNSUPPORTED_MEDIA_TYPE", "content type is not application/json")
            try:
                content = json.loads(body, object_pairs_hook=no_duplicates)
                records = content["records"]
            except (ValueError, KeyError, TypeError) as e:
                return self._violation(call, 400, "JSON_PARSER_ERROR", f"body: {e}")
            if content.get("allOrNone"):
                return self._violation(call, 400, "ALL_OR_NONE", "allOrNone would undo the good ones")
            place = [p for p in path.split("/")[3:] if p]
            operation = "insert" if call.method == "POST" else "upsert" if place else "update"
            for fields in records:
                fields = dict(fields)
                obj = fields.pop("attributes", {}).get("type")
                if place and obj != place[0]:
                    return self._violation(call, 400, "INVALID_TYPE", f"type {obj} on {place[0]}'s path")
                if place and len(place) != 2:
                    return self._violation(call, 404, "NOT_FOUND", "an upsert needs OBJECT/FIELD in its path")
                record_id = fields.pop("Id", None) or fields.pop("id", None)
                if record_id and operation != "update":
                    return self._violation(call, 400, "INVALID_FIELD", f"Id in an {operation}")
                identity = fields.get(place[1]) if place else record_id
                call.records.append((operation, obj, identity, fields))
        if not call.records:
            return self._violation(call, 400, "REQUIRED_FIELD_MISSING", "At least 1 record is required")
        if len(call.records) > 200:
            return self._violation(call, 400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call")
        if len(list(itertools.groupby(r[1] for r in call.records))) > 10:
            return self._violation(call, 400, "TOO_MANY_CHUNKS", "Cannot have more than 10 chunks in a single operation.")
        return None

    def _enter(self, call):
        """The records are in a request from here on. An Id is the key that it stands for."""
        with self.lock:
            self.requests_now += 1
            self.most_requests = max(self.most_requests, self.requests_now)
            keys = []
            for operation, obj, identity, _fields in call.records:
                if operation in ("update", "delete") and identity in self.records.get(obj, {}):
                    identity = self.records[obj][identity].get(self.key) or identity
                if identity is not None:
                    keys.append((obj, identity))
            for key, n in collections.Counter(keys).items():
                self.key_twice_in_request += n > 1
                self.key_twice_at_once += self.active[key] > 0
                self.active[key] += 1
            return set(keys) or {(None, id(call))}

    def _leave(self, keys):
        if not keys:
            return
        with self.lock:
            self.requests_now -= 1
            for key in keys:
                self.active[key] -= 1
                if self.active[key] <= 0:
                    del self.active[key]

    # ---- carrying out (the lock is held)

    def _apply(self, call, path, query):
        if call.resource in ("collections", "delete"):
            twice = {k for k, n in collections.Counter(r[2] for r in call.records if r[0] == "upsert").items() if n > 1}
            return 200, [self._result(*record, twice) for record in call.records]
        if call.resource == "query":
            return self._query(query.get("q", [""])[0])
        if call.resource == "limits":
            return 200, {"DailyApiRequests": {"Max": self.limit, "Remaining": self.limit - len(self.journal)}}
        return 404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]

    def _result(self, operation, obj, identity, fields, twice):
        errors = self.refuse(operation, obj, {self.key: identity, **fields}) if self.refuse else None
        if identity in twice:
            errors = [error("DUPLICATE_VALUE", f"Duplicate external id specified: {identity}")]
        if errors:
            return {"success": False, "errors": errors}
        return getattr(self, "_do_" + operation)(obj, identity, fields)

    def _do_upsert(self, obj, identity, fields):
        if identity in (None, ""):
            return {"success": False, "errors": [error("MISSING_ARGUMENT", f"{self.key} not specified")]}
        there = self.ids[obj].get(identity)
        return {"id": self._write(obj, there, fields), "success": True, "errors": [], "created": there is None}

    def _do_insert(self, obj, _identity, fields):
        if fields.get(self.key) is not None and fields[self.key] in self.ids[obj]:
            message = f"duplicate value found: {self.key} duplicates value on record with id: {self.ids[obj][fields[self.key]]}"
            return {"success": False, "errors": [error("DUPLICATE_VALUE", message)]}
        return {"id": self._write(obj, None, fields), "success": True, "errors": []}

    def _do_update(self, obj, identity, fields):
        if identity not in self.records[obj]:
            code = "ENTITY_IS_DELETED" if identity in self.deleted else "INVALID_CROSS_REFERENCE_KEY"
            return {"success": False, "errors": [error(code, "invalid cross reference id")]}
        known = self.records[obj][identity].get(self.key)
        return {"id": self._write(obj, identity, {**({self.key: known} if known else {}), **fields}), "success": True, "errors": []}

    def _do_delete(self, obj, identity, _fields):
        if obj is None:
            code = "ENTITY_IS_DELETED" if identity in self.deleted else "INVALID_CROSS_REFERENCE_KEY"
            return {"success": False, "errors": [error(code, "entity is deleted")]}
        self._remove(obj, identity)
        return {"id": identity, "success": True, "errors": []}

    def _query(self, soql):
        match = re.fullmatch(r"\s*SELECT\s+(.+?)\s+FROM\s+(\w+)\s+WHERE\s+(\w+)\s+IN\s*\((.*)\)\s*", soql, re.I | re.S)
        if not match:
            self.violations.append(f"query not understood: {soql[:200]}")
            return 400, [{"message": "unexpected token", "errorCode": "MALFORMED_QUERY"}]
        columns = [c.strip() for c in match[1].split(",")]
        wanted = {re.sub(r"\\(.)", r"\1", v) for v in re.findall(r"'((?:[^'\\]|\\.)*)'", match[4])}
        found = [r for r in self.records[match[2]].values() if str(r.get(match[3])) in wanted]
        rows = [{"attributes": {"type": match[2], "url": f"/services/data/v59.0/sobjects/{match[2]}/{r['Id']}"},
                 **{c: r.get(c) for c in columns}} for r in found]
        return 200, {"totalSize": len(rows), "done": True, "records": rows}


def no_duplicates(pairs):
    names = [name for name, _value in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a name twice in one object: {names}")
    return dict(pairs)


class _Handler(Handler):
    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            raw = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                raw += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            if len(raw) < length:
                raise Drop  # the client was killed while it sent
        return gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw

    def _any(self):
        headers = {}
        try:
            body = self._body()
            if self.path == "/services/oauth2/token" and self.command == "POST":
                status, answer = self.org.token(urllib.parse.parse_qs(body.decode()))
            else:
                status, headers, answer = self.org.api(self.command, self.path, self.headers, body)
        except Drop:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        html = isinstance(answer, str)
        data = answer.encode() if html else json.dumps(answer).encode()
        headers = {"Content-Type": "text/html" if html else "application/json;charset=UTF-8", **headers}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, 1)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(data))
        head = f"HTTP/1.1 {status} {self.responses.get(status, ('Unknown',))[0]}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        try:
            self.wfile.write(head.encode() + b"\r\n" + data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = _any
