# SPDX-License-Identifier: Apache-2.0
"""Whoever follows README.md and deploy/README.md word for word gets where they say; and what the documents name exists."""
import os
import re
import subprocess
import sys
import textwrap
import urllib.parse

import pytest

from harness.kafka import Kafka
from harness.processes import ROOT, Process, binary, clean_environment, die_with_parent, free_ports, sfsink
from harness.waiting import wait_until

README, DEPLOY = ROOT / "README.md", ROOT / "deploy" / "README.md"
DOCUMENTS = [README, DEPLOY, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *ROOT.glob("*/README.md"), *ROOT.glob("*/*/README.md"),
             ROOT / "deploy" / "ERRORS.md"]
DOCUMENTS = sorted({d for d in DOCUMENTS if "build" not in d.parts})


def section(file, title):
    return re.split(r"^## .*\n", file.read_text().split(f"\n## {title}\n", 1)[1], flags=re.M)[0]


def blocks(text):
    """The indented blocks of a text, as one would paste them."""
    return [textwrap.dedent(block).strip("\n") for block in re.findall(r"(?<=\n\n)((?: {4,}\S.*\n)+)", "\n\n" + text.lstrip("\n"))]


class Shell:
    """A folder in which the commands of a document are run, where `sfsink` and Kafka's scripts are found."""

    def __init__(self, folder, stands_for, **environment):
        self.folder, self.stands_for = folder, stands_for
        tools = folder / "bin"
        tools.mkdir()
        (tools / "sfsink").symlink_to(binary())
        for tool in ("topics", "console-producer", "console-consumer"):
            script = tools / f"kafka-{tool}.sh"
            script.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/system/shims/kafka_tools.py {tool} "$@"\n')
            script.chmod(0o755)
        self.environment = clean_environment(PATH=f"{tools}:{os.environ['PATH']}", **environment)

    def words(self, command):
        """The document's command; only addresses that this machine's tests cannot share are others."""
        for written, here in self.stands_for.items():
            command = command.replace(written, here)
        return ["bash", "-c", "set -o pipefail\n" + command]

    def run(self, command, timeout=60):
        done = subprocess.run(self.words(command), cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def start(self, command):
        return Process(self.words("exec " + command), self.folder / "started.log", self.environment | {"PWD": str(self.folder)}, cwd=self.folder)


@pytest.fixture
def own_kafka(tmp_path):
    """The documents' names of topics and group are taken as they are."""
    (tmp_path / "kafka").mkdir()
    cluster = Kafka(tmp_path / "kafka")
    yield cluster
    cluster.remove()


def log_in(shell, command, web):
    """A person opens the address, allows it, and pastes what the browser ends on."""
    login = subprocess.Popen(shell.words(command), cwd=shell.folder, env=shell.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             preexec_fn=die_with_parent)
    said = ""
    while "press Enter" not in said:
        line = login.stdout.readline()
        assert line, said
        said += line
    url = re.search(r"http://127\S+", said)[0]
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    form = {k: asked[k] for k in ("client_id", "redirect_uri", "scope", "state", "code_challenge")} | {"decision": "allow", "username": "jo@example.com"}
    answer = web.post(url.split("?")[0], data=form, allow_redirects=False, timeout=10)
    out, _ = login.communicate(answer.headers["Location"] + "\n", timeout=30)
    assert login.returncode == 0 and "Logged in to" in out and "jo@example.com" in out, out


def test_the_first_run_in_an_org(own_kafka, simulator, tmp_path):
    """deploy/README.md, from `cp minimal.cfg` to the dead letter: every command in its order, against an org that is `sfsink sim`."""
    commands = [line for block in blocks(section(DEPLOY, "First run in an org")) for line in block.splitlines()]
    redirect, page = free_ports(2)
    editor = tmp_path / "editor"
    editor.write_text(f"""#!/bin/sh
sed -i -e 's|localhost:9092|{own_kafka.brokers}|; s|https://login.salesforce.com|{simulator.url}|; s|CONSUMER_KEY_OF_YOUR_APP|an-app|' "$1"
sed -i -e 's|  client_id = |  redirect_port = {redirect}; client_id = |' "$1"
echo 'http: {{ listen = "127.0.0.1:{page}"; }};' >> "$1"
""")
    editor.chmod(0o755)
    shell = Shell(tmp_path, {"localhost:9092": own_kafka.brokers, "localhost:9464": f"127.0.0.1:{page}", "/usr/local/share/doc/sfsink": str(ROOT / "config")},
                  EDITOR=str(editor))
    said, worker = {}, None
    for command in commands:
        if command == "sfsink login":
            log_in(shell, command, simulator.session)
        elif command == "sfsink run":
            worker = shell.start(command)
        elif command.startswith("sfsink health"):
            wait_until(lambda: subprocess.run(shell.words(command), cwd=tmp_path, env=shell.environment, capture_output=True).returncode == 0, worker.text)
            wait_until(lambda: simulator.select("Contact", ["FirstName", "LastName"], ["42"]) == {"42": {"FirstName": "Ada", "LastName": "Lovelace"}},
                       worker.text)
        elif command.startswith("curl"):
            wait_until(lambda: re.search(r'disposition="applied"\} 1\n', shell.run(command)), worker.text)
        else:
            if command == "sfsink dlq stats":
                wait_until(lambda: own_kafka.ends("sfsink.dead-letter") == {0: 1}, worker.text)
            said[command] = shell.run(command)

    assert "1 route, no mistake; the org and Kafka agree" in said["sfsink check"] and "note:" not in said["sfsink check"]
    assert "External_Id__c" in said["sfsink describe Contact"] and "API calls, 24 hours" in said["sfsink limits"]
    maps = [out for command, out in said.items() if "sfsink map" in command]
    assert len(maps) == 2 and all('"do":"upsert"' in out and '"LastName":"Lovelace"' in out for out in maps), maps
    assert "MAP_REQUIRED" in said["sfsink dlq stats"] and "MAP_REQUIRED" in said["sfsink dlq list"]
    assert all(f"event={event}" in worker.text() for event in ("starting", "route", "logged_in", "assigned"))
    assert worker.stop() == 0


def test_the_readme(kafka, workers, simulator, tmp_path):
    """README.md: its commands in their order, and its route in the example that `sfsink help` writes."""
    commands, route = blocks(section(README, "Use it"))[:2]
    write_example, login, *looks, run, letters = [line.split("  #")[0].rstrip() for line in commands.splitlines()]
    assert [look.split()[3] for look in looks] == ["describe", "check", "map"]
    shell = Shell(tmp_path, {})
    shell.run(write_example)
    file = tmp_path / "sfsink.cfg"
    topic = kafka.create_topic()
    redirect, page = free_ports(2)
    edits = {"localhost:9092": kafka.brokers, 'group = "sfsink"': f'group = "{workers.group}"', "https://login.salesforce.com": simulator.url,
             'client_id = ""': 'client_id = "an-app"', "redirect_port = 8484": f"redirect_port = {redirect}",
             '"sfsink.dead-letter"': f'"{workers.letters}"', "127.0.0.1:9464": f"127.0.0.1:{page}"}
    text = file.read_text().split("\nroutes = (")[0] + "\n" + route.replace("warehouse.public.customers", topic) + "\n"
    for written, here in edits.items():
        assert written in text, written
        text = text.replace(written, here)
    file.write_text(text)
    event = '{"op":"c","after":{"id":"7","last_name":"Lovelace","grade":"Senior","role":"Analyst"}}'
    (tmp_path / "events.jsonl").write_text(event + "\n")

    log_in(shell, login, simulator.session)
    described, checked, mapped = [shell.run(look) for look in looks]
    assert "External_Id__c" in described and "the org and Kafka agree" in checked
    assert '"record":{"External_Id__c":"7","LastName":"Lovelace","Title":"Senior Analyst"}' in mapped
    kafka.produce(topic, [("7", event), ("8", '{"op":"c","after":{"id":"8"}}')])
    worker = shell.start(run)
    wait_until(lambda: simulator.select("Contact", ["LastName", "Title"], ["7"]) == {"7": {"LastName": "Lovelace", "Title": "Senior Analyst"}}, worker.text)
    wait_until(lambda: kafka.ends(workers.letters) == {0: 1}, worker.text)
    assert "MAP_REQUIRED" in shell.run(letters)
    assert worker.stop() == 0


# ---- what the documents name exists

def anchors(file):
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.*)$", file.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", t).lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda f: str(f.relative_to(ROOT)))
def test_links_lead_somewhere(file):
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (file.parent / path).resolve() if path else file
        assert there.exists(), f"{file.name}: {target}"
        assert not anchor or anchor in anchors(there), f"{file.name}: {target}"


def named_commands(text):
    """(command, options) of everything in code that begins with `sfsink`."""
    code = re.findall(r"`([^`\n]+)`", text) + [line for block in blocks(text) for line in block.splitlines()]
    for line in code:
        for words in re.findall(r"(?:^|[|;] ?|-- )(?:\./)?sfsink ((?:-c \S+ )?[a-z]+\b[^|<>#;`]*)", line):
            words = re.sub(r"^-c \S+ ", "", words).split()
            yield words[0], [w.split("=")[0] for w in words[1:] if w.startswith("--")]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda f: str(f.relative_to(ROOT)))
def test_commands_and_options_exist(file):
    for command, options in named_commands(file.read_text()):
        told = sfsink(command, "--help")
        assert told.returncode == 0, f"sfsink {command}"
        assert all(o in told.stdout for o in options), (command, options)


def test_the_operator_is_told_of_every_command():
    """Of those that he uses, at least once, where he looks."""
    told = {command for command, _ in named_commands(DEPLOY.read_text())}
    assert {"run", "check", "map", "login", "logout", "describe", "limits", "dlq", "health"} <= told


def test_targets_of_make_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    for file in DOCUMENTS:
        for target in re.findall(r"(?:`|^    )make ([a-z][a-z-]*)", file.read_text(), re.M):
            assert target in targets, f"{file.relative_to(ROOT)}: make {target}"


def test_settings_exist():
    """`batch.linger_ms` and the like, in code, and settings of a group that are given with a value."""
    known = set(re.findall(r"^\| `([\w.\[\]]+)`", (ROOT / "config" / "README.md").read_text(), re.M))
    groups = {name.split(".")[0] for name in known if "." in name}
    assert {"batch", "kafka", "salesforce"} <= groups
    for file in (README, DEPLOY, ROOT / "SECURITY.md"):
        for name in re.findall(r"`((?:%s)\.[a-z_.]+[a-z])\b(?! )" % "|".join(groups), file.read_text()):
            assert name in known or any(k.startswith(name + ".") for k in known), f"{file.name}: {name}"
