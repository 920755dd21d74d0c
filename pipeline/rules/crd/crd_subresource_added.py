"""A CRD gains its status or scale subresource.

## Why it matters

With a new ``status``, what is written to .status through the object itself is silently dropped. The chart's own
controller knows that; your tools may not.

## What to do

Make sure that your tools write status through the subresource.
"""

from collections.abc import Iterator

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
            path = version_path(name, "subresources")
            added = sorted(new.keys() - old.keys())
            counted = sorted(mapping(new.get("scale")).keys() - mapping(old.get("scale")).keys()) if not added else []
            if added or counted:
                paths = [(*path, key) for key in added] or [(*path, "scale", key) for key in counted]
                yield Hit(
                    pair.place(paths[0] if old else path),
                    title=f"CRD {pair.name}: version {name} gains {', '.join(added or counted)}",
                    impact="Writes of .status through the object itself are silently dropped from now on."
                    if "status" in added
                    else "Autoscalers can target the kind.",
                    fix="Make sure that your tools write status through the subresource."
                    if "status" in added
                    else "Nothing to do.",
                    severity=None if "status" in added else Severity.INFO,
                    claims=claim(pair, *(paths if old else [path])),
                )


_STATUS = version(rest="subresources: {status: {}}")
_SCALE = version(rest="subresources: {status: {}, scale: {specReplicasPath: .spec.size}}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks("status is added", ("low", "spec.versions[name=v1].subresources"), before=crd(), after=crd(_STATUS)),
        speaks(
            "scale is added",
            ("info", "spec.versions[name=v1].subresources.scale"),
            before=crd(_STATUS),
            after=crd(_SCALE),
        ),
        quiet("status is removed", before=crd(_STATUS), after=crd()),
        quiet("status stays", before=crd(_STATUS), after=crd(_STATUS, version("v2", storage=False))),
    ),
)
