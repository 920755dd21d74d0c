"""Opens the pull request of an upgrade, or brings the one that is there up to date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.core.review.upgrade_pull import Proposal, ProposalOutcome, ProposalStep, decide_proposal


class PullRequests(Protocol):
    """A repository's pull requests, wherever they live."""

    @property
    def repository(self) -> str: ...
    def every_pull_request(self, owner: str, branch: str) -> Iterable[Mapping[str, Any]]: ...
    def open_pull_request(self, title: str, body: str, head: str, base: str) -> int: ...
    def update_pull_request(self, number: int, title: str, body: str, base: str) -> None: ...
    def add_labels(self, number: int, labels: Iterable[str]) -> None: ...
    def remove_label(self, number: int, label: str) -> None: ...


class RemoteBranches(Protocol):
    """The branches of the repository that pull requests are made in."""

    def commit(self, branch: str) -> str:
        """The branch's last commit; empty where there is no such branch."""
        ...

    def push(self, branch: str, commit: str, before: str) -> None:
        """Put the branch at ``commit``, where it is still at ``before`` (empty: nowhere)."""
        ...

    def delete(self, branch: str, before: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Proposed:
    """``number`` is the pull request; None where there is none."""

    outcome: ProposalOutcome
    number: int | None


def propose(github: PullRequests, remote: RemoteBranches, wanted: Proposal) -> Proposed:
    """One pull request for one upgrade, however often this is asked.

    Raises:
        WorldError: GitHub or Git refused. A branch that was pushed for a new pull request is then gone again.
    """
    pulls = list(github.every_pull_request(github.repository.partition("/")[0], wanted.branch))
    pushed = remote.commit(wanted.branch)
    step = decide_proposal(pulls, github.repository, wanted, pushed)
    if step.outcome not in (ProposalOutcome.OPENED, ProposalOutcome.REFRESHED):
        return Proposed(step.outcome, step.number)
    remote.push(wanted.branch, wanted.commit, pushed)
    number = _open(github, remote, wanted) if step.number is None else _refresh(github, wanted, step, step.number)
    github.add_labels(number, wanted.labels)
    return Proposed(step.outcome, number)


def _open(github: PullRequests, remote: RemoteBranches, wanted: Proposal) -> int:
    try:
        return github.open_pull_request(wanted.title, wanted.marked_body, wanted.branch, wanted.base)
    except BaseException:
        remote.delete(wanted.branch, wanted.commit)  # else it would look like somebody's own branch
        raise


def _refresh(github: PullRequests, wanted: Proposal, step: ProposalStep, number: int) -> int:
    github.update_pull_request(number, wanted.title, wanted.marked_body, wanted.base)
    for label in step.stale_labels:
        github.remove_label(number, label)
    return number
