"""Gathers what a plan needs: the live objects, and the API server's dry-run answers. CRDs come first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from msgspec.structs import replace as with_changes

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.api.request import Answer
from pipeline.core.cluster.plan.choose_action import DecisionContext, ObservedObject, as_recorded, decide, may_touch
from pipeline.core.cluster.plan.definition_changes import vanished
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.field_edits import differs
from pipeline.core.cluster.plan.managed_fields import without
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import PlannedAction, PlanProblem
from pipeline.core.cluster.plan.prediction import Prediction
from pipeline.core.cluster.plan.size_limits import too_large
from pipeline.core.cluster.plan.write_first import NOTHING_FIRST, WriteFirst
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.resource import CRD_KIND, Body, ManifestSet, Resource, ResourceId, mapping, sequence
from pipeline.core.kube.secrets import SECRET
from pipeline.core.ports import Progress
from pipeline.core.redaction.copies import texts_at
from pipeline.core.render.offers import GroupKind
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.definitions import KnownDefinitions, repairs_of
from pipeline.flows.cluster.halving import halves
from pipeline.flows.cluster.migrating import migrations_of
from pipeline.flows.cluster.predicting import REFUSALS, predict, predicted_with
from pipeline.flows.cluster.reading import in_parallel, live

_TOLD = 20
"""How often progress is reported, whatever the number of objects."""
Brought = Mapping[tuple[str, str, str], str]
"""Plural names of the kinds that definitions of the plan bring, by group, version and kind."""


@dataclass
class Planner:
    """The gathering half: reads and dry runs, definitions first. Not frozen: it keeps what it found."""

    client: Client
    terms: DecisionContext
    progress: Progress
    full: bool = False
    found: dict[ResourceId, Body] = field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()
    told: list[str] = field(default_factory=list)
    """Warnings about the whole plan."""
    _known: KnownDefinitions = field(init=False)

    def __post_init__(self) -> None:
        self._known = KnownDefinitions(self.client)

    def plan(self, wanted: tuple[DesiredObject, ...]) -> tuple[list[PlannedAction], list[PlanProblem]]:
        """The actions of everything but hooks."""
        stay = [item for item in wanted if item.hook is None]
        serves = self.client.serves
        served = {item.id: kind for item in stay if (kind := serves.any_version(item.id, item.resource.version))}
        misplaced = [problem for item in stay if (problem := _misplaced(item, served.get(item.id)))]
        if misplaced:
            return [], misplaced
        self.progress(0, len(stay), "reading the cluster")
        self.found = live(self.client, {**self._secrets(served), **served})
        self._hide(self.found.values())
        self.namespaces = _names(self.client.every(serves.kinds["", "v1", "Namespace"]))
        definitions = [item for item in stay if item.id.kind == CRD_KIND]
        rest = [item for item in stay if item.id.kind != CRD_KIND]
        brought = _brought(definitions)
        cases = self._cases(definitions, frozenset(), {})
        changing = frozenset(
            key for case in cases for key in _kinds_of(case.wanted) if case.why != "record" and not _unchanged(case)
        )
        self._known.take(cases)
        cases += self._cases(rest, changing, brought)
        self._hide(case.prediction.body for case in cases if case.prediction and case.prediction.body)
        actions, problems = [], []
        for case in cases:
            if case.why == "unknown":
                problems.append(_unknown(case.wanted))
                continue
            if not case.wanted.release and case.found is not None:
                continue  # a release's own namespace that is there already
            action, more = decide(case, self.terms)
            actions.append(action)
            problems += more
            if case.prediction is not None and case.prediction.body is not None:
                problems += too_large(case.wanted.id, case.prediction.body)
        repairs, told = repairs_of(self.client, self._known.changes)
        self.told += told
        migrations = migrations_of(self._known.all) if self.terms.policy.migrate_storage else []
        first = {action.id for action in migrations if action.phase == Phase.REPAIRS}
        actions = [with_changes(action, follows=True) if action.id in first else action for action in actions]
        return [*halves(actions, cases), *repairs, *self._known.hurt, *migrations], problems

    def _secrets(self, served: Mapping[ResourceId, Served]) -> dict[ResourceId, Served]:
        """Those of the inventory that are no longer rendered: their values may have been copied elsewhere."""
        known = [rid for rid in self.terms.inventory.entries if rid.kind == SECRET and not rid.group]
        kind = self.client.serves.any_version(ResourceId("", SECRET, "", ""))
        return {rid: kind for rid in known if kind is not None and rid not in served}

    def _hide(self, bodies: Iterable[Body]) -> None:
        """Learn the values of live Secrets before anything is compared: what is shown first may be a copy of one."""
        resources = [Resource.of(body) for body in bodies]
        self.terms.mask.hidden(text for resource in resources for text in texts_at(resource, self.terms.copied))
        self.terms.mask.manifests(
            ManifestSet(tuple(resource for resource in resources if resource.kind == SECRET and not resource.group))
        )

    def _cases(
        self,
        wanted: list[DesiredObject],
        changing: frozenset[GroupKind],
        brought: Brought,
    ) -> list[ObservedObject]:
        done = count()
        step = max(1, len(wanted) // _TOLD)

        def one(item: DesiredObject) -> ObservedObject:
            number = next(done)
            if number % step == 0:
                self.progress(number, len(wanted), f"asking about {item.id.kind} {item.id.name}")
            return self._case(item, changing, brought)

        return in_parallel(one, wanted)

    def _case(self, item: DesiredObject, changing: frozenset[GroupKind], brought: Brought) -> ObservedObject:
        served = self.client.serves.of(item.resource)
        existing = self.found.get(item.id)
        first = self._known.first(item, existing)
        key = (item.resource.group, item.resource.version, item.id.kind)
        if served is None:
            plural = brought.get(key, "")
            return ObservedObject(item, plural, existing, None, "offline" if plural else "unknown", "", first)
        if existing is not None and not self.full and as_recorded(item, existing, self.terms):
            return ObservedObject(item, served.plural, existing, None, "record", "", first)
        if existing is not None and may_touch(existing, item.id, self.terms) is not None:
            return ObservedObject(item, served.plural, existing, None, "not ours")
        if not self._has_place(item, served):
            return ObservedObject(item, served.plural, existing, None, "offline", "", first)
        prediction, first = self._predicted(item, served, existing, first)
        stand_in = ""
        if prediction.body is None and (item.id.group, item.id.kind) in changing:
            stand_in = "its definition changes in this plan, and the server still judges by the old one"
        elif prediction.body is None and first.read_by is not None:
            stand_in = "its managedFields name a version that is gone, so the server can be asked once that is repaired"
        elif prediction.body is None and self.terms.policy.migrate_storage and _loses_stored(prediction.answer):
            stand_in = "objects are stored in a version that it loses: the server takes it once they are stored anew"
        elif prediction.body is None and "does not support dry run" in prediction.answer.message:
            stand_in = "a webhook does not support dry runs: what it will say is not known"
        return ObservedObject(item, served.plural, existing, prediction, "", stand_in, first)

    def _predicted(
        self, item: DesiredObject, served: Served, existing: Body | None, first: WriteFirst
    ) -> tuple[Prediction, WriteFirst]:
        """The dry run; where a custom resource is refused, again with what would have to go first."""
        if first.patch:
            return predicted_with(self.client, served, item.resource.body, existing, self.terms, first=first), first
        body = without(item.resource.body, frozenset(first.nulls))
        prediction = predict(self.client, served, body, existing, self.terms)
        if prediction.body is not None and existing is not None and not built_in_group(item.id.group):
            gone = vanished(existing, item.resource.body, prediction.body)
            first = replace(first, patch=gone)
            return (
                (predicted_with(self.client, served, item.resource.body, existing, self.terms, first=first), first)
                if gone
                else (prediction, first)
            )
        if prediction.body is not None or prediction.answer.status not in REFUSALS or built_in_group(item.id.group):
            return prediction, first
        more = self._known.cure(item, served, existing)
        if more in (NOTHING_FIRST, first):
            return prediction, first
        again = predicted_with(self.client, served, item.resource.body, existing, self.terms, first=more)
        return (again, more) if again.body is not None or more.read_by is not None else (prediction, first)

    def _has_place(self, item: DesiredObject, served: Served) -> bool:
        """Whether its namespace exists, so that the server can be asked."""
        if not served.namespaced:
            return True
        return item.id.namespace in self.namespaces


def _brought(definitions: Iterable[DesiredObject]) -> Brought:
    brought = {}
    for item in definitions:
        spec = mapping(item.resource.body.get("spec"))
        names = mapping(spec.get("names"))
        for version in sequence(spec.get("versions")):
            key = (str(spec.get("group")), str(mapping(version).get("name")), str(names.get("kind")))
            brought[key] = str(names.get("plural") or "")
    return brought


def _loses_stored(answer: Answer) -> bool:
    """The server's refusal of a definition without a version in which objects may be stored."""
    return bool(answer.causes) and all(cause.field.startswith("status.storedVersions") for cause in answer.causes)


def _kinds_of(definition: DesiredObject) -> list[GroupKind]:
    spec = mapping(definition.resource.body.get("spec"))
    return [(str(spec.get("group")), str(mapping(spec.get("names")).get("kind")))]


def _unchanged(case: ObservedObject) -> bool:
    prediction = case.prediction
    if case.found is None or prediction is None or prediction.body is None:
        return False
    return not differs(case.found, prediction.body)


def _unknown(item: DesiredObject) -> PlanProblem:
    text = f"the cluster does not serve {item.resource.api_version}, and no definition in this plan brings it"
    return PlanProblem(
        "unknown-kind", str(item.id), text, "apply the release with its CRD first, or use another API version"
    )


def _misplaced(item: DesiredObject, served: Served | None) -> PlanProblem | None:
    """Only the cluster knows whether a custom resource is in a namespace where no rendered CRD says so."""
    namespace = item.id.namespace
    if served is None or served.namespaced == bool(namespace):
        return None
    if namespace:
        text = f"it is rendered in the namespace {namespace}, and the cluster has its kind in none"
        return PlanProblem("scope", str(item.id), text, "remove its metadata.namespace, or render its CRD here too")
    text = "it is rendered without a namespace, and the cluster has its kind in namespaces"
    return PlanProblem("scope", str(item.id), text, "write its metadata.namespace, or render its CRD here too")


def _names(bodies: Iterable[Body]) -> frozenset[str]:
    return frozenset(str(mapping(body.get("metadata")).get("name") or "") for body in bodies)
