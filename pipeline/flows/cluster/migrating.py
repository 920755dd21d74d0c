"""Stores custom resources anew in their definition's storage version, and clears ``status.storedVersions``.

Until then the server refuses a definition without the old version. Each object gets an empty patch: the server reads
it, and writes it in the storage version. Done again it changes nothing, so an interrupted run begins anew.
"""

from collections.abc import Iterable

from msgspec.structs import replace as with_changes

from pipeline.core.cluster.api.request import MERGE_PATCH, Call
from pipeline.core.cluster.api.response_table import Fate
from pipeline.core.cluster.plan.definition_halves import with_storage_of
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import Live, Operation, PlannedAction
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.kube.resource import Body, Resource, ResourceId, mapping, sequence
from pipeline.core.words import listed
from pipeline.flows.cluster.client import apply_call, with_precondition
from pipeline.flows.cluster.definitions import Changing
from pipeline.flows.cluster.reading import in_parallel
from pipeline.flows.cluster.writing import Objects, Task

_TRIES = 5
_SHOWN = 3


def stale_versions(body: Body, storage: str) -> list[str]:
    """Those in which objects may be stored, beside ``storage``."""
    stored = sequence(mapping(body.get("status")).get("storedVersions"))
    return [str(version) for version in stored if version != storage]


def migrations_of(known: Iterable[Changing]) -> list[PlannedAction]:
    """An action for each definition of which objects are stored in another version than the one of the plan.

    Before the definition changes where it loses such a version, which the server would refuse; else after everything.
    """
    actions = []
    for changing in known:
        change, body, wanted = changing.change, changing.change.before.body, changing.item
        stale = stale_versions(body, change.after.storage_version)
        if not stale:
            continue
        first = any(version not in change.after.versions for version in stale)
        metadata = mapping(body.get("metadata"))
        actions.append(
            PlannedAction(
                number=0,
                op=Operation.MIGRATE,
                wave=wanted.wave,
                phase=Phase.REPAIRS if first else Phase.MIGRATIONS,
                weight=-1,
                group=wanted.id.group,
                version=wanted.resource.version,
                kind=wanted.id.kind,
                namespace="",
                name=wanted.id.name,
                release=wanted.release,
                resource="customresourcedefinitions",
                file=wanted.file,
                manifest=wanted.manifest,
                live=Live(str(metadata.get("uid")), "", str(metadata.get("resourceVersion"))),
                reason=f"stores every object anew as {change.after.storage_version}, not as {listed(stale, _SHOWN)}",
            )
        )
    return actions


def migrate(task: Task, objects: Objects) -> Outcome:
    """Everything of one definition; begun again where somebody writes the definition meanwhile."""
    action = task.action
    for _ in range(_TRIES):
        body = objects.read(task)
        if body is None or action.live is None or body["metadata"]["uid"] != action.live.uid:
            return Outcome(action, OutcomeState.STALE, "it was deleted since the plan was made")
        known, wanted = definition(Resource.of(body)), definition(Resource.of(task.body))
        if known.storage_version != wanted.storage_version:
            failed = _with_new_storage(task, objects, body)
            if failed is not None:
                return failed
            continue
        if not stale_versions(body, known.storage_version):
            return Outcome(action, OutcomeState.UPDATED, body=body)
        failed = _stored_anew(task, objects, known)
        if failed is not None:
            return failed
        fate, outcome = _cleared(task, objects, body, known.storage_version)
        if fate in (Fate.REREAD, Fate.AMBIGUOUS):
            continue
        return outcome
    return Outcome(action, OutcomeState.FAILED, f"the definition was changed {_TRIES} times while we tried")


def _with_new_storage(task: Task, objects: Objects, existing: Body) -> Outcome | None:
    """The definition with the new storage version, and with the old ones: they go once nothing is stored in them."""
    metadata = mapping(existing.get("metadata"))
    body = with_storage_of(task.body, existing)
    body = with_precondition(body, str(metadata.get("uid")), str(metadata.get("resourceVersion")))
    fate, answer = objects.writer.write(
        apply_call(task.served, body), "new storage version", object=str(task.action.id)
    )
    passes = fate in (Fate.DONE, Fate.REREAD, Fate.AMBIGUOUS)
    return None if passes else objects.failed(task.action, answer)


def _stored_anew(task: Task, objects: Objects, known: Definition) -> Outcome | None:
    served = objects.client.serves.any_version(ResourceId(known.group, known.kind, "", ""), known.storage_version)
    if served is None:
        return Outcome(task.action, OutcomeState.FAILED, f"{known.kind} is not served, so nothing can be stored anew")

    def one(body: Body) -> Outcome | None:
        metadata = mapping(body.get("metadata"))
        namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name"))
        call = Call("PATCH", served.path(namespace, name), body={}, content_type=MERGE_PATCH)
        for _ in range(_TRIES):
            fate, answer = objects.writer.write(call, "store anew", object=f"{known.kind}/{namespace}/{name}")
            if fate in (Fate.DONE, Fate.NOT_FOUND):
                return None
            if fate not in (Fate.AMBIGUOUS, Fate.REREAD):
                break
        action = with_changes(task.action, kind=known.kind, namespace=namespace, name=name)
        return objects.failed(action, answer, f"{known.kind} {namespace}/{name}: ")

    failures = [failed for failed in in_parallel(one, objects.client.every(served)) if failed is not None]
    return Outcome(task.action, failures[0].state, failures[0].message) if failures else None


def _cleared(task: Task, objects: Objects, existing: Body, storage: str) -> tuple[Fate, Outcome]:
    """Only of that very version of the definition: nobody made another version the stored one meanwhile."""
    version = mapping(existing.get("metadata")).get("resourceVersion")
    body = {"metadata": {"resourceVersion": version}, "status": {"storedVersions": [storage]}}
    path = f"{task.served.path('', task.action.name)}/status"
    call = Call("PATCH", path, body=body, content_type=MERGE_PATCH)
    fate, answer = objects.writer.write(call, "clear stored versions", object=str(task.action.id))
    if fate is Fate.DONE:
        return fate, Outcome(task.action, OutcomeState.UPDATED, body=answer.body)
    return fate, objects.failed(task.action, answer)
