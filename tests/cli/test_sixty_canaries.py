"""Sixty values of Secrets in sixty places, each in a form of its own: no verb and no format shows one of them."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.showing import FORMATS
from tests.support.platforms import CONFIG, platform, verbs, write

FORMS = {
    "plain": "{{ V }}",
    "base64": "{{ V | b64enc }}",
    "base32": "{{ V | b32enc }}",
    "capitals": "{{ V | upper }}",
    "digest": "{{ V | sha256sum }}",
}
POD = "containers: [{{name: a, image: x, {}}}]"
TEMPLATE = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: NAME}}\nspec:\n  selector: {{matchLabels: {{app: a}}}}\n"
)
TEMPLATE += "  template:\n    metadata: {{labels: {{app: a}}, annotations: {{{}}}}}\n    spec: {{{}}}\n"
PLACES = {
    "data": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: "X"}\n',
    "key": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {"X": on}\n',
    "yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  a.yaml: |\n    a:\n    - b: X\n",
    "json": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: \'{"a": {"b": ["X"]}}\'}\n',
    "address": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: "https://u:X@h.example/p?q=X"}\n',
    "metadata": 'apiVersion: v1\nkind: Service\nmetadata: {name: NAME, annotations: {a: "t=X;"}}\nspec: {ports: []}\n',
    "environment": TEMPLATE.format("", POD.format('env: [{name: A, value: "X"}]')),
    "arguments": TEMPLATE.format("", POD.format('args: [run, "--t=X", -v]')),
    "command": TEMPLATE.format("", POD.format("command: [sh, -c, \"exec a 'X' | b\"]")),
    "checksum": TEMPLATE.format('"checksum/a": "X"', POD.format("args: []")),
    "probe": TEMPLATE.format("", POD.format('livenessProbe: {httpGet: {path: "/a?t=X", port: 1}}')),
    "custom": 'apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: NAME}\nspec: {a: [{b: {c: "X"}}]}\n',
}
NAMES = [(place, form) for place in PLACES for form in FORMS]


def canary(number: int, side: str) -> str:
    return f"kAn{number:02d}{side}-{hashlib.md5(f'{number}{side}'.encode()).hexdigest()[:12]}"


def templates() -> dict[str, str]:
    found = {}
    for number, (place, form) in enumerate(NAMES):
        value = f"(index .Values.c {number})"
        body = PLACES[place].replace("NAME", f"n{number}").replace("X", FORMS[form].replace("V", value))
        held = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s{number}}}\n"
        held += f"stringData: {{a: {{{{ {value} | quote }}}}}}\n"
        found[f"charts/web/templates/t{number}.yaml"] = f"{held}---\n{body}"
    return found


def values(side: str) -> str:
    return f"c: {json.dumps([canary(number, side) for number in range(len(NAMES))])}\n"


def traces() -> Iterator[str]:
    for side in ("old", "new"):
        for number in range(len(NAMES)):
            value = canary(number, side)
            raw = value.encode()
            yield from (value, value[:10], value.upper(), hashlib.sha256(raw).hexdigest()[:16])
            yield from (base64.b64encode(raw).decode()[:14], base64.b32encode(raw).decode()[:16])


TRACES = list(traces())


def shown_in(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


@pytest.fixture(params=["allow", "omit"])
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    config = f"{CONFIG}secrets: {{rendered: {request.param}, copies: allow}}\n"
    found = platform(tmp_path, templates() | {"values/web/common.yaml": values("old"), "pipeline.yaml": config})
    monkeypatch.chdir(found)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    verbs("vendor", "render", "commit")
    write(found, {"values/web/common.yaml": values("new")})
    verbs("render")
    return found


def test_there_are_sixty() -> None:
    assert len(NAMES) == 60
    assert len(shown_in(values("old") + values("new"))) == 240


def test_no_verb_and_no_format_shows_one(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    files = [word for form in FORMATS for word in ("-o", f"{form}=out.{form}")]
    assert run(["diff", "ref:HEAD", "worktree", *files]) in (0, 3)
    for form in FORMATS:
        assert not shown_in((root / f"out.{form}").read_text()), form
    for form in ("terminal", "json"):
        run(["diff", "ref:HEAD", "worktree", "-o", form])
        heard = capfd.readouterr()
        assert len(heard.out) > 1000
        assert not shown_in(heard.out + heard.err), form
    assert (root / "out.json").read_text().count("<secret #") >= 60
    run(["report", "out.json", "-o", "markdown"])
    lines = ("render --check", "comment out.json --dry-run", "vendor --locked", "commit --dry-run", "commit", "doctor")
    shown = ("values web", "values web c", "show ConfigMap/n0", "show ConfigMap/n5 -o json", "show Deployment/n30")
    judged = ("render --explain", "render --as-command", "mesh worktree", "policy", "upgrade web --dry-run")
    for line in (*lines, *shown, *judged, "diff empty worktree", "diff dir:rendered worktree", "rules list"):
        run(["--debug", *line.split()])
    heard = capfd.readouterr()
    assert not shown_in(heard.out + heard.err)
    kept = [path for name in ("cache", "state") for path in (root.parent / name).rglob("*") if path.is_file()]
    kept += (root / "rendered").rglob("*.json")
    assert not [path for path in kept if shown_in(path.read_text(errors="replace"))]


@pytest.mark.parametrize(
    "failure", ["{{ fail (toYaml .Values) }}", "a: {{ .Values.c }}: b: c", "{{ fail (toJson .Values | b64enc) }}"]
)
def test_no_error_shows_one(root: Path, capfd: pytest.CaptureFixture[str], failure: str) -> None:
    write(root, {"charts/web/templates/broken.yaml": f"{failure}\n"})
    verbs("vendor --update")
    capfd.readouterr()
    assert run(["--debug", "render"]) == 1
    heard = capfd.readouterr()
    assert "does not render" in heard.err
    assert not shown_in(heard.out + heard.err)
    run(["values", "web"])
    assert not shown_in("".join(capfd.readouterr()))
