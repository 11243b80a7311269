# SPDX-License-Identifier: Apache-2.0
"""sfsink sim as a process, and a small REST client to look into it from outside."""
import re

import requests

from .processes import Process, binary
from .waiting import wait_until

API = "/services/data/v59.0"


class Simulator:
    def __init__(self, folder, *options):
        self.process = Process([binary(), "sim", "--listen", "127.0.0.1:0", *options], folder / "sim.log")
        self.url = wait_until(self._address, lambda: f"the simulator listens:\n{self.process.text()[-2000:]}", timeout=30)
        self.session = requests.Session()
        self.session.trust_env = False
        self._login()

    def _address(self):
        assert self.process.alive(), self.process.text()
        match = re.search(r"http://127\.0\.0\.1:\d+", self.process.text())
        return match and match[0]

    def _login(self):
        form = {"grant_type": "client_credentials", "client_id": "looker", "client_secret": "looker"}
        token = self.session.post(self.url + "/services/oauth2/token", data=form, timeout=10).json()
        self.session.headers["Authorization"] = "Bearer " + token["access_token"]

    def stop(self):
        if self.process.alive():
            self.process.stop(10)

    # ---- the wire, by another client than sfsink

    def call(self, method, path, **options):
        answer = self.session.request(method, self.url + API + path, timeout=10, **options)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json()

    def create(self, obj, *records):
        """Records that are there before a test begins; their Ids."""
        body = {"allOrNone": False, "records": [{"attributes": {"type": obj}, **r} for r in records]}
        results = self.call("POST", "/composite/sobjects", json=body)
        assert all(r["success"] for r in results), results
        return [r["id"] for r in results]

    def select(self, obj, fields, keys, by="External_Id__c"):
        """external id -> row, of those that exist."""
        listed = ",".join("'" + k.replace("\\", "\\\\").replace("'", "\\'") + "'" for k in keys)
        names = ",".join(dict.fromkeys([by, *fields]))
        rows = self.call("GET", "/query", params={"q": f"SELECT {names} FROM {obj} WHERE {by} IN ({listed})"})["records"]
        return {row[by]: {f: row[f] for f in fields} for row in rows}

    # ---- its control interface

    def control(self, method, path, **options):
        answer = self.session.request(method, f"{self.url}/control{path}", timeout=10, **options)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None
