"""Istio's new version does not support the stated Kubernetes version.

## Why it matters

Istio tests each minor with four or five minors of Kubernetes. On an older one it may use APIs that are not there.

## What to do

Upgrade Kubernetes first, or choose an Istio version that supports it.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import sides
from pipeline.core.mesh.control_plane import SUPPORTED_KUBERNETES, istio_parts
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    if target is None or not upgrade.facts.target_stated:
        return
    before, after = sides(upgrade)
    earlier = {part.workload.id: part.version for part in istio_parts(before)}
    own = {resource.id for resource in upgrade.after.manifests.resources}
    for part in istio_parts(after):
        lowest = SUPPORTED_KUBERNETES.get(part.version)
        if part.role != "istiod" or part.workload.id not in own or lowest is None or target >= lowest:
            continue
        if earlier.get(part.workload.id) == part.version and upgrade.facts.target_before in (None, target):
            continue
        version = ".".join(map(str, part.version))
        yield Hit(
            place(part.workload),
            title=f"{part.workload.kind} {part.workload.id.name}: Istio {version} needs Kubernetes "
            f"{lowest[0]}.{lowest[1]}, and the target is {target[0]}.{target[1]}",
            impact="It is not tested there, and may use APIs that are not there.",
            fix="Upgrade Kubernetes first, or choose an Istio version that supports it.",
        )


def _istiod(version: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: a, image: 'docker.io/istio/pilot:{version}'}}]}}}}}}\n"
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.TARGET,),
    shares=("image-changed",),
    cases=(
        speaks(
            "an older cluster",
            ("high", ""),
            before=_istiod("1.26.0"),
            after=_istiod("1.27.1"),
            facts={"target": (1, 28)},
        ),
        quiet("a supported one", before=_istiod("1.26.0"), after=_istiod("1.27.1"), facts={"target": (1, 29)}),
        quiet("nothing changes", before=_istiod("1.27.1"), after=_istiod("1.27.1"), facts={"target": (1, 28)}),
        quiet("an unknown version", before=_istiod("1.26.0"), after=_istiod("9.9.1"), facts={"target": (1, 28)}),
    ),
)
