"""A workload needs a ConfigMap or Secret, or a key of one, that is not rendered.

Either the upgrade removes it and the workload still refers to it, or the workload refers to it for the first time and
nothing creates it. Objects that certificates, external secrets, other custom resources and jobs create count as
existing; optional references are not reported.

## Why it matters

Its pods do not start: the source of a volume or variable is missing. Running pods continue until they are replaced.

## What to do

Find out what creates the object. Keep it with a value or an overlay until the workload no longer needs it, or create it
first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.dangling import dangling, newly_missing
from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.references import ACCOUNT, PULL_SECRETS, Reference, key_references, keys, references
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.finding import Confidence, Place, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_Users = dict[ResourceId, list[Place]]


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for name, places in sorted(_users(dangling(upgrade, WORKLOADS, _sources)).items()):
        yield Hit(
            places[0],
            title=f"{_needing(places)} {name.kind} {name.name}, which is no longer rendered",
            impact="After it is pruned, new pods do not start, unless something else creates it.",
            fix=f"Check what creates {name.kind} {name.name} now, or keep it with a value or an overlay.",
            also=tuple(places[1:]),
        )
    for name, places in sorted(_users(newly_missing(upgrade, WORKLOADS, _needed)).items()):
        outside = name.kind == "Secret"
        yield Hit(
            places[0],
            title=f"{_needing(places, 'now ')} {name.kind} {name.name}, which is not rendered",
            impact="New pods do not start until it exists.",
            fix=f"Create {name.kind} {name.name} in {name.namespace or upgrade.namespace} before the upgrade, "
            "or correct the reference.",
            severity=Severity.MEDIUM if outside else None,
            also=tuple(places[1:]),
        )
    yield from _keys(upgrade)


def _keys(upgrade: Upgrade) -> Iterator[Hit]:
    """Keys that are named now and were not, in an object that is rendered without them."""
    before, after = known_objects(upgrade)
    own = [resource for resource in upgrade.after.manifests.resources if resource.kind in WORKLOADS]
    read = [(resource, key_reference) for resource in own for key_reference in key_references(resource)]
    held = {name: keys(holder) for name, holder in after.among({reference.id for _, reference in read}).items()}
    read = [
        (resource, reference)
        for resource, reference in read
        if held.get(reference.id) and reference.key not in held[reference.id]
    ]
    users = before.of_kinds(*WORKLOADS) if read else ()
    named = {(key_reference.id, key_reference.key) for resource in users for key_reference in key_references(resource)}
    missing: dict[tuple[ResourceId, str], list[Place]] = {}
    for resource, one in read:
        if (one.id, one.key) not in named:
            missing.setdefault((one.id, one.key), []).append(place(resource, one.path))
    for (name, key), places in sorted(missing.items()):
        yield Hit(
            places[0],
            title=f"{_needing(places, 'now ')} key {key} of {name.kind} {name.name}, which does not contain it",
            impact="New pods do not start until the key exists.",
            fix="Add the key with a value or an overlay, or correct the name.",
            also=tuple(places[1:]),
        )


def _sources(resource: Resource) -> Iterator[Reference]:
    return (reference for reference in references(resource) if reference.id.kind != ACCOUNT)


def _needed(resource: Resource) -> Iterator[Reference]:
    """What pods cannot start without: a pull secret that never was may not be needed at all."""
    return (source for source in _sources(resource) if PULL_SECRETS not in source.path)


def _users(missing: Iterator[tuple[Resource, Reference]]) -> _Users:
    users: _Users = {}
    for resource, reference in missing:
        users.setdefault(reference.id, []).append(place(resource, reference.path))
    return users


def _needing(places: list[Place], since: str = "") -> str:
    """``Deployment web needs``, ``3 workloads (web, api, db) need``."""
    names = {one.resource: None for one in places}
    if len(names) == 1:
        return f"{places[0].resource.kind} {places[0].resource.name} {since}needs"
    return f"{len(names)} workloads ({listed(name.name for name in names)}) {since}need"


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_WEB = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, configMap: {name: a%s}}]}}}\n"
)
_MADE = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
_TLS = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, projected: {sources: [{secret: {name: a}}]}}]}}}\n"
)
_ITEM = "spec.template.spec.volumes[name=v].configMap.items[key=%s]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("volumes-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    compares=True,
    cases=(
        speaks(
            "its ConfigMap is removed",
            ("high", "spec.template.spec.volumes[name=v].configMap.name"),
            before=_MAP + _WEB % "",
            after=_WEB % "",
        ),
        speaks(
            "its projected Secret is removed",
            ("high", "spec.template.spec.volumes[name=v].projected.sources[0].secret.name"),
            before=_MADE + _TLS,
            after=_TLS,
        ),
        speaks(
            "it needs one that nothing creates",
            ("high", "spec.template.spec.volumes[name=v].configMap.name"),
            after=_WEB % "",
        ),
        speaks(
            "it needs a Secret that may be created by hand",
            ("medium", "spec.template.spec.volumes[name=v].projected.sources[0].secret.name"),
            after=_TLS,
        ),
        speaks(
            "it needs a key that does not exist",
            ("high", _ITEM % "two"),
            before=_MAP + "data: {one: x}\n" + _WEB % ", items: [{key: one, path: a}]",
            after=_MAP + "data: {one: x}\n" + _WEB % ", items: [{key: two, path: a}]",
        ),
        quiet("it can do without", before=_MAP + _WEB % ", optional: true", after=_WEB % ", optional: true"),
        quiet("it was never rendered", before=_WEB % "", after=_WEB % ""),
        quiet(
            "it is kept", before=_MAP.replace("a}", "a, annotations: {helm.sh/resource-policy: keep}}"), after=_WEB % ""
        ),
        quiet(
            "a certificate makes it",
            before=_MADE + _TLS,
            after=_TLS + "---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
            "spec: {secretName: a}\n",
        ),
        quiet("both are removed", before=_MAP + _WEB % ""),
    ),
)
