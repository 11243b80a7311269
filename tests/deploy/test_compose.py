# SPDX-License-Identifier: Apache-2.0
"""The local stack: what its files mount is there, and each tool takes its own. The schema of compose files: tests/chart."""
import subprocess

import yaml

from harness.processes import BUILD, ROOT, sfsink

FOLDER = ROOT / "deploy"
STACK = yaml.safe_load((FOLDER / "compose.yaml").read_text())


def test_every_mounted_file_is_there():
    mounts = [v.split(":")[0] for s in STACK["services"].values() for v in s.get("volumes", [])]
    assert len(mounts) >= 8
    assert [m for m in mounts if not (FOLDER / m).is_file()] == []


def test_every_service_waits_for_what_exists():
    names = set(STACK["services"])
    for service in STACK["services"].values():
        assert set(service.get("depends_on", {})) <= names
        assert service.get("network_mode", "service:kafka").split(":")[1] in names


def test_nothing_is_open_to_the_network():
    assert all(p.startswith("127.0.0.1:") for s in STACK["services"].values() for p in s.get("ports", []))


def test_the_worker_takes_its_configuration(tmp_path):
    file = tmp_path / "sfsink.cfg"
    file.write_text((FOLDER / "compose" / "sfsink.cfg").read_text())
    done = sfsink("check", "--offline", "-c", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_its_configuration(tmp_path):
    for source in ("compose/prometheus.yaml", "prometheus/alerts.yaml"):
        (tmp_path / source.split("/")[1]).write_text((FOLDER / source).read_text())
    done = subprocess.run([BUILD / "tools" / "promtool", "check", "config", tmp_path / "prometheus.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scripts_are_bash():
    for script in sorted((FOLDER / "compose").glob("*.sh")):
        subprocess.run(["bash", "-n", script], check=True, timeout=10)
