"""What varies from render to render is found by what makes it, whatever it looks like, and kept as committed."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, platform, snapshot, verbs, write

JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: '%s'}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'r.example.org/a:1'}]}}}\n"
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: %s\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: %s}\n"
SETTING = "{{ dict `a` 1 `b` 2 `c` 3 `d` 4 `e` 5 `f` 6 }}"
VARYING = {
    "a cron minute": (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: "
        '"{{ mod (randNumeric 2) 60 }} {{ mod (randNumeric 2) 24 }} * * *"\n'
    ),
    "a word": SECRET % '"{{ randAlpha 12 | lower }}"',
    "digits": SECRET % '"{{ randNumeric 5 }}"',
    "digits that YAML takes for a number": MAP % "{{ randNumeric 3 }}",
    "four characters": MAP % '"{{ randAlphaNum 4 }}"',
    "one character": MAP % '"{{ randAlphaNum 1 }}"',
    "a port": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: NodePort, ports: [{port: 80, "
    "nodePort: {{ randInt 30000 32767 }}}]}\n",
    "zero or one": MAP % "'{{ randInt 0 2 }}'",
    "a choice": MAP % "{{ if eq (randInt 0 2) 0 }}heads{{ else }}tails{{ end }}",
    "shuffled": MAP % '"{{ list "a" "b" "c" "d" | join "," | shuffle }}"',
    "the keys of a map": MAP % '"{{ keys (dict `a` 1 `b` 2) | join "," }}"',
    "the first key of a map": MAP % '"{{ first (keys (dict `a` 1 `b` 2 `c` 3)) }}"',
    "the values of a map": MAP % '"{{ values (dict `a` `x` `b` `y`) | join "," }}"',
    "keys as a list": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\nimagePullSecrets:\n"
    "{{- range keys (dict `a` 1 `b` 2 `c` 3) }}\n- name: {{ . }}\n{{- end }}\n",
    "a random name": JOB % "m-{{ randAlphaNum 8 | lower }}",
    "two random names in one template": f"{JOB % 'm-{{ randAlphaNum 8 | lower }}'}---\n"
    + JOB % "s-{{ randAlpha 8 | lower }}",
    "two random names alike": f"{JOB % 'm-{{ randAlphaNum 8 | lower }}'}---\n"
    + (JOB % "m-{{ randAlpha 8 | lower }}").replace("a:1", "b:1"),
    "a random key": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {'k-{{ uuidv4 }}': v, fact: w}\n",
    "a uuid": MAP % '"{{ uuidv4 }}"',
    "a certificate": MAP % '{{ (genCA "a" 30).Cert | b64enc }}',
    "a private key": SECRET % '{{ genPrivateKey "ecdsa" | b64enc }}',
    "a password's hash": SECRET % '{{ htpasswd "ada" "secret" | quote }}',
    "what values call": MAP % '"{{ tpl .Values.called . }}"',
    "what a named template calls": '{{ define "x" }}{{ randAlpha 3 | lower }}{{ end }}'
    + MAP % '"{{ include (printf "%s" "x") . }}"',
    "a part of a line": MAP % '"http://{{ randAlpha 3 | lower }}.example.org/"',
    "lines": MAP % "|-\n    x: {{ randAlpha 3 | lower }}\n    y: 1\n    x: {{ randAlpha 3 | lower }}",
    "a checksum": MAP % '"{{ randAlpha 3 | sha256sum }}"',
}
CLOCK = {
    "a year": "2006",
    "a day": "2006-01-02",
    "a minute": "15:04",
    "a second": "05",
    "a day of the week": "Mon",
    "all in a name": "2006-01-02-15-04",
}
FIXED = {
    "sorted keys": MAP % '"{{ keys (dict `a` 1 `b` 2) | sortAlpha | join "," }}"',
    "keys that are sorted later": MAP % '"{{ $k := keys (dict `a` 1 `b` 2) }}{{ sortAlpha $k | join "," }}"',
    "how many keys": MAP % '"{{ keys (dict `a` 1 `b` 2) | len }}"',
    "the only key": MAP % '"{{ keys (dict `a` 1) | first }}"',
    "a word in a string": MAP % '"{{ "keys now uuidv4" }}"',
    "a value called now": MAP % '"{{ .Values.now }}"',
    "what is not reached": '{{ define "x" }}{{ randAlpha 3 }}{{ end }}' + MAP % "b",
    "what a value takes the place of": MAP % '"{{ .Values.now | default (randAlpha 3) }}"',
    "a comment": MAP % '"{{/* {{ now }} */}}x"',
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    values = "port: 80\nnow: never\ncalled: '{{ randAlpha 3 | lower }}'\n"
    config = CONFIG + "secrets: {rendered: allow}\n"
    root = platform(tmp_path / "platform", {"pipeline.yaml": config, "charts/web/values.yaml": values})
    monkeypatch.chdir(root)
    return root


def rendered(here: Path, template: str) -> dict[str, Any]:
    """What the index says of what varies."""
    write(here, {"charts/web/templates/x.yaml": template})
    verbs("vendor", "render")
    data: dict[str, Any] = json.loads((here / "rendered/.pipeline/default/web.json").read_text())["volatile"]
    return data


@pytest.mark.parametrize("template", VARYING.values(), ids=VARYING)
def test_what_varies_is_found_and_kept(here: Path, template: str) -> None:
    found = rendered(here, template)
    assert found["paths"]
    before = snapshot(here / "rendered")
    for _ in range(3):
        verbs("render --check")
    verbs("render")
    assert snapshot(here / "rendered") == before


@pytest.mark.parametrize("layout", CLOCK.values(), ids=CLOCK)
def test_what_the_clock_says_is_found_at_every_grain(here: Path, layout: str) -> None:
    found = rendered(here, JOB % f'at-{{{{ now | date "{layout}" | lower | replace ":" "-" }}}}')
    assert found["functions"] == ["now"]
    assert [one["path"] for one in found["paths"]] == [["metadata", "name"]]
    verbs("render --check")


@pytest.mark.parametrize("template", FIXED.values(), ids=FIXED)
def test_what_does_not_vary_is_not_said_to(here: Path, template: str) -> None:
    assert rendered(here, template) == {}


def test_of_two_files_of_one_name_either_may_come_out(here: Path) -> None:
    write(here, {f"charts/web/conf/{name}": name for name in ("a/x.conf", "b/x.conf", "y.conf")})
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
    found = rendered(here, text + '{{ (.Files.Glob "conf/**").AsConfig | indent 2 }}\n')
    assert [one["path"] for one in found["paths"]] == [["data", "x.conf"]]
    for _ in range(3):
        verbs("render --check")


def test_a_fact_beside_what_varies_still_changes(here: Path) -> None:
    rendered(here, MAP % '"{{ .Values.port }}-{{ randAlpha 3 | lower }}"')
    file = here / "rendered/default/web/shop/configmap-c.yaml"
    assert "a: 80-" in file.read_text()
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    assert "a: 81-" in file.read_text()
    verbs("render --check")


def test_what_varies_can_be_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = (here / "pipeline.yaml").read_text() + "render: {volatile: refuse}\n"
    write(here, {"pipeline.yaml": config, "charts/web/templates/x.yaml": MAP % '"{{ randAlpha 3 }}"'})
    verbs("vendor")
    assert run(["render"]) == 1
    assert (
        "default/web: renders another value each time (randAlpha): ConfigMap shop/c data.a" in capsys.readouterr().err
    )
    assert not (here / "rendered").exists()


def test_a_chart_that_does_not_render_with_stand_ins_is_rendered_twice(here: Path) -> None:
    """What is random goes through a function that takes no stand-in for it."""
    cert = '{{ $ca := genCA "a" 30 }}{{ $b := buildCustomCert (b64enc $ca.Cert) (b64enc $ca.Key) }}'
    found = rendered(here, cert + MAP % "{{ $b.Cert | b64enc }}")
    assert [one["path"] for one in found["paths"]] == [["data", "a"]]
    verbs("render --check")
