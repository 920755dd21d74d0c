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
from pipeline.core.cluster.approval.approval import NAMESPACE, Approval, signed_bytes, to_bytes
from pipeline.core.cluster.approval.decide import Checked, address
from pipeline.core.cluster.plan.plan import from_bytes
from pipeline.core.errors import MissingFileError, UsageError
from pipeline.core.render.file_edits import Edits
from pipeline.core.safe_path import SafePath
from pipeline.flows.cluster import recording_approvals
from pipeline.flows.cluster.approved import approvable
from pipeline.flows.cluster.recording_approvals import Decision, PlanToDecide, called
from pipeline.report.plain import line
from pipeline.wiring import Repository, repository

_UNFIT = re.compile(r"[^A-Za-z0-9@._+-]")


@dataclass(frozen=True)
class ApprovalRequest:
    """The plan in question, and the repository that it is of."""

    here: Repository
    question: PlanToDecide

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.here.root, self.question.plan, self.question.digest, self.question.now)

    def check_approvable(self) -> None:
        """Raises RefusedError where no one can approve this plan."""
        plan = self.question.plan
        approvable(plan, self.question.now, protected_policy(self.here, plan.target.environment))


@dataclass(frozen=True)
class _SshKey:
    """An SSH key, and the allowed signers."""

    key: Path
    evidence: Evidence

    def signed(self, record: Approval) -> Approval:
        return msgspec.structs.replace(record, signature=sign(signed_bytes(record), self.key, NAMESPACE))

    def allowed_names(self, record: Approval) -> tuple[str, ...]:
        return tuple(self.evidence.signers(record.time).principals(record.signature))

    def checked(self, record: Approval) -> Checked:
        (checked,) = self.evidence.check(record)
        return checked


def loaded(file: Path) -> ApprovalRequest:
    """The plan in ``file``, which is read once.

    Raises:
        UsageError: it is not a plan, or there is none, or no pipeline.yaml around here.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise MissingFileError.of(file, error, hint="pipeline plan creates one") from error
    return ApprovalRequest(repository(), PlanToDecide(from_bytes(data, str(file)), digest(data), time.time()))


def by_hand(asked: ApprovalRequest, decision: Decision, reason: str, typed: str) -> Approval:
    """The decision of the person at the terminal, who typed the first digits of the digest."""
    person = typed_here(asked.here.root, asked.question.digest, asked.question.now, typed)
    return recording_approvals.by_hand(asked.question, decision, reason, person)


def by_key(asked: ApprovalRequest, decision: Decision, reason: str, key: Path) -> Approval:
    """The decision of whoever holds ``key``."""
    recording_approvals.check_signers(asked.question.plan)
    name = known(asked.here.root)
    return recording_approvals.by_key(asked.question, decision, reason, name, _SshKey(key, asked.evidence))


def from_github(
    asked: ApprovalRequest, method: Literal["github-environment", "github-review"], number: int
) -> list[Approval]:
    """The decisions of all whom GitHub asked, as far as they count. RefusedError where none does."""
    words = asked.evidence.words(method, number)
    like = msgspec.structs.replace(asked.question.record("approve", "", "", "ssh"), method=method, signature="")
    place = "run" if method == "github-environment" else "pull request"
    return recording_approvals.valid_reviews(asked.question, from_words(words, like), f"{place} {number}")


def keep(asked: ApprovalRequest, decisions: Sequence[Approval], out: Path | None) -> Iterator[tuple[str, str]]:
    """Write each decision, and say what was written where.

    Raises:
        UsageError: ``out`` is not a place for them.
    """
    if out and len(decisions) > 1:
        raise UsageError(f"{len(decisions)} decisions cannot be written to one file", hint="omit --out")
    if out and not out.parent.is_dir():
        raise UsageError(f"folder {out.parent} does not exist")
    names = [out.name] if out else [f"{folder_of(asked.question.digest)}/{_file_name(item)}" for item in decisions]
    disk = Disk(out.parent) if out else asked.here.disk
    disk.carry_out(Edits(files={name: to_bytes(item) for name, item in zip(names, decisions, strict=True)}))
    for name, item in zip(names, decisions, strict=True):
        where = str(out) if out else (asked.here.root / SafePath(name))
        yield f"{called(item)} by {line(item.approver)}", str(where)


def _file_name(item: Approval) -> str:
    """``ssh-bob@example.org-approve.json``; names that no file can have get a mark, so that no two share one."""
    who = address(item.approver)
    fit = _UNFIT.sub("_", who)[:100]
    mark = "" if fit == who else f"-{sha256(who.encode()).hexdigest()[:8]}"
    return f"{item.method}-{fit}{mark}-{item.decision}.json"
