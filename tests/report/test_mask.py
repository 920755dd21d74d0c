"""No secret value leaves the tool: not from a Secret, and not from where its value was copied to."""

import base64

import pytest

from pipeline import rules
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import Report
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.manifests import parse
from pipeline.core.risk.upgrade import Side
from pipeline.report import markdown, structured, terminal

OLD, NEW = "canary-old-0451", "canary-new-1984"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def manifests(value: str) -> str:
    return f"""
apiVersion: v1
kind: Secret
metadata: {{name: login, annotations: {{copy: "{value}"}}}}
data: {{password: {encoded(value)}, pin: {encoded("42")}}}
stringData: {{again: {value}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: copy}}
data: {{"{value}": x, dsn: "postgres://u:{value}@db/x", b64: {encoded(value)}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: "{value}"}}}}
  template: {{spec: {{containers: [{{name: a, args: [--password={value}], env: [{{name: P, value: {value}}}]}}]}}}}
---
apiVersion: v1
kind: List
items: [{{apiVersion: v1, kind: Secret, metadata: {{name: in-list}}, stringData: {{token: "{value}2"}}}}]
"""


def snapshot(source: str, value: str) -> Snapshot:
    side = Side(parse(manifests(value), namespace="shop"))
    return Snapshot(source, {ReleaseKey("", "web"): ReleaseSide("shop", side)})


@pytest.fixture
def report() -> Report:
    return build(snapshot("old", OLD), snapshot("new", NEW), rules.load(), Targets())


@pytest.mark.parametrize("show", [structured.render, terminal.render, markdown.render])
def test_a_secret_value_is_in_no_output(report: Report, show: object) -> None:
    text = show(structured.document(report))  # type: ignore[operator]
    for value in (OLD, NEW):
        assert value not in text
        assert encoded(value) not in text


def test_equal_values_have_equal_numbers_and_a_change_is_still_seen(report: Report) -> None:
    changes = structured.to_data(report)["changes"]
    fields = {
        (change["resource"]["name"], field["path"][-1]): (field.get("old"), field.get("new"))
        for change in changes
        for field in change["fields"]
        if isinstance(field["path"][-1], str)
    }
    old, new = fields["login", "password"]
    assert old != new
    assert fields["login", "again"] == (old, new) == fields["copy", "b64"]
    assert fields["copy", "dsn"] == (f"postgres://u:{old}@db/x", f"postgres://u:{new}@db/x")
    assert ("login", "pin") not in fields


def test_short_values_and_names_of_objects_do_not_garble_the_report() -> None:
    mask = Mask()
    mask.manifests(
        parse(
            "kind: Secret\nmetadata: {name: grafana}\nstringData: {u: admin, v: grafana, w: longer-one}\n", namespace=""
        )
    )
    assert mask.text("admin grafana longer-one") == "admin grafana <secret #3>"


def test_a_report_is_the_same_each_time() -> None:
    texts = {
        structured.render(
            structured.document(build(snapshot("old", OLD), snapshot("new", NEW), rules.load(), Targets()))
        )
        for _ in range(2)
    }
    assert len(texts) == 1
