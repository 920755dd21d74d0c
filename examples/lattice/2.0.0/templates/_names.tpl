{{- define "lattice.selector" -}}
app.kubernetes.io/name: lattice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "lattice.labels" -}}
{{ include "lattice.selector" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
