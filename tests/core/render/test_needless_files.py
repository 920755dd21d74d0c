"""Left out is only what no stand-in can change, and what nothing that is left reads."""

import pytest

from pipeline.core.render.needless_files import needless_files
from pipeline.core.render.random_functions import by_chance

RANDOM = "password: {{ randAlphaNum 8 }}"
PLAIN = "a: {{ .Values.a }}"
ALL_STAY: dict[str, dict[str, str]] = {
    "a random template changes what others read": {"templates/a.yaml": '{{ $_ := set .Values "a" (randAlphaNum 8) }}'},
    "a random named template changes what others read": {
        "templates/_a.tpl": '{{ define "a" }}{{ $_ := merge .Values (dict "a" (randAlphaNum 8)) }}{{ end }}',
        "templates/a.yaml": '{{ include "a" . }}',
    },
    "values call a random template": {
        "templates/_a.tpl": '{{ define "a" }}{{ randAlphaNum 8 }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}',
        "templates/a.yaml": '{{ include "a" . }}',
        "values.yaml": "x: '{{ include \"b\" . }}'",
    },
    "values call a random function": {
        "templates/a.yaml": RANDOM,
        "templates/b.yaml": "{{ tpl .Values.x . }}",
        "values.yaml": "x: '{{ uuidv4 }}'",
    },
    "values call a template by a name that is a value": {
        "templates/_a.tpl": '{{ define "a" }}{{ randAlphaNum 8 }}{{ end }}',
        "templates/a.yaml": '{{ include "a" . }}',
        "values.yaml": "x: '{{ include .Values.name . }}'",
    },
    "a packed chart is inside": {"templates/a.yaml": RANDOM, "charts/sub-1.0.0.tgz": ""},
    "a template is included by a path that is put together": {
        "templates/a.yaml": RANDOM,
        "templates/b.yaml": "{{ include (print $.Template.BasePath .Values.path) . }}",
    },
}


def left_out(files: dict[str, str], *values: str) -> frozenset[str]:
    return needless_files(files, by_chance(files), values)


@pytest.mark.parametrize("files", ALL_STAY.values(), ids=ALL_STAY)
def test_where_one_may_act_on_another_all_stay(files: dict[str, str]) -> None:
    assert by_chance(files)
    assert left_out({**files, "templates/plain.yaml": PLAIN, "crds/c.yaml": "kind: X"}) == frozenset()


STAYS: dict[str, dict[str, str]] = {
    "it is random": {"templates/x.yaml": RANDOM},
    "it includes what is random by its path": {
        "templates/x.yaml": 'sum: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}'
    },
    "it is included by its path": {
        "templates/x.yaml": PLAIN,
        "templates/by.yaml": 'sum: {{ include (print .Template.BasePath "/x.yaml") . | sha256sum }}',
    },
    "it is included by its whole path": {
        "templates/x.yaml": PLAIN,
        "templates/by.yaml": 'sum: {{ include "web/templates/x.yaml" . | sha256sum }} {{ uuidv4 }}',
    },
    "it changes what others read": {"templates/x.yaml": '{{ $_ := set .Values "a" 1 }}'},
    "it calls what changes what others read": {
        "templates/x.yaml": '{{ include "defaults" . }}',
        "templates/_d.tpl": '{{ define "defaults" }}{{ $_ := mergeOverwrite .Values (dict "a" 1) }}{{ end }}',
    },
    "others use what it defines": {"templates/x.yaml": '{{ define "one" }}{{ end }}'},
    "it renders a text that is put together": {"templates/x.yaml": '{{ tpl (printf "{{ %s }}" "now") . }}'},
}


@pytest.mark.parametrize("files", STAYS.values(), ids=STAYS)
def test_it_stays(files: dict[str, str]) -> None:
    found = left_out({"templates/a.yaml": RANDOM, "templates/plain.yaml": PLAIN, **files})
    assert "templates/x.yaml" not in found
    assert "templates/a.yaml" not in found
    assert "templates/plain.yaml" in found


def test_definitions_stay_where_templates_read_files() -> None:
    files = {"templates/a.yaml": RANDOM, "charts/crds/Chart.yaml": "name: crds", "crds/c.yaml": "kind: X"} | {
        "charts/crds/crds/d.yaml": "kind: Y"
    }
    assert left_out(files) == {"crds/c.yaml", "charts/crds/crds/d.yaml"}
    assert left_out({**files, "templates/_b.tpl": '{{ .Files.Get "crds/c.yaml" }}'}) == frozenset()


def test_what_a_user_sets_counts_too() -> None:
    files = {"templates/_a.tpl": '{{ define "a" }}{{ uuidv4 }}{{ end }}', "templates/plain.yaml": PLAIN}
    assert left_out(files, "x: plain") == {"templates/plain.yaml"}
    assert left_out(files, "x: '{{ include \"a\" . }}'") == frozenset()
