"""A custom resource uses a version that its CRD does not serve.

## Why it matters

The apply of that object fails: no matches for kind. This rule reports custom resources that move to such a version, and
those whose CRD another release delivers from now on. A CRD that stops serving a version is a finding of its own.

## What to do

Change the apiVersion of the custom resource to a version that the CRD serves.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, crd, version
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.find import definitions, known
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import Resource
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before = upgrade.before.manifests.by_id()
    told = {(name, one) for name, old, new in _both(upgrade) for one in old.served - new.served}
    resources_of: dict[tuple[str, str, str], list[Resource]] = {}
    for resource in upgrade.after.manifests.resources:
        definition = None if built_in_group(resource.group) else known(upgrade).get((resource.group, resource.kind))
        if definition is None or not definition.versions or resource.version in definition.served:
            continue
        old = before.get(resource.id)
        same = old is not None and old.version == resource.version and not _served_before(upgrade, resource)
        if not same and (definition.name, resource.version) not in told:
            resources_of.setdefault((resource.group, resource.kind, resource.version), []).append(resource)
    for (group, kind, name), resources in sorted(resources_of.items()):
        yield _hit(known(upgrade)[group, kind], name, resources)


def _hit(definition: Definition, name: str, resources: list[Resource]) -> Hit:
    names = listed((resource.id.name for resource in resources), 1)
    places = [place(resource, ("apiVersion",)) for resource in resources]
    return Hit(
        places[0],
        title=f"{resources[0].kind} {names}: CRD {definition.name} does not serve {name}",
        impact="The apply fails: no matches for kind.",
        fix=f"Change apiVersion to {' or '.join(sorted(definition.served)) or 'a version that is served'}.",
        also=tuple(places[1:]),
    )


def _both(upgrade: Upgrade) -> Iterator[tuple[str, Definition, Definition]]:
    old = definitions(upgrade.before.manifests)
    return ((name, old[name], new) for name, new in definitions(upgrade.after.manifests).items() if name in old)


def _served_before(upgrade: Upgrade, resource: Resource) -> bool:
    """Whether a CRD that was at hand before took it: else nothing is worse than it was."""
    sides = (upgrade.before.manifests, upgrade.facts.repository_before)
    every = (definition for side in sides if side is not None for definition in definitions(side).values())
    return any(
        (one.group, one.kind) == (resource.group, resource.kind) and resource.version in one.served for one in every
    )


_ALPHA = MINE.replace("com/v1", "com/v1alpha1") % "size: 1"
_BOTH = crd(version(), version("v1alpha1", storage=False))
_OLD = crd(version(), version("v1alpha1", served=False, storage=False))

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("api-version-migrated",),
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("one is added at an old version", ("blocker", "apiVersion"), before=_OLD, after=_OLD + _ALPHA),
        speaks(
            "it changes to a version that no CRD has",
            ("blocker", "apiVersion"),
            before=crd() + MINE % "size: 1",
            after=crd() + _ALPHA,
        ),
        speaks(
            "another release now has a newer CRD",
            ("blocker", "apiVersion"),
            before=_BOTH + _ALPHA,
            after=_ALPHA.removeprefix("---"),
            facts={"repository_after": parse(crd(), namespace="shop")},
        ),
        quiet("the CRD stops serving it: reported by crd-version-unserved", before=_BOTH + _ALPHA, after=_OLD + _ALPHA),
        quiet("it was like that before", before=_OLD + _ALPHA, after=_OLD + _ALPHA),
        quiet("it is served", before=_BOTH, after=_BOTH + _ALPHA),
        quiet("no CRD is known", after=_ALPHA.removeprefix("---")),
    ),
)
