"""A CRD loses its status or scale subresource, or scales by other fields.

## Why it matters

Without ``status``, controllers that write it get 404. Without ``scale``, or without its label selector, autoscalers of
the kind stop working; if scale uses different fields, they read and write those.

## What to do

Check autoscalers that target the kind, and your tools that write its status.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        for name in sorted(before.versions.keys() & after.versions.keys()):
            old, new = (mapping(side.versions[name].get("subresources")) for side in (before, after))
            removed, moved = sorted(old.keys() - new.keys()), _moved(old, new)
            if removed or moved:
                path = version_path(name, "subresources")
                at = path if not new else (*path, removed[0] if removed else "scale")
                words = ", ".join(
                    [f"loses {key}" for key in removed] + [f"scales by different fields ({moved})"] * bool(moved)
                )
                yield Hit(
                    pair.place(at),
                    title=f"CRD {pair.name}: version {name} {words}",
                    impact=f"Clients that use /{removed[0]} of the kind get 404."
                    if removed
                    else "Autoscalers of the kind read and write different fields, or stop working.",
                    fix="Check autoscalers of the kind, and tools that write its status.",
                    severity=None if removed or "labelSelectorPath" in moved else Severity.MEDIUM,
                    claims=claim(pair, path),
                )


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The paths of scale that change or go; one that comes harms no one."""
    before, after = mapping(old.get("scale")), mapping(new.get("scale"))
    return ", ".join(key for key in sorted(before) if after and before[key] != after.get(key))


_BOTH = version(rest="subresources: {status: {}, scale: {specReplicasPath: .spec.size, labelSelectorPath: .status.s}}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("both are removed", ("high", "spec.versions[name=v1].subresources"), before=crd(_BOTH), after=crd()),
        speaks(
            "status is removed",
            ("high", "spec.versions[name=v1].subresources.status"),
            before=crd(_BOTH),
            after=crd(_BOTH.replace("status: {}, ", "")),
        ),
        speaks(
            "another field is counted",
            ("medium", "spec.versions[name=v1].subresources.scale"),
            before=crd(_BOTH),
            after=crd(_BOTH.replace(".spec.size", ".spec.replicas")),
        ),
        speaks(
            "autoscalers no longer find the pods",
            ("high", "spec.versions[name=v1].subresources.scale"),
            before=crd(_BOTH),
            after=crd(_BOTH.replace(", labelSelectorPath: .status.s", "")),
        ),
        quiet("both are added", before=crd(), after=crd(_BOTH)),
        quiet("both stay", before=crd(_BOTH), after=crd(_BOTH, version("v2", storage=False))),
    ),
)
