"""Charts that render another value each time: what a render keeps, and what a diff makes of it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, git, platform, verbs, write

CHART = {
    "charts/web/templates/_all.tpl": '{{ define "web.password" }}{{ randAlphaNum 24 }}{{ end }}',
    "charts/web/templates/secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\n"
        'data: {password: {{ include "web.password" . | b64enc }}, user: {{ "ada" | b64enc }},\n'
        '  config: {{ printf "port: %v\\ntoken: %s\\n" .Values.port (randAlphaNum 16) | b64enc }}}\n'
    ),
    "charts/web/templates/deployment.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n"
        "  template:\n    metadata:\n      labels: {a: b}\n      annotations:\n"
        '        checksum/login: {{ include (print $.Template.BasePath "/secret.yaml") . | sha256sum }}\n'
        "    spec: {containers: [{name: a, image: 'a:1'}]}\n"
    ),
}
SECRET = "rendered/default/web/shop/secret-login.yaml"
DEPLOYMENT = "rendered/default/web/shop/deployment.apps-web.yaml"
INDEX = "rendered/.pipeline/default/web.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = CONFIG + "secrets: {rendered: allow}\n"
    root = platform(tmp_path / "platform", {**CHART, "pipeline.yaml": config})
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    return root


def secret(here: Path, key: str) -> str:
    line = next(line for line in (here / SECRET).read_text().splitlines() if line.strip().startswith(f"{key}:"))
    return base64.b64decode(line.partition(": ")[2]).decode()


def paths(here: Path) -> set[tuple[str, str]]:
    noted = json.loads((here / INDEX).read_text())["volatile"]
    assert noted["functions"] == ["randAlphaNum"]
    return {(one["object"]["name"], one["path"][-1]) for one in noted["paths"]}


def report(*arguments: str) -> dict[str, Any]:
    assert run(["diff", *arguments, "-o", "json=../report.json"]) in (0, 2, 3)
    data: dict[str, Any] = json.loads(Path("../report.json").read_text())
    return data


def test_what_is_committed_is_kept_and_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paths(here) == {("login", "password"), ("login", "config"), ("web", "checksum/login")}
    before = {path: (here / path).read_bytes() for path in (SECRET, DEPLOYMENT, INDEX)}
    capsys.readouterr()
    verbs("render", "render --check")
    said = capsys.readouterr().err
    assert "Secret shop/login data.password" in said
    assert "what is committed is kept" in said
    assert {path: (here / path).read_bytes() for path in before} == before


def test_a_real_change_in_a_text_with_a_random_line_comes_through(here: Path) -> None:
    password, checksum = secret(here, "password"), (here / DEPLOYMENT).read_text()
    port, token = secret(here, "config").splitlines()
    assert port == "port: 80"
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    assert secret(here, "config").splitlines() == ["port: 81", token]
    assert secret(here, "password") == password
    assert (here / DEPLOYMENT).read_text() != checksum  # the pods have to see the new port
    verbs("render --check")


def test_where_it_is_allowed_every_render_differs(here: Path) -> None:
    write(here, {"pipeline.yaml": CONFIG + "secrets: {rendered: allow}\nrender: {volatile: allow}\n"})
    before = (here / SECRET).read_text()
    verbs("render")
    assert (here / SECRET).read_text() != before
    assert json.loads((here / INDEX).read_text())["volatile"]["frozen"] is False


def test_a_value_of_our_own_is_no_chance(here: Path) -> None:
    fixed = CHART["charts/web/templates/secret.yaml"].replace('include "web.password" .', ".Values.password")
    fixed = fixed.replace("(randAlphaNum 16)", '"t0kenOfOurs"')
    write(here, {"charts/web/templates/secret.yaml": fixed, "values/web/common.yaml": "password: Sup3rS3cretWord\n"})
    verbs("vendor --update", "render")
    assert secret(here, "password") == "Sup3rS3cretWord"
    assert json.loads((here / INDEX).read_text())["volatile"] == {}


def test_an_object_with_a_random_name_keeps_its_name(here: Path) -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web-{{ randAlphaNum 8 | lower }}}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a:1'}]}}}\n"
    )
    write(here, {"charts/web/templates/job.yaml": job})
    verbs("vendor --update", "render")
    names = sorted(path.name for path in (here / "rendered/default/web/shop").glob("job*"))
    verbs("render", "render --check")
    assert sorted(path.name for path in (here / "rendered/default/web/shop").glob("job*")) == names


def certificate(name: str) -> str:
    return (
        '{{ $ca := genCA "ca" 365 }}{{ $cert := genSignedCert "web" nil (list "web") 365 $ca }}\n'
        f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n"
        "data: {ca: {{ $ca.Cert | b64enc }}, crt: {{ $cert.Cert | b64enc }}}\n"
    )


def test_certificates_are_kept_all_together_or_not_at_all(here: Path) -> None:
    write(here, {"charts/web/templates/tls.yaml": certificate("tls")})
    verbs("vendor --update", "render")
    first = (here / "rendered/default/web/shop/secret-tls.yaml").read_text()
    verbs("render")
    assert (here / "rendered/default/web/shop/secret-tls.yaml").read_text() == first
    text = certificate("tls").replace("data: {", "data: {key: {{ $cert.Key | b64enc }}, ")
    write(here, {"charts/web/templates/tls.yaml": text})
    verbs("vendor --update", "render")
    second = (here / "rendered/default/web/shop/secret-tls.yaml").read_text()
    assert not set(first.splitlines()[2:4]) & set(second.splitlines())
    verbs("render --check")


def test_without_its_file_there_is_a_new_value(here: Path) -> None:
    password = secret(here, "password")
    (here / SECRET).unlink()
    verbs("render", "render --check")
    assert secret(here, "password") != password


def test_a_secret_that_is_left_out_takes_nothing_along(here: Path) -> None:
    write(here, {"pipeline.yaml": CONFIG + "secrets: {rendered: omit}\n"})
    ca = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca}\ndata: {ca: {{ $ca.Cert | b64enc }}}\n---\n"
    head, _, rest = certificate("tls").partition("\n")
    write(here, {"charts/web/templates/tls.yaml": f"{head}\n{ca}{rest}"})
    verbs("vendor --update", "render")
    assert not (here / "rendered/default/web/shop/secret-tls.yaml").exists()
    verbs("render --check", "render", "render --check")


def test_a_diff_of_frozen_renders_sees_no_change(here: Path) -> None:
    git(here, "add", ".")
    git(here, "commit", "--quiet", "--message", "one")
    verbs("render")
    data = report("ref:HEAD", "worktree")
    assert data["verdict"] == "no-changes"
    assert data["findings"] == []


def charts(*arguments: str) -> dict[str, Any]:
    assert run(["diff", "chart:old", "chart:new", "--engine", "embedded", "-o", "json=report.json", *arguments]) == 0
    data: dict[str, Any] = json.loads(Path("report.json").read_text())
    return data


def pair(folder: Path, old: dict[str, str], new: dict[str, str]) -> None:
    both = {name.removeprefix("charts/web/"): text for name, text in CHART.items()}
    for side, files in (("old", both | old), ("new", both | new)):
        named = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "values.yaml": "port: 80\n"}
        write(folder, {f"{side}/{name}": text for name, text in (named | files).items()})


def test_two_charts_that_are_both_random_do_not_differ_by_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pair(tmp_path, {}, {})
    data = charts()
    assert data["changes"] == []
    assert [(f["rule"], f["severity"]) for f in data["findings"]] == [("render-nondeterministic", "info")]
    assert charts() == data


def test_what_a_new_chart_makes_by_chance_is_one_finding_and_no_change_of_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pair(tmp_path, {"templates/_all.tpl": '{{ define "web.password" }}Pr0mOperat0r{{ end }}'}, {})
    data = charts()
    (finding,) = [f for f in data["findings"] if f["severity"] != "info"]
    assert (finding["rule"], finding["severity"]) == ("render-nondeterministic", "high")
    assert finding["resource"]["kind"] == "Secret"
    assert finding["path"] == ["data", "password"]
    assert {field["noise"] for change in data["changes"] for field in change["fields"]} == {
        "a different value at each render"
    }
    assert data["summary"]["unaccounted"] == 0
    assert charts() == data


def test_a_change_beside_what_is_random_is_still_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = CHART["charts/web/templates/deployment.yaml"].replace("a:1", "a:2")
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web-{{ randAlphaNum 8 | lower }}}\n"
    pair(tmp_path, {"templates/job.yaml": job}, {"templates/job.yaml": job, "templates/deployment.yaml": text})
    data = charts()
    assert [change["resource"]["kind"] for change in data["changes"]] == ["Deployment"]
    assert charts() == data


def test_two_charts_that_ask_for_the_time_are_rendered_as_of_two_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two renders one after the other fall on the same day, and may list keys in the same order."""
    monkeypatch.chdir(tmp_path)
    asks = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\n"
        'data: {day: {{ now | date "2006-01-02" }}, keys: {{ keys .Values.two | join "-" }}}\n'
    )
    values = "port: 80\ntwo: {a: 1, b: 2}\n"
    plain = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {a: b}\n"
    files = {"templates/asks.yaml": asks, "templates/plain.yaml": plain, "values.yaml": values}
    pair(tmp_path, files, files | {"templates/plain.yaml": plain.replace("a: b", "a: c")})
    data = charts()
    assert [change["resource"]["name"] for change in data["changes"]] == ["plain"]
    assert {(place["resource"]["name"], place["path"][-1]) for f in data["findings"] for place in (f, *f["also"])} >= {
        ("made", "day"),
        ("made", "keys"),
    }


def test_what_varies_in_a_resource_of_the_charts_own_kind_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The namespace of such a resource is told by its CRD, which the renders with stand-ins leave out."""
    monkeypatch.chdir(tmp_path)
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: lamps.example.org}\n"
        "spec: {group: example.org, scope: Namespaced, names: {kind: Lamp, plural: lamps}, versions: []}\n"
    )
    lamp = "apiVersion: example.org/v1\nkind: Lamp\nmetadata: {name: one}\nspec: {code: {{ randAlphaNum 12 }}}\n"
    files = {"crds/lamps.yaml": crd, "templates/lamp.yaml": lamp}
    pair(tmp_path, files, files | {"values.yaml": "port: 81\n"})
    data = charts()
    assert [c["resource"]["kind"] for c in data["changes"]] == []
    assert ["spec", "code"] in [place["path"] for f in data["findings"] for place in (f, *f["also"])]
