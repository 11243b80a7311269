# SPDX-License-Identifier: Apache-2.0
"""Alerts and dashboard: promtool takes them, every metric they name is one that the worker declares, every runbook is there."""
import json
import re
import subprocess

import pytest
import yaml

from harness.processes import BUILD, ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "sfsink.json"
KEDA = ROOT / "deploy" / "kubernetes" / "keda.yaml"

DECLARED = re.compile(r'metrics_(counter|gauge|histogram)\(\s*[\w>-]+,\s*"(sfsink_\w+)",\s*(?:"[^"]*"\s*)+,\s*"([^"]*)"')


def declared():
    """The worker's metrics: name as Prometheus stores it -> its label names."""
    found = {}
    for file in sorted((ROOT / "worker").glob("loop_metrics*.c")):
        for kind, name, labels in DECLARED.findall(file.read_text()):
            labels = set(filter(None, labels.split(",")))
            for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
                found[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found


def rules():
    return [r for g in yaml.safe_load(ALERTS.read_text())["groups"] for r in g["rules"]]


def panels():
    return [p for p in json.loads(DASHBOARD.read_text())["panels"] if p["type"] != "row"]


def expressions():
    yield from (r["expr"] for r in rules())
    yield from (t["expr"] for p in panels() for t in p["targets"])
    yield from (t["metadata"]["query"] for d in yaml.safe_load_all(KEDA.read_text()) for t in d["spec"]["triggers"] if "query" in t["metadata"])


def promtool(*arguments, **options):
    done = subprocess.run([BUILD / "tools" / "promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_declarations_are_found():
    known = declared()
    assert {"sfsink_events_consumed_total", "sfsink_end_to_end_seconds_bucket"} <= set(known)
    assert known["sfsink_events_total"] == {"route", "disposition"}


def test_every_metric_that_is_named_exists():
    known, unknown = declared(), set()
    for expression in expressions():
        names = set(re.findall(r"\bsfsink_\w+", re.sub(r'"[^"]*"', "", expression)))
        assert names, expression
        unknown |= names - set(known)
    assert not unknown


def test_every_label_that_is_named_exists():
    from_prometheus = {"namespace", "job", "instance", "service"}
    labels = set().union(*declared().values()) | from_prometheus
    for expression in expressions():
        for name, matchers in re.findall(r"(sfsink_\w+)\s*\{([^}]*)\}", expression):
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
                assert label in declared()[name] | from_prometheus, (label, expression)
        for group in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
            assert {g.strip() for g in group.split(",")} <= labels, expression


def test_promtool_takes_the_rules():
    promtool("check", "rules", ALERTS)


def test_every_alert_fires_where_it_must():
    promtool("test", "rules", "alerts_test.yaml", cwd=ALERTS.parent)
    tested = (ALERTS.parent / "alerts_test.yaml").read_text()
    assert [r["alert"] for r in rules() if r["alert"] not in tested] == []


def test_promtool_takes_the_dashboards_expressions(tmp_path):
    """A dashboard's expressions as recording rules, its variables filled in."""
    filled = [e.replace("$__rate_interval", "5m").replace("$namespace", ".*").replace("$job", ".*") for e in expressions()]
    entries = [{"record": f"r{i}", "expr": e} for i, e in enumerate(filled)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": entries}]}))
    promtool("check", "rules", "--lint=none", file)


HEALTHY = {'sfsink_api_usage{P}': "100x30", 'sfsink_api_limit{P}': "1000x30", 'sfsink_api_calls_total{P,status="200"}': "0+10x30"}


@pytest.mark.parametrize("series, limited", [
    ({}, 0),  # nothing is known yet
    (HEALTHY, 0),
    (HEALTHY | {'sfsink_api_usage{P}': "850x30"}, 1),
    (HEALTHY | {'sfsink_api_calls_total{P,status="503"}': "0+5x30"}, 1),
    (HEALTHY | {'sfsink_api_usage{P}': "850x30", 'sfsink_api_calls_total{P,status="0"}': "0+5x30"}, 2),
    (HEALTHY | {'sfsink_api_calls_total{P,status="400"}': "0+5x30"}, 0),  # a wrong record is not Salesforce's limit
])
def test_keda_holds_while_salesforce_is_the_limit(series, limited, tmp_path):
    """The query that the ScaledObject's formula asks: 0 lets it scale by lag, anything else holds the number of workers."""
    trigger = next(t for d in yaml.safe_load_all(KEDA.read_text()) for t in d["spec"]["triggers"] if t["name"] == "limited")
    pods = 'namespace="sfsink",service="sfsink",instance="a"'
    test = {"interval": "1m", "input_series": [{"series": s.replace("P", pods, 1), "values": v} for s, v in series.items()],
            "promql_expr_test": [{"expr": trigger["metadata"]["query"], "eval_time": "20m", "exp_samples": [{"labels": "{}", "value": limited}]}]}
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}))
    promtool("test", "rules", file)


def test_the_dashboard_is_whole():
    ids = [p["id"] for p in json.loads(DASHBOARD.read_text())["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("rule", rules(), ids=lambda r: r["alert"])
def test_every_alert_says_what_it_means_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert {"summary", "impact", "action", "runbook"} == set(rule["annotations"])
    file, anchor = rule["annotations"]["runbook"].split("#")
    assert anchor in anchors((ROOT / file).read_text())
