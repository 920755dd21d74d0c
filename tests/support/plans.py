"""Plans and approvals for tests, with everything that a test does not care about filled in."""

from typing import Any

from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.timestamps import written
from pipeline.core.cluster.approval.approval import Approval
from pipeline.core.cluster.approval.decide import Checked
from pipeline.core.cluster.plan.plan import (
    InventoryRef,
    Operation,
    Plan,
    PlannedAction,
    PlanSource,
    PlanTarget,
    to_bytes,
)
from pipeline.core.cluster.plan.policy import ApplyPolicy, Approvals

NOW = 1_795_485_600.0  # 2026-11-24T02:00:00Z
HOUR = 3600
COMMIT = "c0ffee" + "0" * 34
TREE = "7ee0" + "0" * 36


def plan(policy: Approvals | None = None, *, now: float = NOW, **more: Any) -> Plan:
    """Made a minute ago by Ada, for ``prod``; ``more`` are fields of the plan."""
    given: dict[str, Any] = {
        "tool": "pipeline 0",
        "created": written(now - 60),
        "expires": written(now + 24 * HOUR),
        "author": "Ada Tester <ada@example.org>",
        "source": PlanSource(COMMIT, "rendered/prod", TREE),
        "target": PlanTarget("prod", "kind-prod", "uid-1", "v1.34.0"),
        "policy": ApplyPolicy(approvals=policy or Approvals()),
        "inventory": InventoryRef(),
        "actions": (
            action(1, Operation.CREATE, "web"),
            action(2, Operation.DELETE, "old", reason="no longer rendered"),
        ),
    }
    return Plan(**(given | more))


def action(number: int, op: Operation, name: str, **more: Any) -> PlannedAction:
    place: dict[str, Any] = {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop"}
    return PlannedAction(number=number, op=op, wave=0, phase=8, name=name, release="web", **(place | more))


def digest_of(given: Plan) -> str:
    return digest(to_bytes(given))


def yes(given: Plan, approver: str = "bob@example.org", method: Any = "ssh", **more: Any) -> Approval:
    """An approval given now, half a minute after the plan was made."""
    fields: dict[str, Any] = {"plan": digest_of(given), "decision": "approve", "time": written(NOW - 30)}
    return Approval(approver=approver, method=method, **(fields | more))


def checked(given: Plan, approver: str = "bob@example.org", method: Any = "ssh", **more: Any) -> Checked:
    """The same with evidence that holds."""
    return Checked(yes(given, approver, method, **more))
