"""Which of our keys a chart knows: on charts with dependencies of every sort, each made by hand."""

from typing import Any

import pytest

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.analysis.changed_defaults import changed_defaults
from pipeline.core.charts.known_values import default_at, knows, scope_of
from pipeline.core.diff.change import Diff
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.risk.upgrade import Side, Upgrade

PART = {
    "charts/part/Chart.yaml": "name: part\nversion: 1.0.0\n",
    "charts/part/values.yaml": "port: 80\nlabels: {}\n",
    "charts/part/templates/a.yaml": "{{ .Values.port }} {{ .Values.global.domain }} {{ .Values.hidden.key }}",
}
LIBRARY = {
    "charts/lib/Chart.yaml": "name: lib\nversion: 1.0.0\ntype: library\n",
    "charts/lib/templates/_all.tpl": '{{ define "lib.x" }}{{ .Values.fromLibrary.port }}{{ end }}',
    "templates/x.yaml": '{{ include "lib.x" . }}',
}


def known(dotted: str, files: dict[str, str], values: str = "", metadata: str = "") -> bool:
    return knows(scope_of(chart("1.0.0", values, files=files, metadata=metadata)), tuple(dotted.split(".")))


ALIAS = (
    "dependencies: [{name: part, version: 1.x, alias: front, condition: front.on, tags: [ui]}, "
    "{name: part, version: ^1.0.0, alias: back}]"
)


@pytest.mark.parametrize(
    "dotted",
    [
        "front",
        "front.port",
        "back.port",
        "front.labels.any",
        "front.hidden.key",
        "front.on",
        "tags.ui",
        "global.domain",
    ],
)
def test_the_values_of_a_dependency_are_known_below_its_alias(dotted: str) -> None:
    assert known(dotted, PART, metadata=ALIAS)


@pytest.mark.parametrize("dotted", ["part.port", "front.prot", "tags.other", "global.other", "back.on", "port"])
def test_what_no_chart_has_is_not(dotted: str) -> None:
    assert not known(dotted, PART, metadata=ALIAS)


def test_a_chart_for_helm_2_declares_its_dependencies_in_a_file_of_their_own() -> None:
    files = PART | {
        "requirements.yaml": "dependencies: [{name: part, version: 1.x, alias: front, condition: front.on}]"
    }
    assert known("front.port", files)
    assert known("front.on", files)
    assert not known("part.port", files)


def test_a_dependency_that_is_simply_there_goes_by_its_own_name_whatever_its_folder_is_called() -> None:
    files = {path.replace("charts/part/", "charts/part-1.0.0/"): text for path, text in PART.items()}
    assert known("part.port", files)
    assert not known("part-1.port", files)


def test_a_library_reads_the_values_of_the_chart_that_calls_it() -> None:
    assert known("fromLibrary.port", LIBRARY)
    assert not known("fromLibrary.host", LIBRARY)
    assert not known("fromLibrary.port", LIBRARY | {"templates/x.yaml": "{{ .Values.other }}"})


def test_what_only_the_notes_read_has_no_effect() -> None:
    assert not known("old", {"templates/NOTES.txt": "{{ if .Values.old }}it is gone{{ end }}"})


def test_texts_that_are_handed_to_tpl_read_values_too() -> None:
    assert known("conf.port", {"files/app.conf": "port {{ .Values.conf.port }}"})
    assert known("host", {}, values="url: 'https://{{ .Values.host }}/'\n")


def test_a_map_that_is_handed_on_whole_takes_every_key_whatever_the_defaults_are() -> None:
    template = {"templates/a.yaml": "{{- with .Values.nodeSelector }}\n{{- toYaml . }}\n{{- end }}"}
    assert known("nodeSelector.disk", template, values="nodeSelector: {os: linux}\n")
    named = {"templates/a.yaml": "{{ .Values.nodeSelector.os }}"}
    assert not known("nodeSelector.disk", named, values="nodeSelector: {os: linux}\n")


def test_the_charts_own_defaults_for_a_dependency_come_first() -> None:
    scope = scope_of(chart("1.0.0", "front: {port: 81}\n", files=PART, metadata=ALIAS))
    assert default_at(scope, ("front", "port")) == 81
    assert default_at(scope, ("back", "port")) == 80


def test_a_dependencys_default_that_the_chart_above_sets_is_not_in_effect() -> None:
    files = [PART | {"charts/part/values.yaml": f"port: {port}\nlabels: {{}}\n"} for port in (80, 81)]
    above = "part: {port: 9}\n"
    hidden = sides(chart("1.0.0", above, files=files[0]), chart("2.0.0", above, files=files[1]))
    shown = sides(chart("1.0.0", files=files[0]), chart("2.0.0", files=files[1]))
    assert [change.own_path for change in changed_defaults(upgrade(hidden))] == []
    assert [change.own_path for change in changed_defaults(upgrade(shown))] == [("part", "port")]


def upgrade(both: dict[str, Any]) -> Upgrade:
    before, after = (Side(ManifestSet(), **both[name]) for name in ("before", "after"))
    return Upgrade("web", "shop", before, after, Diff())
