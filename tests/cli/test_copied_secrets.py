"""A Secret that the tree does not hold: its value is shown nowhere, and a copy of it is not committed."""

import base64
import gzip
import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.showing import FORMATS
from tests.support.platforms import CONFIG, platform, verbs, write

OLD, NEW = "canary-value-0451", "canary-value-1984"
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {username: app-user, conn: "Server=db;Thing={{ .Values.db.x }};", "p": {{ .Values.db.x | quote }}}
---
"""
COPIES = {
    "a ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.db.x | quote }}}\n",
    "a part of a text": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
    'data: {a.ini: "host=db\\nthing={{ .Values.db.x }}\\n"}\n',
    "base64": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: {{ .Values.db.x | b64enc | quote }}}\n",
    "a key": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {{ printf `{%q: x}` .Values.db.x }}\n",
    "an annotation": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: c, annotations: {a: {{ .Values.db.x | quote }}}}\n",
    "an environment": "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: a, image: x,"
    " env: [{name: P, value: {{ .Values.db.x | quote }}}]}]}\n",
    "arguments": "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: a, image: x,"
    ' args: ["--thing={{ .Values.db.x }}"]}]}\n',
    "a custom resource": "apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: c}\n"
    "spec: {deep: [{er: {{ .Values.db.x | quote }}}]}\n",
}


def hidden_in(text: str) -> bool:
    forms = [form for v in (OLD, NEW) for form in (v, base64.b64encode(v.encode()).decode().rstrip("="), v[:14])]
    return not [form for form in forms if form in text]


def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str, secrets: str) -> Path:
    files = {
        "charts/web/templates/s.yaml": SECRET + copy,
        "values/web/common.yaml": f"db: {{x: {OLD}}}\n",
        "pipeline.yaml": f"{CONFIG}secrets: {secrets}\n",
    }
    root = platform(tmp_path, files)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    return root


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_an_omitted_value_is_refused_at_commit_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    root = site(tmp_path, monkeypatch, COPIES[name], "{rendered: omit}")
    capsys.readouterr()
    assert run(["commit"]) == 64
    said = capsys.readouterr()
    assert "a value of a Secret that is not committed appears in plain text elsewhere" in said.err
    assert hidden_in(said.err + said.out)
    for index in [root / "rendered/.pipeline/default/web.json"]:
        assert hidden_in(index.read_text())
        assert json.loads(index.read_text())["copies"]["places"]
    write(root, {"pipeline.yaml": f"{CONFIG}secrets: {{rendered: omit, copies: allow}}\n"})
    verbs("render", "commit")
    write(root, {"values/web/common.yaml": f"db: {{x: {NEW}}}\n"})
    verbs("render")
    for form in FORMATS:
        capsys.readouterr()
        assert run(["diff", "ref:HEAD", "worktree", "-o", form]) in (0, 3)
        said = capsys.readouterr()
        assert hidden_in(said.out + said.err), form
    run(["diff", "ref:HEAD", "worktree", "-o", "json"])
    assert "<secret #" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["vQm29LpZt4Rw", "q7Kx7vQm29Lp", "Kx7vQm29LpZt4", "=", "LpZt4Rw9sD"])
def test_a_piece_of_an_omitted_token_is_refused_at_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: q7Kx7vQm29LpZt4Rw9sD}\n---\n"
    if part.endswith("="):
        part = base64.b64encode(b"q7Kx7vQm29LpZt4Rw9sD").decode()[7:]
    copy = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: {part}}}\n"
    files = {"charts/web/templates/s.yaml": secret + copy, "pipeline.yaml": f"{CONFIG}secrets: {{rendered: omit}}\n"}
    monkeypatch.chdir(platform(tmp_path, files))
    verbs("vendor", "render")
    assert run(["commit"]) == 64
    said = capsys.readouterr().err
    assert "appears in plain text elsewhere" in said
    assert part not in said


def test_what_a_secret_holds_beside_its_secrets_may_stand_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {user: app-user, name: login}\n"
    site(tmp_path, monkeypatch, copy, "{rendered: omit}")
    verbs("commit")


def test_a_tree_without_secrets_has_no_note_of_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = site(tmp_path, monkeypatch, COPIES["a ConfigMap"], "{rendered: refuse}")
    indexes = list(root.glob("rendered/.pipeline/*/*.json"))
    assert indexes
    assert all("copies" not in json.loads(path.read_text()) for path in indexes)


def data_of(form: str) -> str:
    return {
        "a list": "data: [aHVudGVyMi1jYW5hcnk=]",
        "a string": "data: aHVudGVyMi1jYW5hcnk=",
        "a string of stringData": "stringData: hunter2-canary",
        "a list of lists": "stringData: [[hunter2-canary]]",
        "nested": "stringData: {a: {b: hunter2-canary}}",
        "a number": "stringData: {pin: 123456789}",
    }[form]


SHAPES = {
    **{
        form: f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{data_of(form)}\n"
        for form in ("a list", "a string", "a string of stringData", "a list of lists", "nested", "a number")
    },
    "in a List": "apiVersion: v1\nkind: List\n"
    "items: [{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: b}}]\n",
    "a SecretList": "apiVersion: v1\nkind: SecretList\n"
    "items: [{metadata: {name: a}, stringData: {a: hunter2-canary}}]\n",
    "in an annotation": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n"
    "    kubectl.kubernetes.io/last-applied-configuration: |\n"
    '      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"a":"aHVudGVyMi1jYW5hcnk="}}\n',
    "in its own annotation": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations:\n"
    '    any: \'{"kind":"Secret","apiVersion":"v1","data":{"a":"aHVudGVyMi1jYW5hcnk="}}\'\n',
    "in a ConfigMap's text": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  m.yaml: |\n"
    "    apiVersion: v1\n"
    "    kind: Secret\n    metadata: {name: b}\n    stringData:\n      a: hunter2-canary\n",
    "in a list in a ConfigMap's text": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  m.yaml: |\n"
    "    objects:\n    - kind: Secret\n      apiVersion: v1\n      data: {a: aHVudGVyMi1jYW5hcnk=}\n",
    "in a field of another object": "apiVersion: x.example/v1\nkind: Bundle\nmetadata: {name: a, namespace: shop}\n"
    "spec: {template: {apiVersion: v1, kind: Secret, metadata: {name: b}, stringData: {a: hunter2-canary}}}\n",
    "in a list of another object": "apiVersion: x.example/v1\nkind: Bundle\nmetadata: {name: a, namespace: shop}\n"
    "spec: {objects: [{kind: Secret, apiVersion: v1, data: {a: aHVudGVyMi1jYW5hcnk=}}]}\n",
    "in a template in a ConfigMap's text": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  m.yaml: |\n"
    "    apiVersion: v1\n    kind: Secret\n    metadata: {name: %7B%7B name %7D%7D}\n    stringData:\n"
    "      a: hunter2-canary\n"
    "    @broken: [\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_of_any_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    monkeypatch.chdir(platform(tmp_path, {"charts/web/templates/s.yaml": SHAPES[shape]}))
    verbs("vendor", "render")
    capsys.readouterr()
    assert run(["commit"]) == 64
    said = capsys.readouterr()
    assert "contain Secret values in plain text" in said.err
    assert "hunter2-canary" not in said.err


MANIFEST = "apiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData:\n  a: hunter2-canary\n"


def base64_of(data: bytes, width: int = 10_000) -> str:
    text = base64.b64encode(data).decode()
    return "\n    ".join(text[n : n + width] for n in range(0, len(text), width))


def config_of(text: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  m: |\n    {text}\n  more: x\n"


SHAPES |= {
    "of small letters": MANIFEST.replace("Secret", "secret"),
    "a list of small letters": "apiVersion: v1\nkind: secretlist\n"
    "items: [{metadata: {name: a}, stringData: {a: hunter2-canary}}]\n",
    "in base64": config_of(base64_of(MANIFEST.encode())),
    "in lines of base64": config_of(base64_of(MANIFEST.encode(), 64)),
    "in whole lines of base64": config_of(base64_of(MANIFEST.ljust(144, "#").encode(), 64)),
    "in base64 within a text": config_of(f"tool install --with={base64_of(MANIFEST.encode())} --now"),
    "in base64 twice": config_of(base64_of(base64_of(MANIFEST.encode()).encode())),
    "in gzip": config_of(base64_of(gzip.compress(MANIFEST.encode(), mtime=0))),
    "in gzip in lines": config_of(base64_of(gzip.compress(MANIFEST.encode() * 9, mtime=0), 76)),
    "in gzip in base64 twice": config_of(base64_of(base64_of(gzip.compress(MANIFEST.encode(), mtime=0)).encode())),
    "in binaryData": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: "
    f"{{m: {base64_of(gzip.compress(MANIFEST.encode(), mtime=0))}}}\n",
    "of JSON in base64": config_of(
        base64_of(b'{"items":[{"data":{"a":"aHVudGVyMi1jYW5hcnk="},"apiVersion":"v1","kind":"Secret"}]}')
    ),
    "with its kind on a line of its own": config_of(
        MANIFEST.replace("kind: Secret", "kind: >-\n  Secret").replace("\n", "\n    ")
    ),
    "with a tag on its kind": config_of(MANIFEST.replace("Secret", "!!str Secret").replace("\n", "\n    ")),
}


def text_of(text: str) -> str:
    """A template of a ConfigMap that holds the text as it is: Helm must not take its braces for its own."""
    value = json.dumps(text).replace("{{", "{{`{{`}}")
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  m: {value}\n"


def block(text: str) -> str:
    return "values:\n  inner: |\n" + "".join(f"    {line}\n" for line in text.splitlines())


def heredoc(text: str) -> str:
    return f"#!/bin/sh\nkubectl apply -f - <<EOF\n{text}EOF\n"


FLOW = "apiVersion: v1\nkind: Secret\ndata: {a: aHVudGVyMi1jYW5hcnk=}\n"
AS_JSON = '{"apiVersion":"v1","kind":"Secret","data":{"a":"aHVudGVyMi1jYW5hcnk="}}'
SHAPES |= {
    "in a text in a text": text_of(block(MANIFEST)),
    "in four texts": text_of(block(block(block(block(FLOW))))),
    "in JSON in JSON": text_of(json.dumps({"inner": json.dumps({"deeper": AS_JSON})})),
    "in a script": text_of(heredoc(FLOW)),
    "in lines of a script": text_of(heredoc(MANIFEST.replace("\n", "\r\n"))),
    "in JSON in a script": text_of(heredoc(AS_JSON + "\n")),
    "in escaped JSON in a script": text_of(f"echo {json.dumps(AS_JSON)} | kubectl apply -f -\n"),
    "in JSON of many lines in a script": text_of(heredoc(json.dumps(json.loads(AS_JSON), indent=2) + "\n")),
    "in a script in a text": text_of(block(heredoc(FLOW))),
    "in the arguments of a container": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
    f"  - {{name: a, image: x, command: [sh, -c, {json.dumps(heredoc(FLOW))}]}}\n",
    "beside a broken document": text_of("a: {{ .x }} b\n---\n" + FLOW),
    "before a broken document": text_of(block(FLOW) + "--- # next\na: {{ .x }} b\n"),
    "after a placeholder": text_of(heredoc("kind: Secret\ndata: {b: $X, c: {{ x }}, a: aHVudGVyMi1jYW5hcnk=}\n")),
}


EMPTY = {
    "a Role in a script": text_of(
        heredoc("kind: Role\nrules: [{resources: [secrets], verbs: [get]}]\n---\nkind: ConfigMap\ndata: {a: b}\n")
    ),
    "a document beside one without data": text_of(
        "a: {{ .x }} b\n---\nkind: Secret\ndata: {}\n---\nkind: ConfigMap\ndata: {a: b}\n"
    ),
    "placeholders in a script": text_of(heredoc('kind: Secret\ndata: {a: "$X", b: <yours>, c: "", d: null}\n')),
    "lines of placeholders": text_of(heredoc("kind: Secret\ndata:\n  a: ${X}\n  b: ''\n  # c: d\ntype: Opaque\n")),
    "documentation": text_of("# Use\n\nMake a Secret (kind: Secret) first: the field data: holds the password.\n"),
    "a CRD in a text": text_of(
        "kind: CustomResourceDefinition\nspec:\n  description: |\n    kind: Secret\n    data: {a: b}\n"
    ),
    "a kustomization": text_of("secretGenerator: [{name: a, files: [b]}]\npatches: [{target: {kind: Secret}}]\n"),
    "a reference in a field": "apiVersion: x.example/v1\nkind: Bundle\nmetadata: {name: a, namespace: shop}\n"
    "spec: {ref: {kind: Secret, name: b}}\n",
    "no data": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
    "empty": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: ''}\nstringData:\n",
    "another group": "apiVersion: a.example/v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: b}\n",
    "a ConfigMap that only names one": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    "data: {m: 'kind: Secret'}\n",
    "a sealed one in base64": config_of(base64_of(MANIFEST.replace("hunter2-canary", "").encode())),
    "a text about one in base64": config_of(base64_of(b"The kind of data is a Secret, and it says: nothing at all.")),
    "a template": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  m.yaml: |\n    kind: Secret\n"
    "    stringData:\n      a: ${PASSWORD}\n    @: [\n",
}


@pytest.mark.parametrize("shape", EMPTY)
def test_what_holds_no_value_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    monkeypatch.chdir(platform(tmp_path, {"charts/web/templates/s.yaml": EMPTY[shape]}))
    verbs("vendor", "render", "commit")
