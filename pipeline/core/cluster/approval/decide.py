"""Decides whether a plan is approved: whose approvals count, whose do not and why, and whether there are enough.

Pure: the evidence of each approval was checked by then (``Checked``). The order of approvals and duplicates among
them make no difference. One person counts once, however many keys or methods they have.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.core.cluster.api.timestamps import seconds_of
from pipeline.core.cluster.approval.approval import Approval
from pipeline.core.cluster.approval.approval import to_bytes as approval_bytes
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.cluster.plan.policy import Approvals
from pipeline.core.errors import RefusedError

SKEW_SECONDS = 300
"""How far two people's clocks may be apart."""
_NOREPLY = re.compile(r"(?:\d+\+)?([^@]+)@users\.noreply\.github\.com")


class TooFewError(RefusedError):
    """The only obstacle is that not enough people have approved the plan yet."""


@dataclass(frozen=True, slots=True)
class Checked:
    """``void`` says why the evidence does not hold, empty where it does.

    ``names`` are all by which the evidence knows the person beyond the approval's own word (``key:SHA256:…``).
    ``by_author``: the evidence shows that it is the plan's author, whatever the name.
    """

    approval: Approval
    void: str = ""
    names: frozenset[str] = frozenset()
    by_author: bool = False


def methods(policy: Approvals) -> tuple[str, ...]:
    """The methods that count."""
    return policy.methods or (("ssh",) if policy.signers else ("interactive", "dispatch"))


def address(person: str) -> str:
    """What identifies a person: the address in ``Name <address>``, else the whole; case does not count."""
    return (person.rpartition("<")[2].rstrip(">") if person.endswith(">") else person).strip().casefold()


def author_names(plan: Plan) -> frozenset[str]:
    """The author's address, and their GitHub login where the address is GitHub's own."""
    mail = address(plan.author)
    login = _NOREPLY.fullmatch(mail)
    return frozenset(filter(None, (mail, login[1] if login else "")))


def expired(plan: Plan, now: float) -> bool:
    """A plan whose end cannot be read has expired."""
    try:
        return now >= seconds_of(plan.expires)
    except ValueError:
        return True


def objections(plan: Plan, plan_digest: str, checked: Checked, now: float) -> tuple[str, ...]:
    """Why this approval (or rejection) does not count; empty where it does."""
    approval, policy = checked.approval, plan.policy.approvals
    entitled = [checked.void, _method(approval, policy), _approver(approval, policy)]
    if approval.plan != plan_digest:
        entitled.insert(0, "it is for another plan")
    if approval.decision == "approve":  # a no neither ages nor needs another's eyes
        entitled += [*_times(plan, approval, now), _author(plan, checked)]
    return tuple(filter(None, entitled))


def decide(plan: Plan, plan_digest: str, approvals: Sequence[Checked], now: float) -> tuple[Approval, ...]:
    """The approvals that count, one a person, in a fixed order. ``now`` is in seconds since 1970.

    Raises:
        TooFewError: not enough people said yes, and that is all.
        RefusedError: it was rejected, or has expired. Every reason is named.
    """
    policy = plan.policy.approvals
    reasons: list[str] = []
    if expired(plan, now):
        reasons.append(f"the plan expired at {plan.expires}: create a new plan")
    good, void = _sorted_out(plan, plan_digest, approvals, now)
    reasons += dict.fromkeys(_rejection(item.approval) for item in good if item.approval.decision == "reject")
    error = RefusedError if reasons else TooFewError
    people = _people([item for item in good if item.approval.decision == "approve"])
    if len(people) < policy.required:
        reasons += [f"{len(people)} of {policy.required} approvals", *void]
    if reasons:
        hint = f"pipeline approve PLAN; what counts: {', '.join(methods(policy))}"
        text = "\n".join(f"  - {reason}" for reason in reasons)
        raise error(f"the plan {plan_digest} is not approved:\n{text}", hint=hint)
    return tuple(min((item.approval for item in group), key=approval_bytes) for group in people)


def _sorted_out(
    plan: Plan, plan_digest: str, approvals: Sequence[Checked], now: float
) -> tuple[list[Checked], list[str]]:
    """Those that count, and a line for each of those that do not."""
    good: list[Checked] = []
    void: list[str] = []
    for item in sorted(approvals, key=lambda item: approval_bytes(item.approval)):
        against = objections(plan, plan_digest, item, now)
        if not against:
            good.append(item)
            continue
        verb = "approval" if item.approval.decision == "approve" else "rejection"
        void.append(f"the {verb} by {item.approval.approver!r} ({item.approval.method}): {'; '.join(against)}")
    return good, sorted(set(void))


def _method(approval: Approval, policy: Approvals) -> str:
    allowed = methods(policy)
    return "" if approval.method in allowed else f"method {approval.method} does not count, only {', '.join(allowed)}"


def _approver(approval: Approval, policy: Approvals) -> str:
    named = address(approval.approver) in {address(person) for person in policy.approvers}
    return "" if named or not policy.approvers else f"{approval.approver!r} is not among apply.approvals.approvers"


def _times(plan: Plan, approval: Approval, now: float) -> Iterable[str]:
    try:
        given, created = seconds_of(approval.time), seconds_of(plan.created)
        expires = seconds_of(approval.expires) if approval.expires else float("inf")
    except ValueError as error:
        yield f"a time in it cannot be read: {error}"
        return
    if given > now + SKEW_SECONDS:
        yield f"it is from the future ({approval.time})"
    if given < created - SKEW_SECONDS:
        yield f"it is older than the plan ({approval.time})"
    if now >= expires:
        yield f"it expired at {approval.expires}"
    if now >= given + plan.policy.approvals.max_age_seconds:
        yield f"it is older than the policy allows ({approval.time})"


def _author(plan: Plan, checked: Checked) -> str:
    policy, approval = plan.policy.approvals, checked.approval
    alone = policy.required <= 1 and not (policy.signers or policy.methods or policy.approvers)
    if not policy.not_author or approval.method == "interactive" or alone:
        return ""
    same = checked.by_author or author_names(plan) & {address(approval.approver), *checked.names}
    return "the plan's author cannot approve it" if same else ""


def _rejection(approval: Approval) -> str:
    why = f": {approval.reason!r}" if approval.reason else ""
    return f"rejected by {approval.approver!r} ({approval.method}) at {approval.time!r}{why}"


def _people(approvals: Sequence[Checked]) -> list[list[Checked]]:
    """Approvals by person: whoever shares a name or a key with another is the same one."""
    groups: list[tuple[set[str], list[Checked]]] = []
    for item in approvals:
        names, members = {address(item.approval.approver), *item.names}, [item]
        apart: list[tuple[set[str], list[Checked]]] = []
        for group in groups:
            if group[0] & names:
                names |= group[0]
                members = [*group[1], *members]
            else:
                apart.append(group)
        groups = [*apart, (names, members)]
    people = [members for _, members in groups]
    return sorted(people, key=lambda group: min(approval_bytes(item.approval) for item in group))
