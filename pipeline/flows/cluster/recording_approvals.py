"""What a person's decision about a plan is recorded as. One that would not count is refused before it is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from pipeline.core.cluster.api.timestamps import seconds_of, written
from pipeline.core.cluster.approval.approval import Approval, to_bytes
from pipeline.core.cluster.approval.decide import Checked, address, objections
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.errors import RefusedError, UsageError

Decision = Literal["approve", "reject"]


class SigningKey(Protocol):
    """A key of the person who decides, and the file of allowed signers."""

    def signed(self, record: Approval) -> Approval: ...

    def allowed_names(self, record: Approval) -> tuple[str, ...]:
        """The names that the allowed signers give the key of ``record``'s signature."""

    def checked(self, record: Approval) -> Checked:
        """``record``, held against its signature."""


@dataclass(frozen=True, slots=True)
class PlanToDecide:
    """The plan in question. ``digest`` is that of the very bytes it was read from, ``now`` in seconds since 1970."""

    plan: Plan
    digest: str
    now: float

    def record(self, decision: Decision, reason: str, approver: str, method: Literal["ssh", "interactive"]) -> Approval:
        """It holds until the plan expires, or the policy wants younger approvals."""
        policy = self.plan.policy.approvals
        end = min(seconds_of(self.plan.expires), self.now + policy.max_age_seconds) if decision == "approve" else None
        expires = "" if end is None else written(end)
        return Approval(self.digest, decision, approver, method, written(self.now), expires=expires, reason=reason)

    def check_counts(self, checked: Checked) -> None:
        """Raises RefusedError where it would not count: better now than at three in the morning."""
        against = objections(self.plan, self.digest, checked, self.now)
        if against:
            raise RefusedError(f"that {called(checked.approval)} would not be valid: {'; '.join(against)}")


def by_hand(asked: PlanToDecide, decision: Decision, reason: str, person: Checked) -> Approval:
    """The decision of the ``person`` at the terminal. Only Git's configuration says who that is."""
    record = asked.record(decision, reason, person.approval.approver, "interactive")
    record = msgspec.structs.replace(record, evidence=person.approval.evidence)
    asked.check_counts(Checked(record, person.void))
    return record


def check_signers(plan: Plan) -> None:
    """Raises UsageError where no signature can be checked, so that none is asked for."""
    if not plan.policy.approvals.signers:
        hint = "name a file of allowed signers in pipeline.yaml: apply.approvals.signers"
        raise UsageError("signatures cannot be checked: no allowed signers are configured", hint=hint)


def by_key(asked: PlanToDecide, decision: Decision, reason: str, git_name: str, key: SigningKey) -> Approval:
    """The decision of the holder of ``key``, under the name that the allowed signers give it.

    A second signature is only needed where that is not ``git_name``, by which Git knows the person.

    Raises:
        RefusedError: it would not count.
    """
    name = address(git_name)
    record = key.signed(asked.record(decision, reason, name, "ssh"))
    listed = key.allowed_names(record)
    if listed and name not in listed:
        record = key.signed(msgspec.structs.replace(record, approver=listed[0]))
    asked.check_counts(key.checked(record))
    return record


def valid_reviews(asked: PlanToDecide, reviews: Iterable[Checked], place: str) -> list[Approval]:
    """Those of ``reviews`` that count. ``place`` is where they are: a run, a pull request.

    Raises:
        RefusedError: none does, with the reason for each.
    """
    checked = list(reviews)
    against = {item.approval.approver: objections(asked.plan, asked.digest, item, asked.now) for item in checked}
    good = [item.approval for item in checked if not against[item.approval.approver]]
    if not good:
        lines = [f"\n  - {name!r}: {'; '.join(reasons)}" for name, reasons in sorted(against.items())]
        raise RefusedError(f"{place} has no valid review{''.join(lines)}")
    return sorted(good, key=to_bytes)


def called(item: Approval) -> str:
    """``approval`` or ``rejection``."""
    return "approval" if item.decision == "approve" else "rejection"
