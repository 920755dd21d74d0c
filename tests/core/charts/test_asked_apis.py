"""Which APIs templates ask for by name, and where they may ask for any."""

import pytest

from pipeline.core.charts.asked_apis import asked_apis, brought_apis

CRD = b"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gears.example.org
spec:
  group: example.org
  names:
    kind: Gear
    plural: gears
  scope: Namespaced
  versions:
  - name: v1
    served: true
  - additionalPrinterColumns: []
    name: v1beta1
"""


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("a: b", frozenset()),
        ('{{ if .Capabilities.APIVersions.Has "a/v1" }}', {"a/v1"}),
        (
            '{{ if or ($.Capabilities.APIVersions.Has "a/v1/Kind") (.Capabilities.APIVersions.Has `b/v1`) }}',
            {"a/v1/Kind", "b/v1"},
        ),
        ('{{ $c := .Capabilities.KubeVersion.Version }}{{ .Capabilities.APIVersions.Has "a/v1" }}', {"a/v1"}),
        ("{{ if .Capabilities.APIVersions.Has .Values.api }}", None),
        ('{{ .Capabilities.APIVersions.Has (print "a" "/v1") }}', None),
        ("{{ range .Capabilities.APIVersions }}", None),
        ('{{ has "a/v1" .Capabilities.APIVersions }}', None),
        ("{{ $c := .Capabilities }}", None),
        ("{{ toYaml .Capabilities }}", None),
        ('{{ index .Capabilities "APIVersions" }}', None),
        ('{{ .Capabilities.APIVersions.Has "a/v1" }}{{ .Capabilities.APIVersions.Has .Values.api }}', None),
    ],
)
def test_what_a_template_asks_for(text: str, asked: frozenset[str] | None) -> None:
    assert asked_apis({"templates/a.yaml": text.encode()}) == asked


@pytest.mark.parametrize("path", ["crds/a.yaml", "charts/part/crds/a.yaml", "README.md"])
def test_a_text_without_actions_that_helm_does_not_render_asks_nothing(path: str) -> None:
    assert asked_apis({path: b"different APIVersions available"}) == frozenset()
    assert asked_apis({path: b"different APIVersions available, {{ one }}"}) is None


def test_the_texts_of_packed_charts_and_values_count() -> None:
    assert asked_apis({"charts/part-1.0.0.tgz": b""}) is None
    assert asked_apis({"values.yaml": b"a: '{{ .Capabilities.APIVersions }}'"}) is None


def test_what_crds_bring() -> None:
    apis = {"example.org/v1", "example.org/v1/Gear", "example.org/v1beta1", "example.org/v1beta1/Gear"}
    assert brought_apis({"crds/a.yaml": b"# c\n---\n" + CRD, "templates/b.yaml": CRD.replace(b"Gear", b"X")}) == apis
    assert brought_apis({"charts/part/crds/a.yaml": CRD.replace(b"  group", b" group")}) == frozenset()
