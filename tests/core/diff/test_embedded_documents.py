"""Documents inside a ConfigMap's texts are compared by meaning and shown by path."""

import pytest

from pipeline.core.diff.change import FieldChange
from pipeline.core.diff.compare import compare
from pipeline.core.kube.path import to_text
from pipeline.core.render.manifests import parse
from pipeline.core.yaml.writer import dump


def changes(old: str, new: str, kind: str = "ConfigMap") -> list[FieldChange]:
    bodies = (
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "data": {"file": text}} for text in (old, new)
    )
    before, after = (parse(dump(body), namespace="b") for body in bodies)
    return [field for change in compare(before, after).changes for field in change.fields]


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ("a: 1\nb: {c: true}\n", "a: 1\nb: {c: false}\n", ["data.file.b.c"]),
        ('{"a": {"b": [1, 2]}}', '{"a": {"b": [1, 3]}}', ["data.file.a.b[1]"]),
        ("x=1\n# why\ny=2\n", "x=1\ny=3\n", ["data.file.y"]),
        ("rules:\n- {name: a, v: 1}\n- {name: b}\n", "rules:\n- {name: b}\n- {name: a, v: 2}\n", ["data.file.rules"]),
        ("[a]\nb = [\n  1,\n  2,\n]\n", "# sorted\n[a]\nb = [1, 3]\n", ["data.file.a.b[1]"]),
        (
            "[server]\nport = 80\n[log]\nlevel = info\n",
            "[log]\nlevel = warn\n[server]\nport = 80\n",
            ["data.file.log.level"],
        ),
        ("version = 1.10\n\n", "version = 1.1\n\n", ["data.file.version"]),
        ("a: 1\n---\na: 2\n", "---\na: 1\n---\na: 3\n", ["data.file[1].a"]),
        ('{"since": 1979-05-27}\n', '{"since": 1979-05-28}\n', ["data.file"]),
        ("just some text\nmore\n", "just some text\nless\n", ["data.file"]),
        ("a: 1\n", "- 1\n", ["data.file"]),
        ("a: [\n", "a: [1\n", ["data.file"]),
        ('x: |\n  {"a": 1}\ny: 1\n', 'x: |\n  {"a": 2}\ny: 1\n', ["data.file.x.a"]),
        ("cpu: 1000m\nttl: 60m\n", "cpu: 1\nttl: 1h\n", ["data.file.cpu", "data.file.ttl"]),
        ("cpu: 1\nb: 1\n", "cpu: '1'\nb: 1.0\n", ["data.file.b", "data.file.cpu"]),
    ],
)
def test_a_change_is_shown_where_it_is(old: str, new: str, paths: list[str]) -> None:
    found = [to_text(field.path) for field in changes(old, new)]
    assert len(found) == len(paths) or paths == ["data.file.rules"]
    assert [path.startswith(wanted) for path, wanted in zip(found, paths, strict=False)] == [True] * len(paths)


def test_a_document_written_otherwise_is_no_news() -> None:
    (field,) = changes("a: 1\nb: 2\n", "# sorted\nb: 2\na: 1\n")
    assert field.noise == "the same document, written otherwise"


def test_a_file_that_is_named_toml_is_read_as_toml() -> None:
    bodies = (
        {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"c.toml": text}}
        for text in ("a = 1_0\n\n", "a = 10\n")
    )
    before, after = (parse(dump({"apiVersion": "v1"} | body), namespace="b") for body in bodies)
    (field,) = compare(before, after).changes[0].fields
    assert field.noise == "the same document, written otherwise"


def test_a_pod_templates_annotations_are_opened_too() -> None:
    text = "spec: {template: {metadata: {annotations: {a: '%s'}}}}\n"
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
    before, after = (parse(head + text % value, namespace="b") for value in ('{"x": 1}', '{"x": 2}'))
    (field,) = compare(before, after).changes[0].fields
    assert to_text(field.path) == "spec.template.metadata.annotations.a.x"
