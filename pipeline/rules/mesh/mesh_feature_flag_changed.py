"""A feature flag of Istio's control plane changes: an environment variable of istiod.

Istio moves its defaults through these flags, and a chart's ``compatibilityVersion`` sets those of an older version.

## Why it matters

A flag acts on the whole mesh at once: which objects are read, how listeners and routes are made, how sidecars start.

## What to do

Read what the flag does in Istio's list of environment variables, and change it on its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.side_index import SideIndex, sides
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.pods import template_path
from pipeline.core.kube.resource import ResourceId, mapping, sequence
from pipeline.core.mesh.control_plane import istio_parts
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_PREFIXES = ("PILOT_", "ENABLE_", "ISTIO_", "AMBIENT_", "UNSAFE_")
_SHOWN = 3
Flags = Mapping[str, Any]


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before, after = (_flags(side) for side in sides(upgrade))
    for workload in upgrade.after.manifests.resources:
        old, new = before.get(workload.id), after.get(workload.id)
        if old is None or new is None or old == new:
            continue
        names = sorted(name for name in {*old, *new} if old.get(name, MISSING) != new.get(name, MISSING))
        said = listed((_said(name, old, new) for name in names), _SHOWN)
        yield Hit(
            place(workload, (*(template_path(workload) or ()), "spec", "containers")),
            title=f"{workload.kind} {workload.id.name}: Istio's feature flags change: {said}",
            impact="It acts on the whole mesh at once.",
            fix="Read what it does, and keep the old value if you depend on it.",
        )


def _flags(side: SideIndex) -> dict[ResourceId, Flags]:
    """The flags of each control plane. What another object holds is known by where it lies."""
    flags: dict[ResourceId, dict[str, Any]] = {}
    for part in istio_parts(side):
        if part.role == "istiod":
            variables = map(mapping, sequence(part.container.get("env")))
            flags.setdefault(part.workload.id, {}).update(
                (str(variable["name"]), variable.get("value", variable.get("valueFrom", "")))
                for variable in variables
                if str(variable.get("name", "")).startswith(_PREFIXES)
            )
    return dict(flags)


def _said(name: str, old: Flags, new: Flags) -> str:
    before, after = (flags.get(name, MISSING) for flags in (old, new))
    if before is MISSING:
        return f"{name} is {_value(after)} now"
    return f"{name} is no longer set" if after is MISSING else f"{name} {_value(before)} -> {_value(after)}"


def _value(value: Any) -> str:
    return str(value)[:60] if isinstance(value, str) else "taken from elsewhere"


def _istiod(*flags: str, image: str = "docker.io/istio/pilot:1.27.0") -> str:
    env = ", ".join(f"{{name: {name}, value: '{value}'}}" for name, value in (flag.split("=") for flag in flags))
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: discovery, image: '{image}', env: [{env}]}}]}}}}}}\n"
    )


_AT = ("medium", "spec.template.spec.containers")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    shares=("env-changed",),
    cases=(
        speaks("a flag is set", _AT, before=_istiod(), after=_istiod("PILOT_ENABLE_ALPHA_GATEWAY_API=true")),
        speaks(
            "the flags of an older version are no longer set",
            _AT,
            before=_istiod("ENABLE_NATIVE_SIDECARS=false", "PILOT_A=1"),
            after=_istiod("PILOT_A=2"),
        ),
        quiet("another variable", before=_istiod("REVISION=a"), after=_istiod("REVISION=b")),
        quiet("another order", before=_istiod("PILOT_A=1", "PILOT_B=2"), after=_istiod("PILOT_B=2", "PILOT_A=1")),
        quiet(
            "no control plane of Istio",
            before=_istiod("PILOT_A=1", image="shop/autopilot:1"),
            after=_istiod(image="shop/autopilot:1"),
        ),
        quiet("a new control plane", after=_istiod("PILOT_A=1")),
    ),
)
