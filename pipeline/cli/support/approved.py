"""Whether a plan is approved, asked by ``apply``: reads the approvals, checks the evidence of each, and decides."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.core.cluster.approval.approval import Approval, from_bytes
from pipeline.core.cluster.approval.decide import decide
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.errors import RefusedError, UsageError
from pipeline.wiring import Repository

FOLDER = "approvals"


def folder_of(plan_digest: str) -> str:
    """Where approvals of a plan lie, from the folder of pipeline.yaml."""
    return f"{FOLDER}/{plan_digest.removeprefix('sha256:')}"


def checked_approvals(
    here: Repository,
    plan: Plan,
    plan_digest: str,
    files: Sequence[Path] = (),
    *,
    typed: str | None = None,
    dispatch_digest: str | None = None,
    now: float | None = None,
) -> tuple[Approval, ...]:
    """The approvals that count, one a person: of ``files``, and of all in ``approvals/<digest>/``.

    ``typed`` is what the person at the terminal typed, ``dispatch_digest`` the value of ``--plan-digest``; None where
    there was neither. ``plan_digest`` is that of the bytes from which ``plan`` was read.

    Raises:
        RefusedError: the plan is not approved; every reason is named.
        UsageError: a file is no approval, or nobody knows who is here.
        WorldError: ssh-keygen is missing, or GitHub does not answer.
    """
    from pipeline.adapters.approvals.check import Evidence, dispatched, typed_here

    now = time.time() if now is None else now
    evidence = Evidence(here.root, plan, plan_digest, now)
    approvals = (*_given(files), *_kept(here, plan_digest))
    found = [item for approval in approvals for item in evidence.check(approval)]
    if typed is not None:
        found.append(typed_here(here.root, plan_digest, now, typed))
    if dispatch_digest is not None:
        found.append(dispatched(here.root, plan_digest, now, dispatch_digest))
    return decide(plan, plan_digest, found, now)


def _given(files: Sequence[Path]) -> Iterator[Approval]:
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        yield from_bytes(data, str(path))


def _kept(here: Repository, plan_digest: str) -> Iterator[Approval]:
    """Those in the plan's folder. One that cannot be read stops everything: it may be a rejection."""
    for path in here.disk.paths(folder_of(plan_digest)):
        if path.endswith(".json"):
            try:
                yield from_bytes(here.disk.read(path) or b"", path)
            except UsageError as error:
                raise RefusedError(error.message, hint="remove it, or have it made anew") from error
