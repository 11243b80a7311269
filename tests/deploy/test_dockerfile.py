# SPDX-License-Identifier: Apache-2.0
"""What can be seen of deploy/Dockerfile without building it (that is tests/image)."""
import json
import re

from harness.processes import ROOT

TEXT = (ROOT / "deploy" / "Dockerfile").read_text()
INSTALL = (ROOT / "tests" / "install.sh").read_text()


def test_it_installs_what_make_deps_installs():
    build = INSTALL.split("build)")[1].split(";;")[0]
    wanted = set(re.findall(r"[a-z0-9][a-z0-9.+-]*", " ".join(re.findall(r"need_package ((?:[^\n\\]|\\\n)*)", build)))) | {"gcc", "make"}
    installed = set(re.findall(r"\S+", re.search(r"--no-install-recommends \\\n(.*?) >/dev/null", TEXT, re.S)[1].replace("\\", "")))
    assert installed == wanted


def test_it_runs_without_root_and_without_a_shell():
    last = TEXT.split("\nFROM ")[-1]
    assert last.startswith("scratch\n") and "\nRUN" not in last
    assert re.search(r"^USER \d+:\d+$", last, re.M)  # by number: Kubernetes' runAsNonRoot cannot look names up
    for instruction in ("ENTRYPOINT", "CMD", "HEALTHCHECK .* CMD"):
        assert json.loads(re.search(rf"^{instruction} (.*)$", last, re.M)[1])


def test_the_base_can_be_chosen():
    assert re.search(r"^ARG BASE=debian:", TEXT, re.M) and "FROM ${BASE} AS build" in TEXT


def test_the_context_is_only_what_is_built():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*)$", TEXT, re.M) for name in line.split()[:-1]}
    assert copied == kept
