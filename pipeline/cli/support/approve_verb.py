"""The steps of ``approve``: read the plan, get a person's decision, check that it counts, write it down."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from pipeline.adapters.approvals.evidence import Evidence, from_words, typed_here
from pipeline.adapters.approvals.ssh_signature import sign
from pipeline.adapters.disk import Disk
from pipeline.adapters.git.identity import known
from pipeline.cli.support.approval_evidence import folder_of, protected_policy
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.api.timestamps import seconds_of, written
from pipeline.core.cluster.approval.approval import NAMESPACE, Approval, signed_bytes, to_bytes
from pipeline.core.cluster.approval.decide import Checked, address, objections
from pipeline.core.cluster.plan.plan import Plan, from_bytes
from pipeline.core.errors import MissingFileError, RefusedError, UsageError
from pipeline.core.render.file_edits import Edits
from pipeline.core.safe_path import SafePath
from pipeline.flows.cluster.approved import approvable
from pipeline.report.plain import line
from pipeline.wiring import Repository, repository

Decision = Literal["approve", "reject"]
_UNFIT = re.compile(r"[^A-Za-z0-9@._+-]")


@dataclass(frozen=True)
class ApprovalRequest:
    """The plan in question; ``digest`` is that of the very bytes it was read from."""

    here: Repository
    plan: Plan
    digest: str
    now: float

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.here.root, self.plan, self.digest, self.now)

    def check_approvable(self) -> None:
        """Raises RefusedError where no one can approve this plan."""
        approvable(self.plan, self.now, protected_policy(self.here, self.plan.target.environment))

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
            raise RefusedError(f"that {_noun(checked.approval)} would not be valid: {'; '.join(against)}")


def loaded(file: Path) -> ApprovalRequest:
    """The plan in ``file``, which is read once.

    Raises:
        UsageError: it is not a plan, or there is none, or no pipeline.yaml around here.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise MissingFileError.of(file, error, hint="pipeline plan creates one") from error
    return ApprovalRequest(repository(), from_bytes(data, str(file)), digest(data), time.time())


def by_hand(asked: ApprovalRequest, decision: Decision, reason: str, typed: str) -> Approval:
    """The word of the person at the terminal. Nothing but Git's configuration vouches for who that is."""
    person = typed_here(asked.here.root, asked.digest, asked.now, typed)
    record = asked.record(decision, reason, person.approval.approver, "interactive")
    record = msgspec.structs.replace(record, evidence=person.approval.evidence)
    asked.check_counts(Checked(record, person.void))
    return record


def by_key(asked: ApprovalRequest, decision: Decision, reason: str, key: Path) -> Approval:
    """The word of whoever holds ``key``, under the name that the allowed signers give it.

    A second signature is only needed where that is not the name that Git knows.
    """
    if not asked.plan.policy.approvals.signers:
        hint = "name a file of allowed signers in pipeline.yaml: apply.approvals.signers"
        raise UsageError("signatures cannot be checked: no allowed signers are configured", hint=hint)
    name = address(known(asked.here.root))
    record = asked.record(decision, reason, name, "ssh")
    record = _signed(record, key)
    listed = asked.evidence.signers(record.time).principals(record.signature)
    if listed and name not in listed:
        record = _signed(msgspec.structs.replace(record, approver=listed[0]), key)
    (checked,) = asked.evidence.check(record)
    asked.check_counts(checked)
    return record


def _signed(record: Approval, key: Path) -> Approval:
    return msgspec.structs.replace(record, signature=sign(signed_bytes(record), key, NAMESPACE))


def from_github(
    asked: ApprovalRequest, method: Literal["github-environment", "github-review"], number: int
) -> list[Approval]:
    """The words of all whom GitHub asked, as far as they count.

    Raises:
        RefusedError: none does, with the reason for each.
    """
    words = asked.evidence.words(method, number)
    like = msgspec.structs.replace(asked.record("approve", "", "", "ssh"), method=method, signature="")
    found = from_words(words, like)
    against = {item.approval.approver: objections(asked.plan, asked.digest, item, asked.now) for item in found}
    good = [item.approval for item in found if not against[item.approval.approver]]
    if not good:
        place = "run" if method == "github-environment" else "pull request"
        lines = [f"\n  - {name!r}: {'; '.join(reasons)}" for name, reasons in sorted(against.items())]
        raise RefusedError(f"{place} {number} has no valid review{''.join(lines)}")
    return sorted(good, key=to_bytes)


def keep(asked: ApprovalRequest, decisions: Sequence[Approval], out: Path | None) -> Iterator[tuple[str, str]]:
    """Write each decision, and say what was written where.

    Raises:
        UsageError: ``out`` is not a place for them.
    """
    if out and len(decisions) > 1:
        raise UsageError(f"{len(decisions)} decisions cannot be written to one file", hint="omit --out")
    if out and not out.parent.is_dir():
        raise UsageError(f"folder {out.parent} does not exist")
    names = [out.name] if out else [f"{folder_of(asked.digest)}/{_file_name(item)}" for item in decisions]
    disk = Disk(out.parent) if out else asked.here.disk
    disk.carry_out(Edits(files={name: to_bytes(item) for name, item in zip(names, decisions, strict=True)}))
    for name, item in zip(names, decisions, strict=True):
        where = str(out) if out else (asked.here.root / SafePath(name))
        yield f"{_noun(item)} by {line(item.approver)}", str(where)


def _file_name(item: Approval) -> str:
    """``ssh-bob@example.org-approve.json``; names that no file can have get a mark, so that no two share one."""
    who = address(item.approver)
    fit = _UNFIT.sub("_", who)[:100]
    mark = "" if fit == who else f"-{sha256(who.encode()).hexdigest()[:8]}"
    return f"{item.method}-{fit}{mark}-{item.decision}.json"


def _noun(item: Approval) -> str:
    return "approval" if item.decision == "approve" else "rejection"
