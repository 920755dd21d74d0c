"""The annotations of an object change.

## Why it matters

Controllers read settings from annotations: load balancers, certificates, ingress, injection. On an Ingress, a Service,
a Gateway, an HTTPRoute and a Namespace only annotations that are known as notes (the chart, a checksum, a description)
say nothing; each other one may open, close or move what clients reach.

## What to do

Check whether your controllers read these annotations.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.acting_annotations import acted_on
from pipeline.core.analysis.hooks import events_in
from pipeline.core.analysis.removal import KEEPERS
from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.analysis.service_accounts import IDENTITY
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.render.manifests import HOOK_ANNOTATION
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_ACTS = "A controller may act on them: what clients reach, and how, may change."
_TOLD = IDENTITY | KEEPERS
"""Annotations that rules of their own speak about."""


def _picks(field: FieldChange, path: Path) -> bool:
    if path == ("metadata", "annotations"):  # all of them come or go
        value = field.old or field.new
        return not isinstance(value, dict) or not events_in(str(value.get(HOOK_ANNOTATION) or ""))
    if path[2:] == (HOOK_ANNOTATION,):  # of an event that Helm does not know, no rule of hooks tells
        return not events_in(f"{field.old},{field.new}")
    if path[:2] != ("metadata", "annotations"):
        return False
    return str(path[2]) not in _TOLD and not str(path[2]).startswith(HOOK_ANNOTATION)


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    acts = any(acted_on(change.id.kind, field, prefix=2) for field in fields)
    return Severity.MEDIUM if acts else None


_alike = alike_check(
    _picks,
    FindingText(
        "annotations change",
        "Controllers may read settings from annotations.",
        "Check whether your controllers read these annotations.",
        grade=_grade,
    ),
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for hit in _alike(upgrade):
        if hit.severity is Severity.MEDIUM:
            yield replace(hit, impact=_ACTS, confidence=Confidence.LIKELY)
        else:
            yield hit


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"
_KINDS = (
    ("networking.k8s.io/v1", "Ingress", "spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}"),
    ("v1", "Service", "spec: {ports: [{port: 80}]}"),
    ("gateway.networking.k8s.io/v1", "Gateway", "spec: {gatewayClassName: a}"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute", "spec: {hostnames: [a.example.org]}"),
    ("v1", "Namespace", ""),
)
_OBJECT = "apiVersion: {}\nkind: {}\nmetadata: {{name: a, annotations: {{x.io/z: z{}}}}}\n{}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "an annotation is removed",
            ("info", "metadata.annotations"),
            before=_MAP % (", annotations: {a: b}", "a: x"),
            after=_MAP % ("", "a: x"),
        ),
        *(
            speaks(
                f"{title} ({kind})",
                (severity, f'metadata.annotations["{name}"]'),
                before=_OBJECT.format(api, kind, old and f", {name}: {old}", spec),
                after=_OBJECT.format(api, kind, new and f", {name}: {new}", spec),
            )
            for api, kind, spec in _KINDS
            for title, severity, name, old, new in (
                ("an annotation that nobody knows is added", "medium", "example.com/mode", "", "b"),
                ("an annotation that nobody knows changes", "medium", "example.com/mode", "a", "b"),
                ("an annotation that nobody knows is removed", "medium", "example.com/mode", "a", ""),
                ("a description changes", "info", "kubernetes.io/description", "a", "b"),
            )
        ),
        speaks(
            "the same annotation of two objects, of which one is acted on",
            ("medium", 'metadata.annotations["x.io/b"]'),
            ("info", 'metadata.annotations["x.io/b"]'),
            before=_MAP % (", annotations: {x.io/z: z}", "a: x") + "---\n" + _OBJECT.format(*_KINDS[1][:2], "", ""),
            after=_MAP % (", annotations: {x.io/z: z, x.io/b: b}", "a: x")
            + "---\n"
            + _OBJECT.format(*_KINDS[1][:2], ", x.io/b: b", ""),
        ),
        quiet(
            "a checksum",
            before=_MAP % (", annotations: {checksum/a: b, a: b}", "a: x"),
            after=_MAP % (", annotations: {checksum/a: c, a: b}", "a: x"),
        ),
    ),
)
