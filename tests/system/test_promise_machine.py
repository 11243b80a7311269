# SPDX-License-Identifier: Apache-2.0
"""The machine around a worker: its clock, its disk, its names, its certificates. (Promise 7; fault matrix 38 to 41.)"""
import errno
import glob
import json
import os
import subprocess

import pytest

from harness.certificates import Authority
from harness.dead_letters import read_letters
from harness.names import FAILED, NO_SUCH_NAME, NameServer
from harness.network import Namespace
from harness.org import Org
from harness.processes import clean_environment
from harness.proxy import ChaosProxy
from harness.traffic import Traffic, route
from harness.waiting import wait_until
from test_simulator_login import connect

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


# ---- the clock

def test_the_clock_jumps(kafka, workers, simulator, topic, checker, tmp_path):
    """Promises 1, 2, 7: an hour forth and two back, and nothing hangs or is lost: what is waited for is measured by a clock that does not jump. Matrix 38."""
    library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    assert library, "the package faketime is missing"
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    faked = clean_environment(LD_PRELOAD=library[0], FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
    worker = workers.start(simulator.url, [route(topic)], environment=faked).wait_ready()
    traffic = Traffic(kafka, topic, bad_percent=5)
    for jump in ("+3600\n", "-3600\n", "+0\n"):
        traffic.feed()
        workers.wait_settled(topic)
        clock.write_text(jump)
        wait_until(lambda: worker.get("/healthz").status_code == 200, "it is healthy")
        simulator.control("POST", "/faults", json={"path": "/services/data/v??.0/composite/*", "status": 503, "times": 2})
        traffic.feed(3)
        workers.wait_settled(topic)
    simulator.control("POST", "/tokens/expire")
    traffic.feed()
    workers.wait_settled(topic)
    checker.check(twice_allowed=False)
    assert worker.stop() == 0


# ---- the disk

@pytest.fixture
def disk(tmp_path, workers):
    """A folder with 16 KiB of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=700", "tmpfs", folder], check=True, timeout=30)
    yield folder
    for worker in workers.started:
        worker.kill()
    subprocess.run(["umount", folder], check=False, timeout=30)


@needs_root
@pytest.mark.parametrize("rotation", [False, True], ids=["one refresh token", "rotation"])
def test_a_full_disk_at_the_token_store(kafka, workers, simulator, topic, checker, disk, rotation):
    """Promise 7: an access token that cannot be stored is used from memory; a refresh token that replaced the stored one waits for room, so that no kill loses the login.
    Either is said. Matrix 39."""
    store = disk / "sfsink.token"
    auth = {"flow": "refresh_token", "login_url": simulator.url, "client_id": "app", "token_file": str(store)}
    log_in(simulator, store)
    simulator.control("PATCH", "/settings", json={"rotate_refresh_tokens": rotation})
    worker = workers.start(simulator.url, [route(topic)], salesforce={"auth": auth}).wait_ready()
    fill(disk / "filler")
    before = store.read_bytes()
    traffic = Traffic(kafka, topic)
    simulator.control("POST", "/tokens/expire")
    traffic.feed()
    if rotation:
        wait_until(lambda: any("No space left" in r for r in worker.reasons()), lambda: f"it says why it waits: {worker.reasons()}")
        assert kafka.lag(workers.group, topic) == 60
    else:
        workers.wait_settled(topic)
        worker.wait_ready()
    assert worker.log("token_not_stored") and store.read_bytes() == before, "the store is whole, if old"
    (disk / "filler").unlink()
    workers.wait_settled(topic)
    simulator.control("POST", "/tokens/expire")
    traffic.feed()
    workers.wait_settled(topic)
    wait_until(lambda: store.read_bytes() != before, "the tokens are stored again")
    checker.check(twice_allowed=False)
    assert worker.wait_ready().stop() == 0
    workers.start(simulator.url, [route(topic)], salesforce={"auth": auth}).wait_ready()


def fill(file):
    with file.open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError as e:
            assert e.errno == errno.ENOSPC


def log_in(simulator, store):
    """What `sfsink login` leaves behind."""
    store.write_text(json.dumps(connect(Org(simulator))))
    store.chmod(0o600)


# ---- names and certificates

def test_a_name_that_does_not_resolve(kafka, workers, topic):
    """Promise 7: no address, no login: it waits, says so, and stays alive. Matrix 40."""
    nowhere = "https://sfsink-test.invalid"
    worker = workers.start(nowhere, [route(topic)])
    Traffic(kafka, topic).feed()
    wait_until(lambda: any("sfsink-test.invalid" in r or "resolve" in r for r in worker.reasons()), lambda: f"it says so: {worker.reasons()}\n{worker.tail()}")
    assert worker.get("/healthz").status_code == 200
    assert kafka.lag(workers.group, topic) == 60 and not read_letters(kafka, workers.letters)
    assert worker.stop() == 0


@needs_root
@pytest.mark.parametrize("trouble", ["unknown", "failed", "silent", "slow", pytest.param("wrong address", marks=pytest.mark.slow)])
def test_a_name_server_in_trouble(kafka, workers, simulator, topic, checker, tmp_path, trouble):
    """Promises 1, 7: without an answer, with a wrong or a late one, a worker waits, says so, takes part in its group meanwhile, and goes on by itself. Matrix 40."""
    space = Namespace()
    names = NameServer(space)
    space.resolve_by("127.0.0.1")
    ours, broker, salesforce = Authority(tmp_path), int(kafka.brokers.split(":")[1]), int(simulator.url.rsplit(":", 1)[1])
    doors = [ChaosProxy(("127.0.0.1", broker), port=broker, listen_in=space),
             ChaosProxy(("127.0.0.1", salesforce), listen_in=space, tls=ours.server(names="DNS:org.sfsink.test"))]
    url = f"https://org.sfsink.test:{doors[1].port}"
    names.error = {"unknown": NO_SUCH_NAME, "failed": FAILED}.get(trouble, 0)
    names.silent, names.delay = trouble == "silent", 1.5 if trouble == "slow" else 0
    names.address = "127.0.0.9" if trouble == "wrong address" else "127.0.0.1"
    try:
        worker = workers.start(url, [route(topic)], salesforce={"instance_url": url, "ca_file": str(ours.file)}, http={"listen": ""}, wrap=space.wrap)
        traffic = Traffic(kafka, topic)
        traffic.feed()
        if trouble != "slow":
            wait_until(lambda: worker.log("login_failed") or "org.sfsink.test" in worker.text(), worker.tail)
            assert kafka.lag(workers.group, topic) == 60 and not read_letters(kafka, workers.letters)
        wait_until(lambda: names.asked, "it asks")
        names.error, names.silent, names.delay, names.address = 0, False, names.delay, "127.0.0.1"
        workers.wait_settled(topic, timeout=100)
        traffic.feed(2)
        workers.wait_settled(topic)
        checker.check(twice_allowed=False)
        assert worker.stop() == 0
    finally:
        for door in doors:
            door.close()
        names.close()
        space.remove()


@pytest.mark.parametrize("what, words", [("expired", "expired"), ("wrong host", "name"), ("unknown CA", "issuer")])
def test_a_certificate_that_is_not_right(kafka, workers, simulator, topic, checker, tmp_path, what, words):
    """Promise 7: a wrong certificate is never accepted: it waits, says why, and goes on when the right one is there. Matrix 41."""
    ours = Authority(tmp_path)
    other = Authority(tmp_path, "other")
    wrong = {"expired": lambda: ours.server(expired=True), "wrong host": lambda: ours.server(names="DNS:elsewhere.example"), "unknown CA": other.server}[what]()
    host, port = simulator.url.removeprefix("http://").split(":")
    door = ChaosProxy((host, int(port)), tls=wrong)
    worker = workers.start(door.url, [route(topic)], salesforce={"instance_url": door.url, "ca_file": str(ours.file)})
    Traffic(kafka, topic).feed()
    wait_until(lambda: any(words in r for r in worker.reasons()), lambda: f"it says why: {worker.reasons()}\n{worker.tail()}")
    assert worker.get("/healthz").status_code == 200
    assert not simulator.control("GET", "/journal")["entries"][1:] and kafka.lag(workers.group, topic) == 60
    door.tls = ours.server()
    workers.wait_settled(topic)
    worker.wait_ready()
    checker.check(twice_allowed=False)
    door.tls = wrong  # in the middle of it, too
    door.cut()
    Traffic(kafka, topic).feed()
    wait_until(lambda: not worker.ready(), "it is not ready")
    assert not read_letters(kafka, workers.letters)
    door.close()
