"""A chart that does not render: the error stays an error, and what charts and values say about it is told as well."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.charts import write_chart
from tests.support.platforms import platform, verbs, write

SCHEMA = (
    '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"web": {"type": "object",'
    ' "additionalProperties": false, "properties": {"port": {"type": "integer"}, "host": {"type": "string"}}}}}'
)
OBJECT = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {port: {{ .Values.web.port | quote }}}\n"
OLD = {"values.yaml": "web: {port: 80, hots: a}\n", "templates/a.yaml": OBJECT}
NEW = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 2.0.0\n",
    "values.yaml": "web: {port: 80, host: a}\n",
    "templates/a.yaml": OBJECT,
    "values.schema.json": SCHEMA,
}


def report(folder: Path, old: dict[str, str], new: dict[str, str], *more: str) -> tuple[int, dict[str, Any]]:
    write_chart(folder / "old", old)
    write_chart(folder / "new", new)
    out = folder / "report.json"
    sources = [f"chart:{folder / 'old'}", f"chart:{folder / 'new'}"]
    code = run(["diff", *sources, "--engine", "embedded", "-o", f"json={out}", *more])
    return code, json.loads(out.read_text())


def found(data: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [finding for finding in data["findings"] if finding["rule"] == rule]


def test_values_that_the_schema_refuses_are_named_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, {"ours.yaml": "web:\n  # a comment\n  hots: s3cr3t-host\n  port: eighty\n"})
    code, data = report(tmp_path, OLD, NEW, "-f", str(tmp_path / "ours.yaml"))
    assert code == 1
    assert data["verdict"] == "failed"
    assert "meet the specifications of the schema" in data["errors"][0]["message"]
    told = found(data, "values-schema-violation")
    assert [finding["path"] for finding in told] == [["web", "hots"], ["web", "port"]]
    assert f"{tmp_path}/ours.yaml:3: web 2.0.0 rejects web.hots (the key is unknown; did you mean 'host'?)" in {
        finding["title"] for finding in told
    }
    assert f"{tmp_path}/ours.yaml:4: web 2.0.0 rejects web.port (a whole number is expected)" in {
        finding["title"] for finding in told
    }
    assert all(finding["severity"] == "blocker" and finding["confidence"] == "proven" for finding in told)
    assert "s3cr3t-host" not in json.dumps(data["findings"])
    assert not found(data, "values-key-orphaned")


def test_a_schema_of_a_dependency_is_named_where_we_set_its_values(tmp_path: Path) -> None:
    part = {
        "charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
        "charts/part/values.yaml": "port: 80\n",
        "charts/part/values.schema.json": '{"properties": {"port": {"type": "integer"}}}',
    }
    alias = "apiVersion: v2\nname: web\nversion: 2.0.0\ndependencies: [{name: part, version: 1.0.0, alias: front}]\n"
    write(tmp_path, {"ours.yaml": "front:\n  port: x\n"})
    code, data = report(tmp_path, OLD, {"Chart.yaml": alias, **part}, "-f", str(tmp_path / "ours.yaml"))
    assert code == 1
    (finding,) = found(data, "values-schema-violation")
    assert finding["path"] == ["front", "port"]
    assert finding["resource"]["name"] == "charts/part/values.schema.json"
    assert f"{tmp_path}/ours.yaml:2" in finding["title"]


def test_a_cluster_that_the_chart_does_not_take_is_named_with_both_versions(tmp_path: Path) -> None:
    new = NEW | {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 2.0.0\nkubeVersion: '>=1.30.0-0'\n"}
    code, data = report(tmp_path, OLD, new, "--kube-version", "1.28.3")
    assert code == 1
    assert "requires kubeVersion" in data["errors"][0]["message"]
    (finding,) = found(data, "api-kube-version-unsupported")
    assert finding["severity"] == "blocker"
    assert finding["title"] == "web 2.0.0 requires Kubernetes >=1.30.0-0, but the target is 1.28"


@pytest.mark.parametrize("broken", ["old", "new"])
def test_no_object_reads_as_lost_where_a_side_does_not_render(tmp_path: Path, broken: str) -> None:
    bad = {"templates/b.yaml": '{{ fail "no" }}'}
    old, new = (OLD | bad, NEW) if broken == "old" else (OLD, NEW | bad)
    code, data = report(tmp_path, old, new)
    assert code == 1
    assert data["changes"] == []
    assert {finding["category"] for finding in data["findings"]} <= {"config", "api", "chart"}
    assert {finding["resource"]["kind"] for finding in data["findings"]} == {"ChartFile"}


def test_a_render_says_where_our_values_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    chart = {f"charts/web/{name}": text for name, text in NEW.items()}
    root = platform(tmp_path / "platform", chart | {"values/web/common.yaml": "web:\n  # ours\n  hots: a\n"})
    monkeypatch.chdir(root)
    verbs("vendor")
    assert run(["render"]) == 1
    assert "  values/web/common.yaml:3: web.hots: the key is unknown\n" in capsys.readouterr().err
