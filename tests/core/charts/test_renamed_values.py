"""Which of our values stand under another key in a newer chart: only what can be told without a guess."""

import pytest

from pipeline.adapters.charts.load_chart import chart_of
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.renamed_values import renamed


def chart(values: str, template: str = "") -> Chart:
    files = {"Chart.yaml": "name: c\nversion: 1.0.0\n", "values.yaml": values, "templates/a.yaml": template}
    return chart_of({name: text.encode() for name, text in files.items()}, "", "c")


@pytest.mark.parametrize(
    ("before", "after", "own", "target"),
    [
        (
            ("web: {replicas: 1}", "replicas: {{ .Values.web.replicas }}"),
            ("replicaCount: 2", "replicas: {{ .Values.replicaCount }}"),
            "web.replicas",
            "replicaCount",
        ),
        (
            ("pod: {labels: {}}", "labels: {{ toYaml .Values.pod.labels }}"),
            ("podExtra: {}", "labels: {{ toYaml .Values.podExtra }}"),
            "pod.labels.team",
            "podExtra.team",
        ),
        (("web: {replicas: 1}", ""), ("webReplicas: 3", ""), "web.replicas", "webReplicas"),
        (
            ("logs: {level: info, json: true}", ""),
            ("log: {level: info, json: true}\nother: {level: info}", ""),
            "logs.level",
            "log.level",
        ),
        (("foo: {enabled: false}", ""), ("bar: {enabled: false}", ""), "foo.enabled", ""),
        (
            ("a: {x: 1, y: 2}", ""),
            ("b: {x: 1, y: 2}\nc: {x: 1, y: 2}", ""),
            "a.x",
            "",
        ),
        (("a: {x: 1, y: 1}", ""), ("b: {x: true, y: true}", ""), "a.x", ""),
        (("a: 1", "x: {{ .Values.a }}\ny: 1"), ("a: 1\nb: 2", "x: {{ .Values.b }}"), "a", ""),
        (
            ("a: 1\nb: 1", "x: {{ .Values.a }}\ny: {{ .Values.b }}"),
            ("c: 1", "x: {{ .Values.c }}\ny: {{ .Values.c }}"),
            "a b",
            "",
        ),
    ],
)
def test_what_is_moved(before: tuple[str, str], after: tuple[str, str], own: str, target: str) -> None:
    paths = [tuple(one.split(".")) for one in own.split()]
    found = renamed(chart(*before), chart(*after), paths)
    assert found == ({paths[0]: tuple(target.split("."))} if target else {})
