"""What definitions mean for custom resources that live: those of the plan that change, and those of the cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.plan.choose_action import ObservedObject
from pipeline.core.cluster.plan.definition_changes import DefinitionChange, change_of, first_by_patch, nulls_to_omit
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.field_edits import differs
from pipeline.core.cluster.plan.field_repairs import loses_versions, repaired, version_of_both
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import Live, Operation, PlannedAction
from pipeline.core.cluster.plan.write_first import NOTHING_FIRST, WriteFirst
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.errors import WorldError
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import Body, Resource, ResourceId, mapping
from pipeline.core.render.offers import GroupKind
from pipeline.flows.cluster.client import Client

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_REASON = "its managedFields name a version that its definition does not have (any more)"


@dataclass(frozen=True, slots=True)
class Changing:
    """A definition that the plan changes, with its wave and release."""

    change: DefinitionChange
    item: DesiredObject


@dataclass
class KnownDefinitions:
    """Definitions by group and kind. Not frozen: those of the cluster are read when a custom resource is refused."""

    client: Client
    changes: dict[GroupKind, Changing] = field(default_factory=dict)
    all: list[Changing] = field(default_factory=list)
    """Every definition of the plan that lives, also one that does not change."""
    hurt: list[PlannedAction] = field(default_factory=list)
    """Repairs of what an earlier change of a definition left: managedFields with a version that nobody knows."""
    _new: dict[GroupKind, Definition] = field(default_factory=dict)
    _read: dict[GroupKind, Definition | None] = field(default_factory=dict)

    def take(self, cases: Iterable[ObservedObject]) -> None:
        """The definitions of the plan, as the server says that they will be."""
        for case in cases:
            after = case.prediction.body if case.prediction else None
            taken = definition(Resource.of(after or case.wanted.resource.body))
            key = (taken.group, taken.kind)
            self._new[key] = taken
            if case.found is None or (after is None and not case.stand_in):
                continue
            changing = Changing(change_of(case.found, after or case.wanted.resource.body), case.wanted)
            self.all.append(changing)
            if after is None or differs(case.found, after):
                self.changes[key] = changing

    def first(self, item: DesiredObject, existing: Body | None) -> WriteFirst:
        """What must go before the apply of a custom resource, by the definitions of the plan alone."""
        key = (item.id.group, item.id.kind)
        if key not in self._new:
            return NOTHING_FIRST
        known, changing = self._new[key], self.changes.get(key)
        nulls = nulls_to_omit(known.schema(item.resource.version), item.resource.body)
        if changing is None or existing is None:
            return WriteFirst((), nulls)
        patch = first_by_patch(changing.change, item.resource.version, existing, item.resource.body)
        return WriteFirst(patch, nulls, known)

    def cure(self, item: DesiredObject, served: Served, existing: Body | None) -> WriteFirst:
        """The same for one that the server refuses, by the definition that the cluster has."""
        known = self._of_cluster(item, served)
        if known is None:
            return NOTHING_FIRST
        version, body = item.resource.version, item.resource.body
        patch = () if existing is None else first_by_patch(DefinitionChange(known, known), version, existing, body)
        hurt = existing is not None and repaired(known, existing, version) is not None
        if existing is not None and hurt:
            self.hurt.append(_repair(existing, served, item, version))
        return WriteFirst(patch, nulls_to_omit(known.schema(version), body), known if hurt else None)

    def _of_cluster(self, item: DesiredObject, served: Served) -> Definition | None:
        key = (item.id.group, item.id.kind)
        if key not in self._read:
            try:
                body = self.client.read(f"{_PATH}/{served.plural}.{served.group}")
            except WorldError:  # not everybody may read definitions: then the refusal stands
                body = None
            self._read[key] = definition(Resource.of(body)) if body else None
        return self._read[key]


def definition_of(client: Client, group: str, plural: str) -> Definition:
    """As the cluster has it. Raises WorldError where it does not show it."""
    return definition(Resource.of(client.read(f"{_PATH}/{plural}.{group}") or {}))


def repairs_of(client: Client, changes: Mapping[GroupKind, Changing]) -> tuple[list[PlannedAction], list[str]]:
    """An action for each live custom resource whose managedFields name what is about to go, whoever applied it.

    Without it the next server-side apply of it fails, ours and that of its operator; and what could not be looked at.
    """
    actions, told = [], []
    for (group, kind), changing in changes.items():
        served = client.serves.any_version(ResourceId(group, kind, "", ""))
        if served is None or built_in_group(group) or not loses_versions(changing.change):
            continue
        try:
            bodies = client.every(served)
        except WorldError as error:
            told.append(f"{kind} objects cannot be listed, so they were not searched for versions that go: {error}")
            continue
        after, version = changing.change.after, version_of_both(changing.change)
        served = client.serves.any_version(ResourceId(group, kind, "", ""), version) or served
        hurt = [body for body in bodies if repaired(after, body, version) is not None]
        actions += [_repair(body, served, changing.item, version) for body in hurt]
    return actions, told


def _repair(body: Body, served: Served, item: DesiredObject, version: str) -> PlannedAction:
    metadata = mapping(body.get("metadata"))
    return PlannedAction(
        number=0,
        op=Operation.REPAIR,
        wave=item.wave,
        phase=Phase.REPAIRS,
        group=served.group,
        version=version,
        kind=served.kind,
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name")),
        release=item.release,
        resource=served.plural,
        live=Live(str(metadata.get("uid")), "", str(metadata.get("resourceVersion"))),
        reason=_REASON,
    )
