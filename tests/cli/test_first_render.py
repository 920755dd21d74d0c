"""A render that fails tells no value of ours, under whatever key it stands; and the message stays of use."""

import os
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import CONFIG, platform, verbs
from tests.support.tools import tool

CANARY = "hunter2-canary"
KEYS = ("pwd", "pass", "encryptionKey", "signingKey", "accessKey", "connectionString", "thing", "users", "x")
VALUES = {
    "a scalar": "{key}: {value}\n",
    "of a list": "{key}: [{value}]\n",
    "of an environment": "{key}: [{{name: SOME, value: {value}}}]\n",
    "deep": "a: {{b: [{{c: {{{key}: {value}}}}}]}}\n",
    "a key": "{key}: {{{value}: on}}\n",
    "within a text": '{key}: "first {value}, then more"\n',
}
FAILURES = {
    "it says so": '{{{{ fail (printf "bad %v" (toYaml .Values)) }}}}\n',
    "not YAML": "a: {{{{ toJson .Values }}}}: b: c\n",
    "a value for a date": '{{{{ mustToDate "2006" (toJson .Values) }}}}\n',
    "no such function": "{{{{ include (toJson .Values) . }}}}\n",
    "required": "{{{{ required (toJson .Values) .Values.none }}}}\n",
}


def said_by(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    capfd.readouterr()
    assert run(["--debug", *arguments]) in (1, 64)
    said = capfd.readouterr()
    return said.out + said.err


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, values: str, engine: str = "embedded") -> Path:
    if engine == "cli":
        monkeypatch.setenv("PATH", f"{Path(tool('helm')).parent}{os.pathsep}{os.environ['PATH']}")
    files = {
        "charts/web/templates/t.yaml": template,
        "values/web/common.yaml": values,
        "pipeline.yaml": CONFIG.replace("embedded", engine),
    }
    root = platform(tmp_path, files)
    monkeypatch.chdir(root)
    verbs("vendor")
    return root


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("shape", VALUES)
def test_no_value_is_told_under_any_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], shape: str, failure: str
) -> None:
    values = "".join(
        VALUES[shape].format(key=key, value=f"{CANARY}-{key}") for key in KEYS if shape != "deep" or key == "x"
    )
    made(tmp_path, monkeypatch, FAILURES[failure].format(), values)
    text = said_by(capfd, "render")
    assert "does not render" in text
    assert CANARY not in text, text
    assert "canary" not in text, text


@pytest.mark.parametrize("engine", ["embedded", "cli"])
@pytest.mark.parametrize(
    "value", ["*hunter2-canary", "&hunter2-canary x: y", "!hunter2-canary x", "@hunter2-canary", "%hunter2-canary"]
)
def test_what_means_something_to_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], value: str, engine: str
) -> None:
    template = "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: {{ .Values.p }}\n  b: {{ .Values.p }}: x\n"
    made(tmp_path, monkeypatch, template, f"p: '{value}'\n", engine)
    text = said_by(capfd, "render")
    assert "canary" not in text
    assert "hunter" not in text


def test_values_that_cannot_be_read_are_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, values in enumerate(
        ("p: *hunter2-canary\n", "p: 'hunter2-canary\n", "hunter2-canary: a: b\n", "p: !!binary 'hunter2-canary?'\n")
    ):
        root = made(tmp_path / str(number), monkeypatch, "a: b\n", "p: x\n")
        (root / "values/web/common.yaml").write_text(values)
        text = said_by(capfd, "render")
        assert "values/web/common.yaml" in text
        assert "canary" not in text


def test_the_message_stays_of_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    template = (
        '{{ fail (printf "type %s on port %v at %s is wrong (%s)" .Values.type .Values.p .Values.v .Values.s) }}\n'
    )
    values = "type: ClusterIP\np: 8080\nv: 1.27.3\ns: hunter2-canary\n"
    template += "{{/* ClusterIP or NodePort */}}\n"
    made(tmp_path, monkeypatch, template, values)
    text = said_by(capfd, "render")
    assert "type ClusterIP on port 8080 at 1.27.3 is wrong (<secret #1>)" in text
    assert "templates/t.yaml" in text
