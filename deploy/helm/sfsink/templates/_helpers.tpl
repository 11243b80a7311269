{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "sfsink.name" -}}
{{- ternary .Release.Name (printf "%s-sfsink" .Release.Name) (contains "sfsink" .Release.Name) | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "sfsink.selector" -}}
app.kubernetes.io/name: sfsink
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sfsink.labels" -}}
{{ include "sfsink.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sfsink.image" -}}
{{- $i := .Values.image -}}
{{ $i.repository }}:{{ $i.tag | default .Chart.AppVersion }}{{ with $i.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "sfsink.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "sfsink.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{/* A value as libconfig: groups, lists of groups, arrays of scalars, strings, numbers. Helm reads numbers as doubles. */}}
{{- define "sfsink.libconfig" -}}
{{- if kindIs "map" . -}}
{
{{- range $k, $v := . }}
{{ printf "%s = %s;" $k (include "sfsink.libconfig" $v) | indent 2 }}
{{- end }}
}
{{- else if kindIs "slice" . -}}
{{- if and (len .) (kindIs "map" (first .)) -}}
(
{{- range $i, $v := . }}{{ if $i }},{{ end }}
{{ include "sfsink.libconfig" $v | indent 2 }}
{{- end }}
)
{{- else -}}
[{{ range $i, $v := . }}{{ if $i }}, {{ end }}{{ include "sfsink.libconfig" $v }}{{ end }}]
{{- end -}}
{{- else if kindIs "string" . -}}
{{ toRawJson . }}
{{- else if kindIs "float64" . -}}
{{ if eq (floor .) . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- else -}}
{{ . }}
{{- end -}}
{{- end }}

{{/* What the chart itself decides is laid over config. */}}
{{- define "sfsink.config" -}}
{{- $c := deepCopy .Values.config -}}
{{- $_ := set $c "http" (merge (dict "listen" (printf "0.0.0.0:%d" (int .Values.http.port))) ($c.http | default dict)) -}}
{{- if eq .Values.kind "StatefulSet" -}}
{{- $_ := set $c.kafka "properties" (append ($c.kafka.properties | default list) "consumer.group.instance.id=${HOSTNAME}") -}}
{{- end -}}
{{- if .Values.tokenStore.enabled -}}
{{- $_ := set $c.salesforce.auth "token_file" "/var/lib/sfsink/sfsink.token" -}}
{{- end -}}
{{- range $k, $v := $c }}
{{ $k }} = {{ include "sfsink.libconfig" $v }};
{{- end }}
{{- end }}

{{- define "sfsink.grace" -}}
{{ add 5 (ceil (divf (.Values.config.shutdown_ms | default 25000) 1000)) }}
{{- end }}

{{- define "sfsink.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The container without its command, ports and probes: also the login pod's and the test's. */}}
{{- define "sfsink.container" -}}
image: {{ include "sfsink.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
env:
  - name: HOSTNAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- range .Values.secrets.env }}
  - name: {{ .name }}
    valueFrom:
      secretKeyRef:
        name: {{ .secret }}
        key: {{ .key }}
  {{- end }}
  {{- with .Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/sfsink/sfsink.cfg
    subPath: sfsink.cfg
    readOnly: true
  {{- if .Values.secrets.files }}
  - name: secrets
    mountPath: /etc/sfsink/secrets
    readOnly: true
  {{- end }}
  {{- if .Values.tokenStore.enabled }}
  - name: tokens
    mountPath: /var/lib/sfsink
  {{- end }}
{{- end }}

{{- define "sfsink.volumes" -}}
- name: config
  configMap:
    name: {{ include "sfsink.name" . }}
{{- if .Values.secrets.files }}
- name: secrets
  projected:
    defaultMode: 0400 # fsGroup adds 0040; readable by others is refused by sfsink
    sources:
      {{- range .Values.secrets.files }}
      - secret:
          name: {{ .secret }}
          items:
            {{- range .keys }}
            - key: {{ . }}
              path: {{ . }}
            {{- end }}
      {{- end }}
{{- end }}
{{- if .Values.tokenStore.enabled }}
- name: tokens
  persistentVolumeClaim:
    claimName: {{ .Values.tokenStore.existingClaim | default (printf "%s-tokens" (include "sfsink.name" .)) }}
{{- end }}
{{- end }}
