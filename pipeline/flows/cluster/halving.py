"""Splits the change of a definition in two where its conversion webhook is served by a workload of the same plan."""

from collections.abc import Iterable

from msgspec.structs import replace

from pipeline.core.cluster.plan.choose_action import ObservedObject
from pipeline.core.cluster.plan.definition_halves import first_half
from pipeline.core.cluster.plan.phases import Phase, backing_services
from pipeline.core.cluster.plan.plan import Operation, PlannedAction
from pipeline.core.cluster.plan.webhook_backends import backing_workloads
from pipeline.core.kube.resource import CRD_KIND

_REASON = "what its conversion webhook must be ready for"


def halves(actions: Iterable[PlannedAction], cases: Iterable[ObservedObject]) -> list[PlannedAction]:
    """The actions, each definition that cannot be written at once as two."""
    known = {case.wanted.id: case for case in cases}
    plain = [case.wanted.resource for case in known.values() if not backing_services([case.wanted.resource])]
    halved: list[PlannedAction] = []
    for action in actions:
        case = known.get(action.id)
        if case is None or action.kind != CRD_KIND or action.op not in (Operation.UPDATE, Operation.ADOPT):
            halved.append(action)
            continue
        own = case.wanted.resource
        half = None if case.found is None else first_half(case.found, own.body)
        backing = backing_workloads([own, *plain]) if half is not None else frozenset()
        if not backing:
            halved.append(action)
            continue
        wave = max([action.wave, *(known[rid].wanted.wave for rid in backing)])
        rest = replace(
            action,
            op=Operation.FINISH,
            follows=True,
            phase=Phase.API_SERVICES,
            wave=wave,
            fields=(),
            warnings=(),
            reason=_REASON,
        )
        halved += [replace(action, half=True), rest]
    return halved
