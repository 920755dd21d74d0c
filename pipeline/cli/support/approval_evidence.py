"""Reads what ``apply`` and ``approve`` decide by: the approvals found, and the protected branch's policy.

Nothing is decided here: flows/cluster/approved.py and flows/cluster/deciding_policy.py do that.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.core.cluster.approval.approval import Approval, from_bytes
from pipeline.core.cluster.approval.decide import Checked
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.errors import MissingFileError, RefusedError, UsageError
from pipeline.flows.cluster.approved import ProtectedPolicy
from pipeline.wiring import Repository

FOLDER = "approvals"


def folder_of(plan_digest: str) -> str:
    """Where approvals of a plan lie, from the folder of pipeline.yaml."""
    return f"{FOLDER}/{plan_digest.removeprefix('sha256:')}"


def evidence_of(
    here: Repository,
    plan: Plan,
    plan_digest: str,
    files: Sequence[Path],
    now: float,
    *,
    typed: str | None = None,
    dispatch_digest: str | None = None,
) -> tuple[Checked, ...]:
    """Each approval in ``files`` and in ``approvals/<digest>/``, held against its proof.

    ``typed`` is what the person at the terminal typed, ``dispatch_digest`` the value of ``--plan-digest``; None where
    there was neither. ``plan_digest`` is that of the bytes from which ``plan`` was read.

    Raises:
        RefusedError: one that may be a rejection cannot be read.
        UsageError: a file is not an approval, or it is unknown who is here.
        WorldError: ssh-keygen is missing, or GitHub does not answer.
    """
    from pipeline.adapters.approvals.evidence import Evidence, dispatched, typed_here

    evidence = Evidence(here.root, plan, plan_digest, now)
    approvals = (*_given(files), *_kept(here, plan_digest))
    checked = [item for approval in approvals for item in evidence.check(approval)]
    if typed is not None:
        checked.append(typed_here(here.root, plan_digest, now, typed))
    if dispatch_digest is not None:
        checked.append(dispatched(here.root, plan_digest, now, dispatch_digest))
    return tuple(checked)


def protected_policy(here: Repository, environment: str) -> ProtectedPolicy | None:
    """The ``apply:`` section that decides. See flows/cluster/deciding_policy.py."""
    from pipeline.adapters.git.branches import FetchedBranches
    from pipeline.flows.cluster.deciding_policy import deciding_policy

    return deciding_policy(FetchedBranches(here.root), environment)


def _given(files: Sequence[Path]) -> Iterator[Approval]:
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MissingFileError.of(path, error, hint="pipeline approve writes one") from error
        yield from_bytes(data, str(path))


def _kept(here: Repository, plan_digest: str) -> Iterator[Approval]:
    """Those in the plan's folder. One that cannot be read stops everything: it may be a rejection."""
    for path in here.disk.paths(folder_of(plan_digest)):
        if path.endswith(".json"):
            try:
                yield from_bytes(here.disk.read(path) or b"", path)
            except UsageError as error:
                raise RefusedError(error.message, hint="remove it, or approve the plan again") from error
