"""Which branch's ``apply:`` section decides what may be applied: never the one that a branch may have changed."""

from typing import Protocol

from pipeline.core.cluster.plan.policy import HEAD, policy_of
from pipeline.core.errors import RefusedError, UsageError
from pipeline.core.render.file_tree import Tree
from pipeline.flows.cluster.approved import ProtectedPolicy
from pipeline.flows.protected import protected_config


class Branches(Protocol):
    """The branches of the repository, as they were last fetched."""

    def protected(self) -> str:
        """The default branch of ``origin``; empty where there is none."""

    def tree(self, reference: str) -> Tree:
        """The files of a branch, from the folder of pipeline.yaml. UsageError: there is no such branch."""


def deciding_policy(branches: Branches, environment: str) -> ProtectedPolicy | None:
    """That of the default branch of ``origin``, or of the branch that it names (``apply.approvals.signersRef``).

    None where there is no such branch, or no pipeline.yaml on it.

    Raises:
        RefusedError: it cannot be read, so that it is unknown what it would forbid.
    """
    reference = branches.protected()
    protected = _at(branches, reference, environment) if reference else None
    other = protected.policy.approvals.signers_ref if protected else HEAD
    return protected if other in (HEAD, reference) else _at(branches, other, environment)


def _at(branches: Branches, reference: str, environment: str) -> ProtectedPolicy | None:
    try:
        config = protected_config(branches.tree(reference), reference)
        if config is None:
            return None
        named = config.environments.get(environment)
        return ProtectedPolicy(policy_of(named.apply if named else config.apply), reference)
    except UsageError as error:  # a ConfigError is one
        raise RefusedError(error.message, hint=error.hint) from error
