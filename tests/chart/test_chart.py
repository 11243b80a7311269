# SPDX-License-Identifier: Apache-2.0
"""The Helm chart, rendered by helm itself (make deploy-test): every way of setting it up is valid, and nonsense is refused."""
import os
import subprocess

import pytest
import yaml

from harness.processes import ROOT
from kube import documents, pod_of, restricted_violations, validate

HELM = os.environ.get("HELM", str(ROOT / "build" / "tools" / "helm"))
CHART = ROOT / "deploy" / "helm" / "sfsink"
VALUES = ROOT / "deploy" / "kubernetes" / "values.yaml"


def helm(*arguments):
    return subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def render(*sets, values=VALUES, release="sfsink", kubernetes="1.30"):
    options = [o for s in sets for o in ("--set", s)]
    done = helm("template", release, CHART, "--namespace", "here", "--kube-version", kubernetes, "-f", values, *options)
    assert done.returncode == 0, done.stderr
    return documents(done.stdout)


def refused(*sets, values=VALUES):
    options = [o for s in sets for o in ("--set", s)]
    done = helm("template", "sfsink", CHART, "--kube-version", "1.30", "-f", values, *options)
    assert done.returncode != 0, done.stdout
    return done.stderr


def kinds(rendered):
    return {d["kind"] for d in rendered}


def the(rendered, kind):
    return next(d for d in rendered if d["kind"] == kind)


EVERYTHING = ["keda.enabled=true", "serviceMonitor.enabled=true", "prometheusRule.enabled=true", "dashboard.enabled=true", "tokenStore.enabled=true",
              "tokenStore.loginPod=true", "tokenStore.storageClass=nfs", "imagePullSecrets[0].name=registry", "priorityClassName=high",
              "nodeSelector.disk=ssd", "podLabels.team=data", "podAnnotations.a=b", "env[0].name=HTTPS_PROXY", "env[0].value=http://proxy:3128",
              "serviceAccount.annotations.a=b", "networkPolicy.kafka.to[0].ipBlock.cidr=10.0.0.0/8", "keda.authenticationRef=kafka",
              "keda.kafkaMetadata.sasl=scram_sha512", "image.digest=sha256:" + "a" * 64]

VARIANTS = {
    "defaults": [],
    "stateful": ["kind=StatefulSet"],
    "everything": EVERYTHING,
    "everything stateful": [*EVERYTHING, "kind=StatefulSet"],
    "bare": ["networkPolicy.enabled=false", "podDisruptionBudget.enabled=false", "topologySpread.enabled=false", "serviceAccount.create=false",
             "secrets.files=null", "secrets.env=null", "config.salesforce.auth.client_secret_file=null"],
    "kafka with a password": ["config.kafka.properties[0]=sasl.password_file=/etc/sfsink/secrets/kafka", "config.kafka.properties[1]=ssl.key.password=${KEY}"],
    "keda without hold": ["keda.enabled=true", "keda.holdWhenSalesforceLimits.enabled=false"],
}


def test_lint():
    done = helm("lint", "--strict", CHART, "-f", VALUES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kubernetes", ["1.27", "1.34"])
@pytest.mark.parametrize("sets", VARIANTS.values(), ids=VARIANTS.keys())
def test_each_variant_is_valid_and_restricted(sets, kubernetes):
    for document in render(*sets, kubernetes=kubernetes):
        validate(document)
        pod = pod_of(document)
        if pod:
            assert restricted_violations(pod) == []
            assert pod["automountServiceAccountToken"] is False


def test_all_of_it_is_there():
    assert kinds(render()) == {"ConfigMap", "Deployment", "NetworkPolicy", "Pod", "PodDisruptionBudget", "Service", "ServiceAccount"}
    more = kinds(render(*EVERYTHING)) - kinds(render())
    assert more == {"PersistentVolumeClaim", "PrometheusRule", "ScaledObject", "ServiceMonitor"}


def test_two_releases_do_not_meet():
    names = [{(d["kind"], d["metadata"]["name"]) for d in render(*EVERYTHING, release=r)} for r in ("sfsink", "orders")]
    assert not names[0] & names[1]


def test_the_alerts_and_the_dashboard_are_the_files():
    rendered = render(*EVERYTHING)
    assert the(rendered, "PrometheusRule")["spec"] == yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())
    dashboard = next(d for d in rendered if d["metadata"]["name"] == "sfsink-dashboard")
    assert dashboard["data"]["sfsink.json"].strip() == (ROOT / "deploy" / "grafana" / "sfsink.json").read_text().strip()


def test_a_package_holds_the_linked_files(tmp_path):
    assert helm("package", CHART, "-d", tmp_path).returncode == 0
    done = helm("template", "sfsink", next(tmp_path.glob("*.tgz")), "--kube-version", "1.30", "-f", VALUES, "--set", "prometheusRule.enabled=true")
    assert done.returncode == 0 and "SfsinkStandsStill" in done.stdout, done.stderr


def test_the_grace_follows_shutdown_ms():
    for shutdown_ms, grace in ((25000, 30), (90500, 96)):
        pod = pod_of(the(render(f"config.shutdown_ms={shutdown_ms}"), "Deployment"))
        assert pod["terminationGracePeriodSeconds"] == grace


def test_keda_sets_the_number_of_workers():
    assert the(render(), "Deployment")["spec"]["replicas"] == 2
    assert "replicas" not in the(render("keda.enabled=true"), "Deployment")["spec"]
    assert the(render("keda.enabled=true", "keda.maxReplicas=0"), "ScaledObject")["spec"]["maxReplicaCount"] == 12


def test_a_changed_configuration_rolls_the_pods():
    sums = [the(render(*s), "Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for s in ([], ["config.batch.linger_ms=100"])]
    assert sums[0] != sums[1]


AWKWARD = {
    "config": {
        "batch": {"max_bytes": 4194304},
        "buffer": {"max_events": 2000000},
        "routes": [{"topic": "^a\\..*", "format": "row", "object": "Contact", "where": '.a < 1 and .b > 2 and .c == "ü\\n&"',
                    "allow_duplicates": True, "fields": [{"to": "X__c", "value": 0.5}, {"to": "Y__c", "value": 12345678901}]}],
    }
}


def test_values_become_libconfig_exactly(tmp_path):
    file = tmp_path / "values.yaml"
    base = yaml.safe_load(VALUES.read_text())
    base["config"] |= AWKWARD["config"]
    file.write_text(yaml.safe_dump(base, allow_unicode=True))
    text = next(d for d in render(values=file) if d["kind"] == "ConfigMap")["data"]["sfsink.cfg"]
    for line in ("max_bytes = 4194304;", "max_events = 2000000;", r'topic = "^a\\..*";', r'where = ".a < 1 and .b > 2 and .c == \"ü\\n&\"";',
                 "allow_duplicates = true;", "value = 0.5;", "value = 12345678901;"):
        assert line in text, (line, text)


@pytest.mark.parametrize("sets, why", [
    (["config.routes=null"], "routes"),
    (["config.kafka.brokers="], "brokers"),
    (["config.salesforce.auth.login_url=http://example.com"], "login_url"),
    (["config.salesforce.auth.client_secret=hunter2"], "client_secret"),
    (["config.salesforce.auth.flow=password"], "flow"),
    (["config.kafka.properties[0]=sasl.password=hunter2"], "properties"),
    (["replica=3"], "replica"),
    (["config.kafk.brokers=a"], "kafk"),
    (["kind=DaemonSet"], "kind"),
    (["keda.enabled=true", "keda.partitions=0"], "keda.partitions"),
    (["keda.enabled=true", "keda.maxReplicas=13"], "13 workers for 12 partitions"),
    (["keda.enabled=true", "keda.minReplicas=0"], "minReplicas"),
])
def test_nonsense_is_refused(sets, why):
    assert why in refused(*sets)


def test_the_plain_manifests_are_up_to_date(tmp_path):
    folder = ROOT / "deploy" / "kubernetes"
    subprocess.run([folder / "render.sh", HELM, tmp_path], check=True, timeout=60)
    made = {f.name: f.read_text() for f in tmp_path.iterdir()}
    kept = {f.name: f.read_text() for f in folder.glob("*.yaml") if f.name != "values.yaml"}
    assert made == kept, "make manifests, and commit what it changes"
