# SPDX-License-Identifier: Apache-2.0
"""sfsink demo: everything arrives, and nothing of it is left behind, whatever ends it."""
import os
import pathlib
import re
import signal

import pytest

from harness.processes import Process, binary, clean_environment, sfsink
from harness.waiting import wait_until


def start(folder, *arguments):
    return Process([binary(), "demo", *arguments], folder / "demo.log", clean_environment(TMPDIR=str(folder)))


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid):
    """Ended; a zombie counts, where nobody here may reap it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def workers_of(demo):
    return wait_until(lambda: demo.text().count("sfsink run, pid") == 2 and children(demo.pid), lambda: demo.text())


@pytest.mark.smoke
def test_everything_arrives(tmp_path):
    done = sfsink("demo", "--events", "4000", "--seed", "7", timeout=120, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4,000 events in" in done.stdout and "Salesforce holds exactly what the source does" in done.stdout
    for obj in ("Contact", "Account", "Invoice__c"):
        assert re.search(rf"{obj} .* equal", done.stdout), done.stdout
    assert "INVALID_EMAIL_ADDRESS" in done.stdout and "REQUIRED_FIELD_MISSING" in done.stdout, "some are refused"
    assert "\x1b" not in done.stdout and "\r" not in done.stdout, "plain when piped"
    assert not list(tmp_path.iterdir()), "no file is left"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_it_is_stopped(tmp_path, number):
    folder = tmp_path / "files"
    folder.mkdir()
    demo = Process([binary(), "demo"], tmp_path / "demo.log", clean_environment(TMPDIR=str(folder)))
    pids = workers_of(demo)
    demo.signal(number)
    assert demo.wait(20) == 1
    assert all(gone(pid) for pid in pids)
    assert not list(folder.iterdir()), "no file is left"


def test_its_workers_die_with_it(tmp_path):
    demo = start(tmp_path)
    pids = workers_of(demo)
    demo.kill()
    wait_until(lambda: all(gone(pid) for pid in pids), "the workers are gone, too", timeout=10)


def test_a_worker_that_dies_ends_it(tmp_path):
    demo = start(tmp_path)
    pids = workers_of(demo)
    os.kill(pids[0], signal.SIGKILL)
    assert demo.wait(30) not in (0, None)
    assert "has ended with signal 9" in demo.text()
    assert all(gone(pid) for pid in pids)
