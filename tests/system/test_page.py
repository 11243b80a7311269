# SPDX-License-Identifier: Apache-2.0
"""The status page in a real browser: headless Chromium, with and without JavaScript, light and dark, wide and as a phone."""
import html
import re
import shutil
import subprocess
import tempfile

import pytest

from harness.events import created
from harness.processes import BUILD
from harness.waiting import wait_until
from strict_salesforce import StrictSalesforce

BROWSER = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
SHOTS = BUILD / "screenshots"


def browse(*options, timeout=60):
    assert shutil.which("chromium"), "chromium is missing: tests/install.sh test"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run([*BROWSER, f"--user-data-dir={profile}", *map(str, options)], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def dom(url, *options):
    """The page as it is after some seconds of a browser's virtual time, and what the console said."""
    out, err = browse("--enable-logging=stderr", "--v=0", "--virtual-time-budget=6000", *options, "--dump-dom", url)
    return out, [line for line in err.splitlines() if "CONSOLE" in line]


ROUTE = {"name": "people <i>", "topic": "", "format": "debezium", "object": "Contact", "external_id": "External_Id__c",
         "fields": [{"to": "External_Id__c", "from": "id"}, {"to": "LastName", "from": "name", "required": True}]}


@pytest.fixture(scope="module")
def worker(kafka, module_workers):
    """One that has written 300 records and refused two."""
    org = StrictSalesforce(latency=0.005).start()
    topic = kafka.create_topic(partitions=3)
    worker = module_workers.start(org.url, [ROUTE | {"topic": topic}]).wait_ready()
    kafka.produce(topic, [created({"id": str(i), "name": f"Name-{i}"}) for i in range(300)])
    kafka.produce(topic, [created({"id": str(i), "name": None}) for i in range(300, 302)])
    module_workers.wait_settled(topic)
    wait_until(lambda: worker.get("/status").json().get("partitions"), "the page has a sample of the partitions", timeout=30)
    wait_until(lambda: sum(worker.get("/status").json()["routes"][0]["events"].values()) == 302, "the status shows all events", timeout=30)
    yield worker
    org.stop()
    org.assert_strict()


def test_the_page_says_what_the_worker_does(worker):
    page, console = dom(worker.url + "/")
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    assert not console, console
    assert "people <i>" in text and "<i>" not in page  # what a configuration says is text, never markup
    for word in ("ready", "Settled", "Event to Salesforce", "Lag", "Calls in flight", "API budget", "Batch fill", "Held in memory", "Partitions",
                 "Errors by code", "MAP_REQUIRED", "Last dead letters", "Configuration"):
        assert word in text, word
    assert "300" in text
    assert page.count('class="spark"') == 9  # lag, rate and latency of three partitions
    assert all(any(p["p95_s"]) for p in worker.get("/status").json()["partitions"])
    assert "secret-word-1" not in page and "Name-" not in page  # neither secrets nor values of records


def test_it_is_the_same_without_javascript(worker):
    page = worker.get("/").text
    assert "<script" in page and "onclick" not in page and "<style" not in page and ' style="' not in page
    without = page.replace('<script src="page.js" defer></script>', "")
    assert "http-equiv=\"refresh\"" in without
    for word in ("people &lt;i&gt;", "MAP_REQUIRED", '<path class="line"'):
        assert word in without, word


def test_nothing_is_taken_from_elsewhere(worker):
    page = worker.get("/")
    assert re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page.text) == ["page.css", "page.js", "metrics", "readyz", "healthz", "status", "version"]
    for path in ("/", "/page.css", "/page.js"):
        headers = worker.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'" and policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'" and headers["X-Content-Type-Options"] == "nosniff"
    assert worker.get("/page.js").headers["Content-Type"].startswith("text/javascript")
    assert "version" in worker.get("/version").json()


def test_the_script_keeps_the_page_fresh(worker):
    """The page that was loaded shows a later time than the one that was sent, though nobody loaded it again."""
    before = re.search(r"<footer><span>([^<]*)", worker.get("/").text)[1]
    page, console = dom(worker.url + "/")
    assert not console, console
    assert re.search(r"<footer><span>([^<]*)", page)[1] > before
    assert 'id="silent" role="alert" hidden' in page


@pytest.mark.parametrize("name, options", [
    ("light", ["--window-size=1240,1300"]),
    ("dark", ["--window-size=1240,1300", "--blink-settings=preferredColorScheme=0"]),
    ("narrow", ["--window-size=500,1800"]),
])
def test_it_is_drawn(worker, name, options):
    """For people to look at: build/screenshots. A page that draws nothing makes a tiny file."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    file = SHOTS / f"page-{name}.png"
    file.unlink(missing_ok=True)
    browse(*options, f"--screenshot={file}", worker.url + "/")
    assert file.stat().st_size > 30000
