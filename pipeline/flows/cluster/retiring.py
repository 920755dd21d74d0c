"""Retires Helm's record of an adopted release, where ``apply.retire`` asks for it: after everything is healthy."""

from collections.abc import Iterable, Mapping

from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.cluster.plan.helm_record import is_record, listed, selector
from pipeline.core.cluster.plan.phases import Phase
from pipeline.core.cluster.plan.plan import Live, Operation, PlannedAction, PlanProblem
from pipeline.core.cluster.plan.policy import HelmRecord
from pipeline.core.cluster.run.outcome import Outcome, OutcomeState
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, ResourceId, mapping
from pipeline.core.words import listed as in_words
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import live
from pipeline.flows.cluster.removing import Removal
from pipeline.flows.cluster.writing import Task

_SHOWN = 5
_REASON = "Helm's record of a release whose objects are ours: helm uninstall finds nothing then"


def retirements(
    client: Client, records: Iterable[HelmRecord], wanted: Iterable[DesiredObject], inventory: Inventory
) -> tuple[list[PlannedAction], list[PlanProblem]]:
    """A deletion of each Secret of the records, and a problem where a record lists what is not ours and lives."""
    ours = {item.id: item.release for item in wanted if item.hook is None}
    actions, problems = [], []
    for record in records:
        where = f"helm release {record.namespace}/{record.name}"
        try:
            secrets = _secrets(client, record)
            left = _left(client, secrets, record, ours.keys() | inventory.entries.keys()) if secrets else []
        except (WorldError, ValueError) as error:
            text = f"its record cannot be judged: {error}"
            problems.append(PlanProblem("retire", where, text, "leave it out of apply.retire"))
            continue
        if left:
            text = f"its record lists {in_words(left, _SHOWN)}, which live and are not ours"
            fix = "render and adopt them too, or delete them, or leave the release out of apply.retire"
            problems.append(PlanProblem("retire", where, text, fix))
        else:
            actions += [_retire(secret, record) for secret in secrets]
    return actions, problems


def retire(task: Task, removal: Removal) -> Outcome:
    """Delete that very Secret; one that is gone is done."""
    body = removal.objects.read(task)
    uid = str(mapping((body or {}).get("metadata")).get("uid"))
    if body is None or task.action.live is None or uid != task.action.live.uid or not is_record(body):
        return Outcome(task.action, OutcomeState.DELETED)
    refused = removal.remove(task, body, "retire")
    return refused or removal.deleted(task, uid)


def _secrets(client: Client, record: HelmRecord) -> list[Body]:
    served = client.serves.kinds["", "v1", "Secret"]
    secrets = client.every(served, record.namespace, (("labelSelector", selector(record.name)),))
    return [secret for secret in secrets if is_record(secret)]


def _left(client: Client, secrets: list[Body], record: HelmRecord, ours: Iterable[ResourceId]) -> list[str]:
    """What the record lists beside ``ours``, as far as it lives."""
    known = set(ours)
    rest = [rid for rid in listed(secrets, record.namespace) if rid not in known]
    served = {rid: kind for rid in rest if (kind := client.serves.any_version(rid)) is not None}
    return [str(rid) for rid in sorted(live(client, served))]


def _retire(secret: Body, record: HelmRecord) -> PlannedAction:
    metadata: Mapping[str, object] = mapping(secret.get("metadata"))
    return PlannedAction(
        number=0,
        op=Operation.RETIRE,
        wave=0,
        phase=Phase.PRUNE,
        group="",
        version="v1",
        kind="Secret",
        namespace=record.namespace,
        name=str(metadata.get("name")),
        release=record.name,
        resource="secrets",
        live=Live(str(metadata.get("uid")), "", str(metadata.get("resourceVersion"))),
        reason=_REASON,
    )
