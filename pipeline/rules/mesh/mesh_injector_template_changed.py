"""The template changes from which Istio makes the sidecars of pods.

## Why it matters

A pod gets its sidecar when it starts. Pods that run keep the old one until they restart, and those that start get the
new one: a fleet of both, with other images, resources or security contexts.

## What to do

Plan to restart the workloads of the mesh, namespace by namespace, and watch ``istioctl proxy-status``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed
from pipeline.core.yaml.reader import YamlError, load

_NAME = "istio-sidecar-injector"
_PATH = ("data", "config")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    old, new = _templates(change.before), _templates(change.after)
    if old is None or new is None or not change.id.name.startswith(_NAME):
        return
    changed = [name for name in sorted({*old, *new}) if _bare(old.get(name)) != _bare(new.get(name))]
    if changed:
        yield Hit(
            place(change.resource, _PATH),
            title=f"ConfigMap {change.id.name}: the template of {listed(changed)} changes",
            impact="Pods that run keep the old sidecar until they restart.",
            fix="Plan to restart the mesh's workloads, one namespace at a time.",
            claims=(Claim(change.id, _PATH),),
        )


def _templates(config: Resource | None) -> Mapping[str, Any] | None:
    """By name; older versions have one without a name. None where there is no configuration of an injector."""
    text = mapping(config.body.get("data")).get("config") if config else None
    if not isinstance(text, str):
        return None
    try:
        settings = mapping(load(text))
    except YamlError:
        return None
    template = settings.get("template")
    return {"sidecar": template} if isinstance(template, str) else mapping(settings.get("templates"))


def _bare(template: Any) -> list[str]:
    """Its lines, but for empty ones, comments and the space around them."""
    lines = (line.strip() for line in str(template or "").splitlines())
    return [line for line in lines if line and not line.startswith(("#", "{{- /*"))]


def _injector(template: str, name: str = _NAME, more: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n"
        f"  config: |-\n    policy: enabled{more}\n    templates:\n      sidecar: |\n{template}"
    )


_OLD = "        spec:\n          containers: [{name: istio-proxy}]\n"
_NEW = "        spec:\n          initContainers: [{name: istio-proxy}]\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"ConfigMap"}),
    shares=("config-value-changed",),
    cases=(
        speaks("native sidecars", ("medium", "data.config"), before=_injector(_OLD), after=_injector(_NEW)),
        speaks(
            "that of a revision",
            ("medium", "data.config"),
            before=_injector(_OLD, f"{_NAME}-canary"),
            after=_injector(_NEW, f"{_NAME}-canary"),
        ),
        quiet("a comment", before=_injector(_OLD), after=_injector(f"        # a word\n\n{_OLD}")),
        quiet("another key", before=_injector(_OLD), after=_injector(_OLD, more="\n    alwaysInjectSelector: []")),
        quiet("another ConfigMap", before=_injector(_OLD, "other"), after=_injector(_NEW, "other")),
        quiet("a new injector", after=_injector(_OLD)),
    ),
)
