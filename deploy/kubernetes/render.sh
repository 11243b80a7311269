#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Renders the chart into plain manifests: deploy/kubernetes/render.sh HELM FOLDER
set -euo pipefail
helm=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
chart=$here/../helm/sfsink

render() { # FILE TEMPLATES OPTIONS...
    local file=$out/$1 show=() t
    for t in $2; do show+=(--show-only "templates/$t.yaml"); done
    shift 2
    {
        echo "# SPDX-License-Identifier: Apache-2.0"
        echo "# Rendered by make manifests from deploy/helm/sfsink with deploy/kubernetes/values.yaml: change those."
        "$helm" template sfsink "$chart" --kube-version 1.30 --namespace sfsink --values "$here/values.yaml" "${show[@]}" "$@" 2> >(grep -v "symbolic link" >&2) |
            sed '/^# Source: /d; /managed-by: Helm$/d; s/[[:space:]]*$//'
    } >"$file"
}

mkdir -p "$out"
render sfsink.yaml "serviceaccount configmap service workload poddisruptionbudget networkpolicy"
render statefulset.yaml "configmap workload" --set kind=StatefulSet
render keda.yaml "scaledobject" --set keda.enabled=true
render monitoring.yaml "monitoring" --set serviceMonitor.enabled=true --set prometheusRule.enabled=true
