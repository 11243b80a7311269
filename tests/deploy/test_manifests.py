# SPDX-License-Identifier: Apache-2.0
"""The rendered manifests under deploy/kubernetes: valid, restricted, and with a configuration that the worker takes."""
import copy

import jsonschema
import kubernetes_validate
import pytest
import yaml

from harness.processes import ROOT, sfsink
from kube import documents, pod_of, restricted_violations, validate

FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(f.name for f in FOLDER.glob("*.yaml") if f.name != "values.yaml")


def read(name):
    return documents((FOLDER / name).read_text())


def the(kind, name="sfsink.yaml"):
    return next(d for d in read(name) if d["kind"] == kind)


@pytest.mark.parametrize("name", FILES)
def test_every_document_is_valid(name):
    assert read(name)
    for document in read(name):
        validate(document)


@pytest.mark.parametrize("name", ["sfsink.yaml", "statefulset.yaml"])
def test_pods_are_restricted(name):
    pods = [p for p in map(pod_of, read(name)) if p]
    assert pods
    for pod in pods:
        assert restricted_violations(pod) == []
        assert pod["automountServiceAccountToken"] is False
        assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in pod["containers"])


def test_the_validators_see_mistakes():
    misspelt = the("Deployment")
    misspelt["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(misspelt)
    scaled = the("ScaledObject", "keda.yaml")
    scaled["spec"]["maxReplicas"] = 3
    with pytest.raises(jsonschema.ValidationError):
        validate(scaled)
    pod = copy.deepcopy(pod_of(the("Deployment")))
    pod["containers"][0]["securityContext"]["capabilities"] = {}
    pod["securityContext"]["runAsNonRoot"] = False
    assert restricted_violations(pod) == ["sfsink: capabilities.drop", "sfsink: runAsNonRoot"]


def test_secrets_are_not_readable_by_others():
    pod = pod_of(the("Deployment"))
    modes = [v["projected"]["defaultMode"] for v in pod["volumes"] if "projected" in v]
    assert modes == [0o400] and pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_the_grace_is_longer_than_the_shutdown():
    config = the("ConfigMap")["data"]["sfsink.cfg"]
    shutdown_ms = int(config.split("shutdown_ms = ")[1].split(";")[0])
    assert pod_of(the("Deployment"))["terminationGracePeriodSeconds"] * 1000 >= shutdown_ms + 5000


@pytest.mark.parametrize("name", ["sfsink.yaml", "statefulset.yaml"])
def test_the_worker_takes_the_configuration(name, tmp_path):
    (tmp_path / "client_secret").write_text("a secret\n")
    (tmp_path / "client_secret").chmod(0o440)
    text = the("ConfigMap", name)["data"]["sfsink.cfg"]
    assert 'listen = "0.0.0.0:9464"' in text  # probes come from outside the pod
    file = tmp_path / "sfsink.cfg"
    file.write_text(text.replace("/etc/sfsink/secrets", str(tmp_path)))
    done = sfsink("check", "--offline", "-c", file, SFSINK_CLIENT_ID="id", HOSTNAME="sfsink-0")
    assert done.returncode == 0, done.stdout + done.stderr


def test_static_members_have_their_pods_names():
    config = the("ConfigMap", "statefulset.yaml")["data"]["sfsink.cfg"]
    assert "consumer.group.instance.id=${HOSTNAME}" in config
    names = {e["name"]: e for e in pod_of(the("StatefulSet", "statefulset.yaml"))["containers"][0]["env"]}
    assert names["HOSTNAME"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


def test_keda_scales_within_reason():
    spec = the("ScaledObject", "keda.yaml")["spec"]
    values = yaml.safe_load((FOLDER / "values.yaml").read_text())
    assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= values["keda"]["partitions"]
    triggers = {t["name"]: t for t in spec["triggers"]}
    kafka = triggers["lag"]["metadata"]
    assert kafka["allowIdleConsumers"] == "false" and kafka["excludePersistentLag"] == "true"
    assert kafka["consumerGroup"] == values["config"]["kafka"]["group"]
    # While Salesforce is the limit the number stays: workers * threshold over the threshold is workers.
    modifiers = spec["advanced"]["scalingModifiers"]
    assert modifiers["formula"] == f"limited > 0 ? workers * {modifiers['target']} : lag"
    assert {"limited", "workers"} <= set(triggers)
