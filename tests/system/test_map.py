# SPDX-License-Identifier: Apache-2.0
"""`sfsink map`: a folder of tests/data/map a case (route.cfg, events.jsonl, out.jsonl), and how it is called."""
import json

import pytest

from harness.processes import ROOT, sfsink

CASES = sorted(p.parent for p in (ROOT / "tests/data/map").glob("*/route.cfg"))
ONE = '{ topic = "%s"; format = "row"; object = "Custom Object"; custom_object = "X__c"; external_id = "E__c"; fields = ( { to = "E__c"; from = "id"; } ); }'


def lines(text):
    return [line for line in text.split("\n") if line]


@pytest.mark.smoke
@pytest.mark.parametrize("case", CASES, ids=lambda p: p.name)
def test_case(case):
    expected = (case / "out.jsonl").read_text(encoding="utf-8")
    done = sfsink("-c", case / "route.cfg", "map", stdin=(case / "events.jsonl").read_text(encoding="utf-8"))
    assert lines(done.stdout) == lines(expected)
    assert done.stderr == ""
    assert done.returncode == (1 if any(json.loads(line)["do"] == "refuse" for line in lines(expected)) else 0)


@pytest.fixture
def config(tmp_path):
    def write(*topics):
        file = tmp_path / "sfsink.cfg"
        file.write_text("routes = ( %s );\n" % ", ".join(ONE % topic for topic in topics))
        return file

    return write


def test_several_routes_need_a_topic(config):
    done = sfsink("-c", config("a", "b"), "map", stdin='{"id":1}\n')
    assert (done.returncode, done.stdout) == (64, "")
    assert "--topic" in done.stderr


def test_topic_chooses_the_route(config):
    done = sfsink("map", "--topic", "b", "-c", config("a", "b"), stdin='{"id":1}\n')
    assert (done.returncode, done.stdout) == (0, '{"do":"upsert","object":"X__c","key":"1","record":{"E__c":1}}\n')


def test_unknown_topic(config):
    done = sfsink("-c", config("a", "b"), "map", "--topic=c")
    assert done.returncode == 64 and "no route reads this topic" in done.stderr


@pytest.mark.parametrize("arguments", [["--topic"], ["--nonsense"], ["file"]])
def test_wrong_usage(config, arguments):
    done = sfsink("-c", config("a"), "map", *arguments)
    assert done.returncode == 64 and done.stderr.startswith("sfsink: map ")


def test_wrong_configuration(tmp_path):
    file = tmp_path / "sfsink.cfg"
    file.write_text('routes = ( { topic = "a"; } );\n')
    done = sfsink("-c", file, "map")
    assert done.returncode == 78 and f"{file}:1: " in done.stderr


def test_blank_lines_and_a_last_line_without_end(config):
    done = sfsink("-c", config("a"), "map", stdin='\n  \r\n{"id":1}\r\n{"id":2}')
    assert [json.loads(line)["key"] for line in lines(done.stdout)] == ["1", "2"]


def test_codes_are_documented(config):
    known = {line.split()[0] for line in lines(sfsink("help", "codes").stdout) if line and not line.startswith(" ")}
    used = {json.loads(line).get("code") for case in CASES for line in lines((case / "out.jsonl").read_text(encoding="utf-8"))}
    assert used - {None} <= known
