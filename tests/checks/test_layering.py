# SPDX-License-Identifier: Apache-2.0
"""The layering check turns red when it should: each case adds one wrong line to a tree that is right."""
import pathlib
import subprocess
import sys

import pytest

CHECK = pathlib.Path(__file__).with_name("layering.py")

RIGHT = {
    "common/heap.c": '#include "common/heap.h"\nint heap_n(void) { return 0; }\n',
    "common/heap.h": "int heap_n(void);\n",
    "common/clock.c": "#include <time.h>\nlong clock_ms(void);\nlong clock_ms(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec; }\n",
    "common/http_client.c": "#include <curl/curl.h>\n",
    "config/config.c": '#include "common/heap.h"\n#include <libconfig.h>\n',
    "worker/travel.h": "struct message;\n",
    "worker/engine/engine.c": '#include "worker/travel.h"\n#include "config/config.h"\n',
    "config/config.h": "struct config;\n",
    "worker/kafka/consumer.c": "#include <librdkafka/rdkafka.h>\n",
    "worker/loop.c": '#include "worker/engine/engine.h"\n#include "worker/kafka/consumer.h"\n',
    "worker/commands/run.c": '#include "worker/loop.h"\n',
    "worker/main.c": '#include "worker/commands/command.h"\n',
}

WRONG_INCLUDES = {
    "common reaches up": ("common/heap.c", '#include "config/config.h"'),
    "config reaches up": ("config/config.c", '#include "worker/travel.h"'),
    "one of the six includes another": ("worker/engine/engine.c", '#include "worker/kafka/consumer.h"'),
    "a folder includes the loop": ("worker/kafka/consumer.c", '#include "worker/loop.h"'),
    "the loop includes a command": ("worker/loop.c", '#include "worker/commands/command.h"'),
    "the simulator borrows from the client": ("worker/simulator/sim.c", '#include "worker/salesforce/request.h"'),
    "rdkafka outside its folder": ("worker/loop.c", "#include <librdkafka/rdkafka.h>"),
    "curl outside its door": ("worker/salesforce/session.c", "#include <curl/curl.h>"),
    "libconfig outside config": ("worker/main.c", "#include <libconfig.h>"),
    "a relative include": ("worker/engine/engine.c", '#include "engine.h"'),
    "a place that no rule knows": ("worker/newcomer.c", "#include <stdio.h>"),
}

WRONG_CALLS = {
    "a pure file asks for the time": ("common/heap.c", "#include <time.h>\nlong t(void); long t(void) { return time(0); }"),
    "a pure file reads our clock": ("common/heap.c", "long clock_ms(void); long t(void); long t(void) { return clock_ms(); }"),
    "a pure file writes": ("worker/engine/engine.c", "#include <unistd.h>\nlong w(void); long w(void) { return write(1, \"\", 0); }"),
    "a pure file prints": ("common/heap.c", "#include <stdio.h>\nvoid p(int i); void p(int i) { fprintf(stderr, \"%d\", i); }"),
    "a pure file locks": ("common/heap.c", "#include <pthread.h>\nvoid l(pthread_mutex_t *m); void l(pthread_mutex_t *m) { pthread_mutex_lock(m); }"),
    "common logs": ("common/http_client.c", "void log_event(int, const char *, ...); void l(void); void l(void) { log_event(1, \"x\"); }"),
    "a second clock": ("worker/main.c", "#include <sys/time.h>\nint t(struct timeval *v); int t(struct timeval *v) { return gettimeofday(v, 0); }"),
}


def lay(root, tree):
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(root, *options):
    return subprocess.run([sys.executable, str(CHECK), "--root", str(root), *options], capture_output=True, text=True)


def compile_all(root):
    for source in sorted(root.rglob("*.c")):
        text = "\n".join(line for line in source.read_text().splitlines() if "include" not in line or "<" in line and "curl" not in line
                         and "rdkafka" not in line and "libconfig" not in line)
        built = root / "objects" / source.relative_to(root).with_suffix(".o")
        built.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-D_GNU_SOURCE", "-w", "-O2", "-c", "-x", "c", "-", "-o", str(built)], input=text, text=True, check=True)


def test_the_right_tree_passes(tmp_path):
    lay(tmp_path, RIGHT)
    compile_all(tmp_path)
    result = check(tmp_path, "--objects", str(tmp_path / "objects"))
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("case", WRONG_INCLUDES)
def test_a_wrong_include_fails(tmp_path, case):
    path, line = WRONG_INCLUDES[case]
    lay(tmp_path, RIGHT)
    lay(tmp_path, {path: RIGHT.get(path, "") + line + "\n"})
    result = check(tmp_path)
    assert result.returncode == 1 and path in result.stderr, result.stderr


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_a_wrong_call_fails(tmp_path, case):
    path, code = WRONG_CALLS[case]
    lay(tmp_path, RIGHT)
    lay(tmp_path, {path: RIGHT[path] + code + "\n"})
    compile_all(tmp_path)
    result = check(tmp_path, "--objects", str(tmp_path / "objects"))
    assert result.returncode == 1 and path in result.stderr, result.stderr


def test_an_object_that_is_not_there_fails(tmp_path):
    lay(tmp_path, RIGHT)
    (tmp_path / "objects").mkdir()
    assert check(tmp_path, "--objects", str(tmp_path / "objects")).returncode == 1


def test_an_empty_tree_fails(tmp_path):
    assert check(tmp_path).returncode == 1
