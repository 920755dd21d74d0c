"""A Secret's value is in nothing that any verb prints or writes, in any format, whether it goes well or not."""

import base64
import os
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.showing import FORMATS
from tests.support.platforms import CONFIG, platform, snapshot, verbs, write
from tests.support.tools import tool

OLD, NEW = "canary-value-0451", "canary-value-1984"
TEMPLATE = """apiVersion: v1
kind: Secret
metadata: {name: login, annotations: {copy: {{ .Values.p | quote }}}}
data: {password: {{ .Values.p | b64enc | quote }}}
stringData: {again: {{ .Values.p | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: copy}
data: {dsn: "postgres://u:{{ .Values.p }}@db/x", b64: {{ .Values.p | b64enc | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: x, args: ["--p={{ .Values.p }}"]}]}
"""


def forms(value: str) -> set[str]:
    raw = value.encode()
    return {value, base64.b64encode(raw).decode(), base64.b64encode(raw).decode().rstrip("=")}


HIDDEN = forms(OLD) | forms(NEW)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "charts/web/templates/s.yaml": TEMPLATE,
        "values/web/common.yaml": f"p: {OLD}\n",
        "pipeline.yaml": f"{CONFIG}secrets: {{rendered: allow}}\n",
    }
    found = platform(tmp_path, files)
    monkeypatch.chdir(found)
    verbs("vendor", "render", "commit")
    write(found, {"values/web/common.yaml": f"p: {NEW}\n"})
    verbs("render")
    return found


def test_no_format_of_a_diff_holds_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [word for form in FORMATS for word in ("-o", f"{form}=out/{form}")]
    (root / "out").mkdir()
    assert run(["diff", "ref:HEAD", "worktree", *outputs]) in (0, 3)
    for form in FORMATS:
        capsys.readouterr()
        run(["diff", "ref:HEAD", "worktree", "-o", form])
        said = capsys.readouterr()
        text = said.out + said.err + (root / "out" / form).read_text()
        assert len(text) > 20 or form == "annotations"
        assert not [value for value in HIDDEN if value in text], form
    assert "secret #" in (root / "out/json").read_text()


def test_no_other_verb_says_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["diff", "ref:HEAD", "worktree", "-o", "json=report.json"])
    capsys.readouterr()
    for line in ("render --check", "comment report.json --dry-run", "report report.json", "commit --dry-run", "commit"):
        assert run(line.split()) == 0, line
    write(root, {"pipeline.yaml": CONFIG, "values/web/common.yaml": f"p: {OLD}\n"})
    verbs("render")
    assert run(["commit"]) == 64  # refused: the values would be committed in the open
    said = capsys.readouterr()
    assert not [value for value in HIDDEN if value in said.out + said.err]


def test_no_error_of_a_chart_says_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {"charts/web/templates/t.yaml": '{{ if false }}{{ end }}\n{{ fail (printf "bad %s" .Values.p) }}\n'})
    verbs("vendor --update")
    before = snapshot(root)
    capsys.readouterr()
    assert run(["render"]) == 1
    said = capsys.readouterr()
    assert "does not render" in said.err
    assert "bad <secret #" in said.err
    assert not [value for value in HIDDEN if value in said.out + said.err]
    assert {key: value for key, value in snapshot(root).items() if key.startswith("rendered/")} == {
        key: value for key, value in before.items() if key.startswith("rendered/")
    }


DISGUISED = """{{ $p := .Values.p }}{{ $n := .Values.n }}
{{ fail (list "bad" (snakecase $p) (kebabcase $p) (splitList "-" $p) (splitList "" $p) (printf "%e" $n) (printf "%b" $n)
  (printf "%x" (int64 $n)) (printf "%U" $n) (nospace (upper (replace "-" "_" $p)))
  (regexSplit "[0-9]" $p -1) | toString) }}
"""


def test_no_error_says_one_in_disguise(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {"charts/web/templates/t.yaml": DISGUISED, "values/web/common.yaml": f"p: {NEW}\nn: 918273645546\n"})
    verbs("vendor --update")
    capsys.readouterr()
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert "execution error at (web/templates/t.yaml:2:3): [bad " in said
    shown = said.partition("[bad ")[2]
    assert not [
        piece for piece in ("canary", "1984", "CANARY", "9182", "9.18", "a n a", "d5cc", "0b1") if piece in shown
    ]


FRESH = "canary-value-2001"
PUT_INTO_WORDS = {
    "a template fails": {"charts/web/templates/t.yaml": '{{ fail (printf "bad %s" .Values.auth.password) }}\n'},
    "a template is no YAML": {"charts/web/templates/t.yaml": "a: {{ .Values.auth.password }}: b: c\n"},
    "a value has no place in a schema": {
        "charts/web/values.schema.json": '{"properties": {"auth": {"properties": {"password": {"enum": ["x"]}}}}}'
    },
    "a value meets a table": {
        "charts/web/values.yaml": 'p: x\nport: 80\nauth: {password: {inner: "\\e[2J\\n::error::x"}}\n'
    },
    "a table meets a value": {"charts/web/values.yaml": "p: x\nport: 80\nauth: text\n"},
    "a patch finds no target": {
        "overlays/web/kustomization.yaml": "resources: [chart.yaml]\npatches: [{path: p.yaml}]\n",
        "overlays/web/p.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: none}}\nstringData: {{a: {FRESH}}}\n",
    },
    "an overlay makes a Secret of no key": {
        "overlays/web/kustomization.yaml": "resources: [chart.yaml]\n"
        f"secretGenerator: [{{name: a, literals: [password={FRESH}, '{FRESH}']}}]\n"
    },
    "a patch is no patch": {
        "overlays/web/kustomization.yaml": "resources: [chart.yaml]\npatches:\n- target: {kind: Secret}\n"
        f"  patch: 'password= {FRESH}'\n"
    },
    "values are no YAML": {"values/web/common.yaml": f"auth: {{password: {FRESH}: x}}\n"},
    "values are a list": {"values/web/common.yaml": f"- password={FRESH}\n"},
}


@pytest.mark.parametrize("engine", ["embedded", "cli"])
@pytest.mark.parametrize("name", PUT_INTO_WORDS)
def test_a_first_render_says_none_whatever_goes_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, engine: str
) -> None:
    if engine == "cli":
        monkeypatch.setenv("PATH", f"{Path(tool('helm')).parent}{os.pathsep}{os.environ['PATH']}")
    values = {"values/web/common.yaml": f"p: other-canary-7\nauth: {{password: {FRESH}}}\n"}
    config = {"pipeline.yaml": CONFIG.replace("embedded", engine)}
    files = {"charts/web/templates/s.yaml": TEMPLATE} | values | config | PUT_INTO_WORDS[name]
    monkeypatch.chdir(platform(tmp_path, files))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    verbs("vendor")
    capfd.readouterr()
    run(["--debug", "render"])
    said = capfd.readouterr()
    logs = "".join(path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file())
    text = said.out + said.err + logs
    assert len(text) > 20
    assert "\x1b" not in text
    assert "::error" not in text
    assert not [value for value in forms(FRESH) | forms("other-canary-7") if value in text], text
