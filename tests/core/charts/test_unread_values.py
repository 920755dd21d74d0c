"""A values key that nothing in the chart reads is named, with its line and the key that was meant; no other key is."""

import pytest

from pipeline.adapters.charts.load_chart import load_chart
from pipeline.core.analysis.case_charts import chart
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.known_values import scope_of
from pipeline.core.charts.unread_value import UnreadValue, of_all_takers
from pipeline.core.charts.unread_values import unread_values
from pipeline.core.charts.values import values_of
from tests.support.tools import corpus

DEFAULTS = "replicaCount: 1\nimage: {tag: x}\nnodeSelector: {}\nmemory: {limit: 1}\nmap: {a: b}\n"
TEMPLATE = (
    "{{ .Values.replicaCount }} {{ .Values.image.tag }} {{ .Values.undocumented.key }} {{ .Values.global.registry }}"
    "{{ range $k, $v := .Values.map }}{{ end }}{{ toYaml .Values.whole }}{{ tpl .Values.text . }}"
    "{{ with .Values.block }}{{ toYaml . }}{{ end }}{{ .Values.piped | toYaml | indent 2 }}"
)
SUB = {
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": "port: 80\n",
    "charts/sub/templates/a.yaml": "{{ .Values.port }}",
}
ROW = "dependencies: [{name: sub, version: 1.0.0, condition: sub.enabled, tags: [extra]}]"
CHART = chart("1.0.0", DEFAULTS, files={"templates/a.yaml": TEMPLATE} | SUB, metadata=ROW)


def said(text: str) -> list[str]:
    layer = ValuesLayer("values/web/common.yaml", text, values_of(text))
    return [str(one) for one in unread_values([layer], scope_of(CHART))]


@pytest.mark.parametrize(
    ("text", "line", "key", "near"),
    [
        ("image: {tag: y}\nreplicaCout: 3\n", 2, "replicaCout", "replicaCount"),
        ("image:\n  tga: y\n", 2, "image.tga", "image.tag"),
        ("sub:\n  prot: 81\n", 2, "sub.prot", "sub.port"),
        ("global: {regsitry: a}\n", 1, "global.regsitry", "global.registry"),
        ("limit: 1\n", 1, "limit", "memory.limit"),
        ("nonsense: {a: 1, b: 2}\n", 1, "nonsense", ""),
    ],
)
def test_an_unknown_key_is_named_with_the_one_that_was_meant(text: str, line: int, key: str, near: str) -> None:
    meant = f"; did you mean {near}?" if near else ""
    assert said(text) == [f"values/web/common.yaml:{line}: the chart reads no value {key}{meant}"]


@pytest.mark.parametrize(
    "text",
    [
        DEFAULTS,
        "nodeSelector: {any: thing}",
        "undocumented: {key: 1}",
        "map: {other: 1}",
        "whole: {any: {thing: 1}}",
        "text: '{{ 1 }}'",
        "block: {any: 1}",
        "piped: {any: 1}",
        "global: {registry: a}",
        "global: {}",
        "sub: {enabled: false}",
        "sub: {port: 1}",
        "sub: {}",
        "tags: {extra: true}",
        "x-common: &a {b: c}\nnodeSelector: *a",
        "",
    ],
)
def test_a_key_that_may_be_read_is_not_named(text: str) -> None:
    assert said(text) == []


def test_of_a_shared_file_only_what_none_of_its_releases_reads() -> None:
    here, there = UnreadValue("all.yaml", 1, "a"), UnreadValue("all.yaml", 2, "b")
    takers = {"all.yaml": frozenset({"prod/web", "prod/api"})}
    assert list(of_all_takers({"prod/web": [here, there], "prod/api": [there]}, takers)) == [there]
    assert list(of_all_takers({"prod/web": [here]}, takers)) == []
    assert list(of_all_takers({"prod/web": [here]}, {"all.yaml": frozenset({"prod/web"})})) == [here]


@pytest.mark.slow
def test_no_default_of_a_real_chart_is_named() -> None:
    named: list[UnreadValue] = []
    for archive in sorted((corpus() / "charts").glob("*.tgz"))[::12]:
        found = load_chart(archive)
        layer = ValuesLayer(archive.name, found.files.get("values.yaml", ""), found.defaults)
        named += unread_values([layer], scope_of(found))
    assert named == []
