import pytest

from pipeline.core.kube.resource import Delivery
from pipeline.core.kube.scope import BUILT_IN
from pipeline.core.render.manifests import ManifestError, documents, parse

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: roots.demo.io}
spec: {group: demo.io, scope: Cluster, names: {kind: Root}}
"""


def test_each_document_knows_its_template_and_how_it_is_delivered() -> None:
    text = (
        f"---\n# Source: web/charts/sub/crds/roots.yaml\n{CRD}---\n{CRD.replace('roots', 'twos')}"
        "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        "---\n# Source: web/templates/hook.yaml\napiVersion: batch/v1\nkind: Job\n"
        "metadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n"
    )
    found = [(r.id.name, r.source, r.delivery) for r in parse(text, namespace="ns", release="web").resources]
    assert found == [
        ("roots.demo.io", "web/charts/sub/crds/roots.yaml", Delivery.CRDS_DIR),
        ("twos.demo.io", "web/charts/sub/crds/roots.yaml", Delivery.CRDS_DIR),
        ("a", "web/templates/a.yaml", Delivery.TEMPLATE),
        ("h", "web/templates/hook.yaml", Delivery.HOOK),
    ]


def test_namespaces_are_written_where_they_belong_and_nowhere_else() -> None:
    text = f"""\
{CRD}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: filled}}}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: own, namespace: other}}}}
---
{{apiVersion: v1, kind: Namespace, metadata: {{name: stray, namespace: ns}}}}
---
{{apiVersion: demo.io/v1, kind: Root, metadata: {{name: custom, namespace: ns}}}}
---
{{apiVersion: unknown.io/v1, kind: Thing, metadata: {{name: unknown}}}}
"""
    found = {r.id.name: r.body["metadata"].get("namespace") for r in parse(text, namespace="ns").resources}
    assert found == {
        "roots.demo.io": None,
        "filled": "ns",
        "own": "other",
        "stray": None,
        "custom": None,
        "unknown": None,
    }


def test_lists_are_taken_apart() -> None:
    text = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMapList, items: [{metadata: {name: b}}]}
- null
"""
    assert [str(r.id) for r in parse(text, namespace="ns").resources] == ["ConfigMap ns/a", "ConfigMap ns/b"]


def test_documents_that_hold_nothing_are_dropped() -> None:
    assert parse("---\n# only a comment\n---\n\n---\nnull\n---\n{}\n", namespace="ns").resources == ()


def test_three_dashes_split_only_where_a_line_starts_with_them() -> None:
    text = "---# odd\na: 1\n--- {b: 2}\n---\nc: |\n  ---\n  x\n---d: 1\n"
    assert [document for _, document in documents(text)] == ["# odd\na: 1\n", "{b: 2}\n", "c: |\n  ---\n  x\n---d: 1\n"]


def test_the_same_text_is_the_same_body() -> None:
    text = "apiVersion: demo.io/v1\nkind: Root\nmetadata: {name: a}\n"
    first, second = (parse(text, namespace="ns").resources[0] for _ in range(2))
    assert first.body is second.body


def test_the_last_of_two_documents_with_one_identity_wins() -> None:
    text = "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{x: '{n}'}}\n" for n in (1, 2))
    found = parse(text, namespace="ns")
    assert [r.body["data"]["x"] for r in found.resources] == ["2"]
    assert [r.body["data"]["x"] for r in found.duplicates] == ["1"]


def test_scope_of_a_kind_that_nobody_declares_is_unknown() -> None:
    assert BUILT_IN.namespaced("demo.io", "Root") is None
    assert BUILT_IN.namespaced("apps", "Deployment") is True
    assert BUILT_IN.namespaced("rbac.authorization.k8s.io", "ClusterRole") is False


@pytest.mark.parametrize(
    ("text", "dots"),
    [
        ("a: 1\n...\nb: 2\n", True),
        ("a: 1\n... # the end\n\n# a comment\nb: 2\n", True),
        ("a: '...\n  b'\nc: d: e\n", False),
        ("a: |\n  ...\nb: [\n", False),
    ],
)
def test_a_line_of_three_dots_is_told_by_where_the_reader_stops(text: str, dots: bool) -> None:  # noqa: FBT001
    with pytest.raises(ManifestError) as caught:
        parse(text, namespace="ns")
    assert ("three dots" in caught.value.message) is dots
