"""What ``apply`` and ``approve`` decide by: the approvals found, and the protected branch's policy.

The decision itself is made in flows/cluster/approved.py.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.core.cluster.approval.approval import Approval, from_bytes
from pipeline.core.cluster.approval.decide import Checked
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.cluster.plan.policy import HEAD, policy_of
from pipeline.core.errors import MissingFileError, RefusedError, UsageError
from pipeline.flows.cluster.approved import ProtectedPolicy
from pipeline.flows.protected import protected_config
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
    found = [item for approval in approvals for item in evidence.check(approval)]
    if typed is not None:
        found.append(typed_here(here.root, plan_digest, now, typed))
    if dispatch_digest is not None:
        found.append(dispatched(here.root, plan_digest, now, dispatch_digest))
    return tuple(found)


def protected_policy(here: Repository, environment: str) -> ProtectedPolicy | None:
    """The ``apply:`` section that decides: that of the default branch of ``origin``, as it was last fetched.

    Where that names another branch (``apply.approvals.signersRef``), the section there decides. None where there is no
    such branch, or no pipeline.yaml on it.

    Raises:
        RefusedError: it cannot be read, so that it is unknown what it would forbid.
    """
    from pipeline.adapters.git import trees
    from pipeline.adapters.git.door import repository_root

    top = repository_root(here.root)
    folder = here.root.resolve().relative_to(top.resolve()).as_posix()

    def at(reference: str) -> ProtectedPolicy | None:
        try:
            tree = trees.GitTree(top, trees.resolve(top, reference), folder)
            config = protected_config(tree, reference)
            if config is None:
                return None
            named = config.environments.get(environment)
            return ProtectedPolicy(policy_of(named.apply if named else config.apply), reference)
        except UsageError as error:  # a ConfigError is one
            raise RefusedError(error.message, hint=error.hint) from error

    reference = trees.protected_branch(top)
    found = at(reference) if reference else None
    other = found.policy.approvals.signers_ref if found else HEAD
    return found if other in (HEAD, reference) else at(other)


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
