"""Istio's parts are too far apart: the control plane jumps more than one minor, or a part does not fit it.

Proxies, gateways, ztunnel and CNI may be one minor older than the control plane, never newer.

## Why it matters

Istio tests and supports one minor between control plane and data plane. A newer proxy may not understand its
configuration, or not start.

## What to do

Upgrade one minor at a time, the control plane first, then gateways and workloads.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import SideIndex, sides
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.mesh.control_plane import IstioPart, istio_parts, parts_of
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.option import RuleOption
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_MINORS = RuleOption("mesh-version-skew", "minors", 1, "How many minors of Istio the control plane may move at once.")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    own = [resource for resource in upgrade.after.manifests.resources if resource.kind in WORKLOADS]
    parts = [part for one in own for part in parts_of(one)]
    if not parts:
        return
    before, after = sides(upgrade)
    minors = _MINORS.of(upgrade)
    earlier = {(part.workload.id, part.role): part for part in istio_parts(before)}
    for part in parts:
        past = earlier.get((part.workload.id, part.role))
        if part.role == "istiod":
            if past and past.version[0] == part.version[0] and part.version[1] - past.version[1] > minors:
                yield _hit(part, f"Istio's control plane jumps from {_text(past)} to {_text(part)}")
        elif _unfit(part, after) and not (past and _unfit(past, before)):
            newest = max(_planes(after))
            yield _hit(part, f"{part.role} {_text(part)} does not fit control plane {newest[0]}.{newest[1]}")


def _planes(side: SideIndex) -> list[tuple[int, int]]:
    return [part.version for part in istio_parts(side) if part.role == "istiod"]


def _unfit(part: IstioPart, side: SideIndex) -> bool:
    """Whether no control plane at hand is of its minor or the next."""
    planes = _planes(side)
    return bool(planes) and not any(
        part.version[0] == major and 0 <= minor - part.version[1] <= 1 for major, minor in planes
    )


def _text(part: IstioPart) -> str:
    return ".".join(map(str, part.version))


def _hit(part: IstioPart, what: str) -> Hit:
    return Hit(
        place(part.workload),
        title=f"{part.workload.kind} {part.workload.id.name}: {what}",
        impact="Istio supports one minor between its parts, and no proxy newer than the control plane.",
        fix="Upgrade one minor at a time: the control plane, then gateways and workloads.",
    )


_DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'docker.io/istio/%s'}]}}}\n---\n"
)


def _state(plane: str, gateway: str = "") -> str:
    return _DEPLOYMENT % ("istiod", f"pilot:{plane}") + (
        _DEPLOYMENT % ("edge", f"proxyv2:{gateway}") if gateway else ""
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    options=(_MINORS,),
    shares=("image-changed",),
    cases=(
        speaks("two minors at once", ("high", ""), before=_state("1.26.1"), after=_state("1.28.0")),
        speaks(
            "a gateway stays behind", ("high", ""), before=_state("1.27.0", "1.26.0"), after=_state("1.28.0", "1.26.0")
        ),
        speaks("a gateway is ahead", ("high", ""), before=_state("1.27.0", "1.27.0"), after=_state("1.27.0", "1.28.0")),
        speaks(
            "more minors at once than the policy lets it",
            ("high", ""),
            before=_state("1.26.1"),
            after=_state("1.29.0"),
            facts={"options": {"mesh-version-skew": {"minors": 2}}},
        ),
        quiet(
            "as many minors as the policy lets it",
            before=_state("1.26.1"),
            after=_state("1.28.0"),
            facts={"options": {"mesh-version-skew": {"minors": 2}}},
        ),
        quiet("one minor", before=_state("1.27.0", "1.27.0"), after=_state("1.28.0", "1.27.0")),
        quiet(
            "a canary of the next revision",
            before=_state("1.27.0", "1.27.0"),
            after=_state("1.27.0", "1.28.0") + _DEPLOYMENT % ("istiod-canary", "pilot:1.28.0"),
        ),
        quiet(
            "no control plane at hand",
            before=_DEPLOYMENT % ("e", "proxyv2:1.20.0"),
            after=_DEPLOYMENT % ("e", "proxyv2:1.28.0"),
        ),
    ),
)
