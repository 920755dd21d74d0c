{{- define "lattice.selector" -}}
app: lattice
{{- end }}
{{- define "lattice.labels" -}}
{{ include "lattice.selector" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
