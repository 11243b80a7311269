# SPDX-License-Identifier: Apache-2.0
"""Manifests against Kubernetes' own schemas, the definitions of KEDA and the Prometheus operator, and the restricted Pod Security Standard."""
import functools
import pathlib

import jsonschema
import kubernetes_validate
import yaml

CRDS = pathlib.Path(__file__).parent / "crds"
VERSIONS = ["1.29", "1.34"]


def documents(text):
    return [d for d in yaml.safe_load_all(text) if d]


@functools.cache
def definitions():
    """(apiVersion, kind) -> JSON schema."""
    schemas = {}
    for file in CRDS.glob("*.yaml"):
        crd = yaml.safe_load(file.read_text())["spec"]
        for version in crd["versions"]:
            schemas[f"{crd['group']}/{version['name']}", crd["names"]["kind"]] = closed(version["schema"]["openAPIV3Schema"])
    return schemas


def closed(schema):
    """The schema with unknown properties refused, as a server with strict field validation does."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    result = {k: closed(v) for k, v in schema.items()}
    if isinstance(result.get("pattern"), str):
        result["pattern"] = result["pattern"].replace("^(?i)", "(?i)^")  # Go's way, Python's way
    names = result.get("properties")
    if isinstance(names, dict) and result.get("type") == "object" and not result.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


def validate(document):
    own = definitions().get((document["apiVersion"], document["kind"]))
    if own:
        body = dict(document, metadata={})  # of the server's own type, which a definition leaves open
        own = dict(own, properties=own["properties"] | {"metadata": {"type": "object"}})
        jsonschema.validate(body, own)
        return
    for version in VERSIONS:
        kubernetes_validate.validate(document, version, strict=True)


def pod_of(document):
    """The pod's spec of a Pod or of something that makes pods; None for the rest."""
    if document["kind"] == "Pod":
        return document["spec"]
    return document.get("spec", {}).get("template", {}).get("spec") if document["kind"] in ("Deployment", "StatefulSet", "Job") else None


ALLOWED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def restricted_violations(pod):
    """Each control of the restricted Pod Security Standard that the pod breaks."""
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    whole = pod.get("securityContext", {})
    found += [f"volume {v['name']}" for v in pod.get("volumes", []) if not set(v) - {"name"} <= ALLOWED_VOLUMES]
    if whole.get("sysctls"):
        found.append("sysctls")
    for c in pod.get("initContainers", []) + pod["containers"]:
        own = c.get("securityContext", {})
        effective = whole | own
        checks = {
            "privileged": not own.get("privileged", False),
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities.drop": "ALL" in own.get("capabilities", {}).get("drop", []),
            "capabilities.add": set(own.get("capabilities", {}).get("add", [])) <= {"NET_BIND_SERVICE"},
            "runAsNonRoot": effective.get("runAsNonRoot") is True,
            "runAsUser": effective.get("runAsUser") != 0,
            "seccompProfile": effective.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "procMount": own.get("procMount", "Default") == "Default",
            "hostPorts": not any(p.get("hostPort") for p in c.get("ports", [])),
        }
        found += [f"{c['name']}: {name}" for name, fine in checks.items() if not fine]
    return found
