{{- define "aclens.name" -}}
{{- .Chart.Name -}}
{{- end }}

{{- define "aclens.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "aclens.selector" -}}
app.kubernetes.io/name: {{ include "aclens.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aclens.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "aclens.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "aclens.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "aclens.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "aclens.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{/* The configuration: what was given, and what belongs to the pod. */}}
{{- define "aclens.config" -}}
{{- $p := .Values.ports }}
{{- $listen := dict "ldap" (printf ":%d" (int $p.ldap)) "ldaps" "" "http" "" "metrics" (printf ":%d" (int $p.metrics)) "allowPlaintextBind" .Values.allowPlaintextBind }}
{{- $own := dict "listen" $listen "state" (dict "dir" "/var/lib/aclens/state") "drain" (dict "delay" (printf "%ds" (int .Values.drainSeconds))) }}
{{- if .Values.tls.secretName }}
{{- $_ := set $listen "ldaps" (printf ":%d" (int $p.ldaps)) }}
{{- $_ := set $listen "http" (printf ":%d" (int $p.http)) }}
{{- $tls := dict "certFile" "/run/aclens/tls/tls.crt" "keyFile" "/run/aclens/tls/tls.key" }}
{{- if .Values.tls.clientCA }}{{ $_ := set $tls "clientCAFile" "/run/aclens/tls/ca.crt" }}{{ end }}
{{- $_ := set $own "tls" $tls }}
{{- end }}
{{- toYaml (merge $own (deepCopy .Values.config)) }}
{{- end }}

{{- define "aclens.pod" -}}
metadata:
  labels:
    {{- include "aclens.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # The configuration is read at the start only: another one makes other pods.
    checksum/config: {{ include "aclens.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "aclens.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # drainSeconds, 15 s for requests in progress, and some to spare.
  terminationGracePeriodSeconds: {{ add (int .Values.drainSeconds) 20 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
    {{- if .Values.bindPrivilegedPorts }}
    # A capability alone does not reach a process that is not root; this does.
    sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "0"}]
    {{- end }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity: {{ toYaml .Values.affinity | nindent 4 }}
  {{- else if eq .Values.antiAffinity "hard" }}
  affinity:
    podAntiAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "aclens.selector" . | nindent 14 }}
  {{- else if eq .Values.antiAffinity "soft" }}
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels: {{- include "aclens.selector" . | nindent 16 }}
  {{- end }}
  {{- with .Values.topologyKey }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "aclens.selector" $ | nindent 10 }}
  {{- end }}
  containers:
    - name: aclens
      image: {{ include "aclens.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/aclens/aclens.yaml]
      {{- with .Values.env }}
      env: {{ toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        privileged: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
          {{- if .Values.bindPrivilegedPorts }}
          add: [NET_BIND_SERVICE]
          {{- end }}
      ports:
        - {name: ldap, containerPort: {{ .Values.ports.ldap }}}
        {{- if .Values.tls.secretName }}
        - {name: ldaps, containerPort: {{ .Values.ports.ldaps }}}
        - {name: http, containerPort: {{ .Values.ports.http }}}
        {{- end }}
        - {name: metrics, containerPort: {{ .Values.ports.metrics }}}
      # Alive is who answers; ready is who has a state. While a directory is away a
      # restart would not help.
      startupProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 2, failureThreshold: 30}
      livenessProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
      readinessProbe: {httpGet: {path: /readyz, port: metrics}, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - {name: config, mountPath: /etc/aclens, readOnly: true}
        - {name: state, mountPath: /var/lib/aclens}
        {{- if .Values.tls.secretName }}
        - {name: tls, mountPath: /run/aclens/tls, readOnly: true}
        {{- end }}
        {{- if .Values.secrets }}
        - {name: secrets, mountPath: /run/aclens/secrets, readOnly: true}
        {{- end }}
        {{- range .Values.sources }}
        - {name: {{ printf "source-%s" .name }}, mountPath: {{ printf "/data/%s" .name }}, readOnly: true}
        {{- end }}
  volumes:
    - {name: config, configMap: {name: {{ include "aclens.fullname" . }}}}
    {{- if not .Values.persistence.enabled }}
    - {name: state, emptyDir: {sizeLimit: {{ .Values.stateSizeLimit }}}}
    {{- end }}
    {{- if .Values.tls.secretName }}
    - {name: tls, secret: {secretName: {{ .Values.tls.secretName }}, defaultMode: 0440}}
    {{- end }}
    {{- if .Values.secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- range .Values.secrets }}
          - secret: {name: {{ .secretName }}, items: [{key: {{ .key }}, path: {{ .name }}}]}
          {{- end }}
    {{- end }}
    {{- range .Values.sources }}
    - {{- merge (dict "name" (printf "source-%s" .name)) .volume | toYaml | nindent 6 }}
    {{- end }}
{{- end }}
