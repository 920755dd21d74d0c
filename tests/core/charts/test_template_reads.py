"""What templates read of the values, in all the ways that charts write it."""

import time

import pytest

from pipeline.core.charts.template_reads import reached, references
from pipeline.core.render.random_functions import by_chance

READ = [
    ("x: {{ .Values.web.port }}", "web.port"),
    ("x: {{ .Values.web.port }}", "web"),
    ("x: {{ $.Values.web.port | default 80 }}", "web.port"),
    ("x: {{ .root.Values.web.port }}", "web.port"),
    ('x: {{ index .Values "web-ui" "port" }}', "web-ui.port"),
    ('x: {{ (index .Values "web-ui").port }}', "web-ui.port"),
    ('x: {{ index .Values.a "b-c" }}', "a.b-c"),
    ("{{ with .Values.web }}x: {{ .port }}{{ end }}", "web.port"),
    ("{{- with .Values.web }}\nx: {{- toYaml . | nindent 2 }}\n{{- end }}", "web.anything.below"),
    ("{{ range $name, $one := .Values.sites }}{{ $one.host }}{{ end }}", "sites.mine.host"),
    ("{{ range .Values.sites }}{{ .host }}{{ end }}", "sites"),
    ("{{ .Values.extra | toYaml }}", "extra.any"),
    ("{{ toYaml .Values }}", "anything.at.all"),
    ("{{ .Values | toYaml }}", "anything"),
    ("{{ tpl .Values.text . }}", "text"),
    ("{{ tpl (toYaml .Values.labels) $ }}", "labels.mine"),
    ("{{ $v := .Values }}{{ $v.web.port }}", "web.port"),
    ("{{ $web := .Values.web }}{{ toYaml $web }}", "web.any"),
    ("{{ ((.Values.web).tls).secret }}", "web.tls.secret"),
    ('{{ dig "tls" "secret" "none" .Values.web }}', "web.tls.secret"),
    ('{{ define "t" }}{{ .port }}{{ end }}{{ include "t" .Values.web }}', "web.port"),
    ('{{ define "t" }}{{ toYaml . }}{{ end }}{{ include "t" .Values.web }}', "web.any"),
    (
        '{{ define "t" }}{{ tpl (.value | toYaml) .ctx }}{{ end }}{{ include "t" (dict "value" .Values.l "ctx" $) }}',
        "l.a",
    ),
    ('{{ if hasKey .Values "web" }}x{{ end }}', "web"),
    ('{{ range $key := list "a" }}{{ get $.Values.web $key }}{{ end }}', "web.a"),
]

UNREAD = [
    ("x: {{ .Values.web.port }}", "web.host"),
    ("x: {{ .Values.web.port }}", "webs"),
    ("{{/* .Values.web.port is gone */}}", "web.port"),
    ("Set .Values.web.port to reach it.", "web.port"),
    ('x: {{ index .Values "web-ui" "port" }}', "other"),
    ('x: {{ index .Values "web-ui" "port" }}', "web-ui.host"),
    ("{{ with .Values.web }}x: {{ .port }}{{ end }}{{ toYaml .Values.other }}", "web.host"),
    ('{{ define "t" }}{{ printf "%s" .port }}{{ end }}{{ include "t" .Values.web }}', "web.host"),
    ("{{ .Values.web.hosting }}", "web.host"),
]


def reads(text: str, dotted: str) -> bool:
    return references([text]).reads(tuple(dotted.split(".")))


@pytest.mark.parametrize(("text", "dotted"), READ)
def test_what_a_template_may_read_is_known(text: str, dotted: str) -> None:
    assert reads(text, dotted)


@pytest.mark.parametrize(("text", "dotted"), UNREAD)
def test_what_no_template_can_read_is_not(text: str, dotted: str) -> None:
    assert not reads(text, dotted)


def test_a_library_reads_the_values_of_who_calls_it() -> None:
    library = '{{ define "lib.a" }}{{ include "lib.b" . }}{{ end }}'
    below = '{{ define "lib.b" }}{{ .Values.web.port }}{{ end }}'
    unused = '{{ define "lib.c" }}{{ .Values.other }}{{ end }}'
    read = references(reached(['{{ include "lib.a" . }}'], [below, unused, library]))
    assert read.reads(("web", "port"))
    assert not read.reads(("other",))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "{{" * 100_000,
        '{{ define "a" }}' * 12_000,
        "{{ with .Values.a }}" * 10_000,
        "{{ $a := .Values.a }}" * 10_000,
        "{{ " + "/* " * 60_000 + " }}",
        "{{ " + "toYaml " * 30_000 + " }}",
    ],
)
def test_a_strangers_template_does_not_cost_the_square_of_its_length(text: str) -> None:
    start = time.process_time()
    references([text])
    by_chance({"templates/a.yaml": text + "randAlpha"})
    assert time.process_time() - start < 20
