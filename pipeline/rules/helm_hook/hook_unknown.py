"""A hook uses an event that Helm does not know.

## Why it matters

Helm 3 and 4 do not treat it as a hook: what should run or be installed at that point is dropped, or applied with
everything else. ``crd-install`` existed in Helm 2.

## What to do

Move CRDs into the chart's ``crds/`` folder; use one of Helm's events for anything else.
"""

from collections.abc import Iterator

from pipeline.core.analysis.hooks import EVENTS, PATH, words
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    known = {resource.id for resource in upgrade.before.manifests.resources if _unknown(resource)}
    hooks = [r for r in upgrade.after.manifests.resources if _unknown(r) and r.id not in known]
    if hooks:
        listed = ", ".join(sorted({word for resource in hooks for word in _unknown(resource)}))
        yield Hit(
            place(hooks[0], PATH),
            title=f"{hooks[0].kind} {hooks[0].id.name}: unknown hook event {listed}",
            impact="Helm does not treat it as a hook: it is dropped, or applied with everything else.",
            fix="Move CRDs into crds/; use one of Helm's events for anything else.",
            also=tuple(place(resource, PATH) for resource in hooks[1:]),
        )


def _unknown(resource: Resource) -> tuple[str, ...]:
    return tuple(word for word in words(resource) if word not in EVENTS)


_ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {helm.sh/hook: '%s'}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("an event of Helm 2", ("medium", 'metadata.annotations["helm.sh/hook"]'), after=_ONE % "crd-install"),
        speaks("a typo", ("medium", 'metadata.annotations["helm.sh/hook"]'), after=_ONE % "pre-install, pre-upgrad"),
        quiet("it was like that before", before=_ONE % "crd-install", after=_ONE % "crd-install"),
        quiet("Helm's own", after=_ONE % "pre-install,post-upgrade"),
    ),
)
