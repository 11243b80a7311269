# SPDX-License-Identifier: Apache-2.0
"""deploy/Dockerfile, built and run without a Docker engine (make image-test, as root): debootstrap makes the base, buildah builds, podman runs."""
import json
import os
import socket
import subprocess
import uuid

import pytest

from harness.processes import BUILD, ROOT, free_ports
from harness.waiting import wait_until

pytestmark = pytest.mark.timeout(1200)

BASE = "localhost/sfsink-base:bookworm-slim"
IMAGE = "localhost/sfsink:test"
RUN = ["podman", "--runtime", "runc", "run", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096", "--network=host", "--read-only",
       "--cap-drop=ALL", "--security-opt", "no-new-privileges"]

CONFIG = """
kafka: {{ brokers = "127.0.0.1:{kafka}"; }};
salesforce: {{ auth: {{ flow = "client_credentials"; login_url = "http://127.0.0.1:{salesforce}"; client_id = "a"; client_secret_file = "client_secret"; }}; }};
http: {{ listen = "0.0.0.0:{http}"; }};
routes = ( {{ topic = "t"; format = "row"; object = "Contact"; external_id = "External_Id__c";
             fields = ( {{ to = "External_Id__c"; from = "id"; }}, {{ to = "LastName"; from = "name"; }} ); }} );
"""


def call(*command, **options):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=900, **options)


def must(*command, **options):
    done = call(*command, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def base_image():
    """Debian's smallest, kept in podman's store between runs."""
    if call("podman", "image", "exists", BASE).returncode == 0:
        return
    root = BUILD / "image" / "root"
    if not (root / "etc" / "os-release").exists():
        root.mkdir(parents=True, exist_ok=True)
        must("debootstrap", "--variant=minbase", "bookworm", root)
    archive = BUILD / "image" / "base.tar"
    must("tar", "-C", root, "-cf", archive, ".")
    must("podman", "import", archive, BASE)
    archive.unlink()


@pytest.fixture(scope="module")
def image():
    assert os.geteuid() == 0, "make image-test runs as root"
    base_image()
    must("buildah", "bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--build-arg", f"BASE={BASE}", "-t", IMAGE,
         "-f", "deploy/Dockerfile", ".", cwd=ROOT)
    return json.loads(must("podman", "image", "inspect", IMAGE))[0]


@pytest.fixture
def folder(tmp_path):
    """A configuration as a pod has it: root's files that the group of the user in the image may read."""
    ports = dict(zip(("kafka", "salesforce", "http"), free_ports(3)))
    (tmp_path / "sfsink.cfg").write_text(CONFIG.format(**ports))
    (tmp_path / "client_secret").write_text("secret-word\n")
    for name, mode in (("sfsink.cfg", 0o644), ("client_secret", 0o440)):
        os.chown(tmp_path / name, 0, 65532)
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o755)
    return tmp_path, ports["http"]


def test_it_says_who_it_is(image):
    config = image["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/sfsink"] and config["Cmd"] == ["run"]
    check = image.get("HealthCheck") or image.get("Healthcheck") or config.get("Healthcheck")
    assert check["Test"] == ["CMD", "/usr/bin/sfsink", "health"]


def test_it_is_small(image):
    assert image["Size"] < 60 * 1024 * 1024, image["Size"]


def test_it_runs(image):
    assert must(*RUN, "--rm", IMAGE, "version").startswith("sfsink ")


def test_there_is_no_shell_and_nothing_to_become_root_with(image):
    name = f"sfsink-{uuid.uuid4().hex[:8]}"
    must("podman", "create", "--name", name, IMAGE)
    try:
        listing = must("bash", "-c", f"podman export {name} | tar -tv")
    finally:
        call("podman", "rm", name)
    programs = [line for line in listing.splitlines() if line.startswith("-") and "x" in line.split()[0] and ".so" not in line.split()[5]]
    assert [p.split()[5] for p in programs] == ["usr/bin/sfsink"]
    assert not [line for line in listing.splitlines() if "s" in line.split()[0][1:]]
    assert "var/lib/dpkg/status.d/librdkafka1" in listing  # what scanners for known faults look at


def test_a_wrong_configuration_ends_it_with_78(image, tmp_path):
    (tmp_path / "sfsink.cfg").write_text("nonsense = 1;\n")
    tmp_path.chmod(0o755)
    done = call(*RUN, "--rm", "-v", f"{tmp_path}:/etc/sfsink:ro", IMAGE)
    assert done.returncode == 78 and "nonsense" in done.stderr, done


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def test_it_is_healthy_while_kafka_is_away_and_stops_when_told(image, folder):
    mounted, port = folder
    name = f"sfsink-{uuid.uuid4().hex[:8]}"
    must(*RUN, "--detach", "--name", name, "-v", f"{mounted}:/etc/sfsink:ro", IMAGE)
    logs = lambda: call("podman", "logs", name).stderr[-3000:]
    try:
        wait_until(lambda: answers(port), lambda: f"it listens\n{logs()}", timeout=60)
        must("podman", "--runtime", "runc", "exec", name, "/usr/bin/sfsink", "health")
        ready = call("podman", "--runtime", "runc", "exec", name, "/usr/bin/sfsink", "health", "--ready")
        assert ready.returncode == 1 and json.loads(ready.stdout)["ready"] is False, ready
        must("podman", "--runtime", "runc", "stop", "--time", "30", name)
        assert must("podman", "inspect", "--format", "{{.State.ExitCode}}", name).strip() == "0", logs()
    finally:
        call("podman", "--runtime", "runc", "rm", "--force", name)
