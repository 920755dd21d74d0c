"""EnvoyFilters are in use while Istio's control plane moves to another minor.

## Why it matters

An EnvoyFilter patches what Istio generates, by the names of filters and their order. Both may differ in the next
minor: the patch then misses, or lands elsewhere, without an error.

## What to do

Compare ``istioctl proxy-config`` of a patched workload before and after on a test cluster. Prefer Telemetry, WasmPlugin
or a VirtualService where one does the same.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import sides
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.control_plane import istio_parts
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before, after = sides(upgrade)
    filters = sorted(envoy_filter.id.name for envoy_filter in after.of("EnvoyFilter", NETWORKING))
    if not filters:
        return
    earlier = {part.workload.id: part.version for part in istio_parts(before) if part.role == "istiod"}
    own = {resource.id for resource in upgrade.after.manifests.resources}
    for part in istio_parts(after):
        past = earlier.get(part.workload.id)
        if part.role == "istiod" and part.workload.id in own and past and past != part.version:
            moved = f"{past[0]}.{past[1]} -> {part.version[0]}.{part.version[1]}"
            yield Hit(
                place(part.workload),
                title=f"{part.workload.kind} {part.workload.id.name}: Istio {moved} with EnvoyFilters in use "
                f"({listed(filters, _SHOWN)})",
                impact="A patch may miss, or land elsewhere, without an error.",
                fix="Compare istioctl proxy-config of a patched workload before and after.",
            )


def _state(version: str, more: str = "") -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: a, image: 'docker.io/istio/pilot:{version}'}}]}}}}}}\n---\n"
        + more
    )


_FILTER = (
    "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: f}\nspec: {configPatches: []}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    shares=("image-changed", "mesh-version-skew"),
    cases=(
        speaks("the next minor", ("medium", ""), before=_state("1.26.1", _FILTER), after=_state("1.27.0", _FILTER)),
        quiet("a patch", before=_state("1.26.1", _FILTER), after=_state("1.26.2", _FILTER)),
        quiet("no EnvoyFilter", before=_state("1.26.1"), after=_state("1.27.0")),
    ),
)
