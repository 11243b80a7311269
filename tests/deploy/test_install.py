# SPDX-License-Identifier: Apache-2.0
"""make install: every file in its place, the manual pages readable, completion completes, the unit holds the worker tightly."""
import os
import re
import shutil
import subprocess

import pytest

from harness.processes import ROOT, binary, clean_environment, sfsink

UNIT = ROOT / "deploy" / "systemd" / "sfsink.service"


def commands():
    return re.findall(r"^    (\w+)  +\S", sfsink("help").stdout, re.M)


def words_of(completion, *line):
    """What bash offers for the last word of a line."""
    script = f'source {completion}; COMP_WORDS=(sfsink {" ".join(repr(w) for w in line)}); COMP_CWORD={len(line)}; _sfsink; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stderr, done
    return set(done.stdout.split())


def test_install_puts_everything_in_place(tmp_path):
    done = subprocess.run(["make", "-o", "all", "-C", ROOT, "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"], capture_output=True, text=True, timeout=60,
                          env=clean_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    files = {str(f.relative_to(tmp_path / "usr")) for f in tmp_path.rglob("*") if f.is_file()}
    assert {"bin/sfsink", "share/man/man1/sfsink.1", "share/man/man5/sfsink.cfg.5", "share/bash-completion/completions/sfsink",
            "lib/systemd/system/sfsink.service", "share/doc/sfsink/deployment.md"} <= files
    assert os.access(tmp_path / "usr/bin/sfsink", os.X_OK)
    assert "ExecStart=/usr/bin/sfsink " in (tmp_path / "usr/lib/systemd/system/sfsink.service").read_text()


@pytest.mark.parametrize("arguments, words", [(["--man"], commands), (["config", "--man"], lambda: ["kafka.brokers", "salesforce.auth.flow", "shutdown_ms"])])
def test_manual_pages(arguments, words):
    page = sfsink("help", *arguments).stdout
    assert page.startswith(".TH ") and not re.search(r"^'", page, re.M)
    assert [w for w in words() if w not in page.replace("\\-", "-")] == []
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww"], input=page, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0 and not done.stderr, done.stderr


def test_completion(tmp_path):
    file = tmp_path / "sfsink.bash"
    file.write_text(sfsink("help", "--completion", "bash").stdout)
    assert set(commands()) <= words_of(file, "")
    assert words_of(file, "he") == {"health", "help"}
    assert {"stats", "list", "show", "replay", "--dry-run", "--since"} <= words_of(file, "dlq", "")
    assert words_of(file, "check", "--off") == words_of(file, "-c", "some.cfg", "check", "--off") == {"--offline"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_unit_is_tight(tmp_path):
    unit = tmp_path / "sfsink.service"
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/sfsink", str(binary())).replace("Documentation=", "#"))
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", unit], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-300:]
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "sfsink" not in done.stderr, done.stderr
