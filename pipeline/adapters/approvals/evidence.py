"""Checks each approval against its evidence: a signature, GitHub's API, or what was typed or dispatched here."""

import json
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipeline.adapters.approvals.ssh_signature import BadSignatureError, Signers
from pipeline.adapters.git.door import repository_root
from pipeline.adapters.git.identity import identity
from pipeline.adapters.git.trees import GitTree, protected_branch, resolve
from pipeline.core.cluster.api.timestamps import seconds_of, written
from pipeline.core.cluster.approval.approval import DIGITS, NAMESPACE, Approval, first_digits, signed_bytes
from pipeline.core.cluster.approval.decide import Checked, author_names
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.cluster.plan.policy import HEAD, Approvals
from pipeline.core.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from pipeline.adapters.approvals.github_reviews import Reviews
    from pipeline.adapters.github_api import GitHub


class Evidence:
    """For approvals of one plan. ``root`` is the folder of pipeline.yaml, ``now`` in seconds since 1970."""

    def __init__(self, root: Path, plan: Plan, plan_digest: str, now: float) -> None:
        self.root, self.plan, self.digest, self.now = root, plan, plan_digest, now
        self._asked: dict[tuple[str, int], Reviews] = {}

    def check(self, approval: Approval) -> tuple[Checked, ...]:
        """The approval with what its evidence says, and what else that evidence holds: rejections by others.

        Raises:
            WorldError: the evidence cannot be looked at.
            RefusedError: the allowed signers are not there.
        """
        if approval.plan != self.digest:
            return (Checked(approval),)
        match approval.method:
            case "ssh":
                return (self._ssh(approval),)
            case "interactive":
                fits = approval.evidence.get("typed") == first_digits(self.digest)
                return (Checked(approval, "" if fits else "the plan's digest was not typed"),)
            case "dispatch":
                return (
                    Checked(approval, "a dispatch approval is not read from a file: use pipeline apply --plan-digest"),
                )
            case "github-environment" | "github-review":
                return self._github(approval)

    def signers(self, at: str) -> Signers:
        """The allowed signers, with their keys as of an approval's time, but never a later one than now."""
        try:
            when = min(seconds_of(at), self.now)
        except ValueError:
            when = self.now
        return Signers(self._signers_text, NAMESPACE, when)

    @cached_property
    def _signers_text(self) -> bytes:
        return signers_text(self.root, self.plan.policy.approvals)

    @cached_property
    def github(self) -> "GitHub":
        from pipeline.adapters.approvals.github_reviews import github_here  # noqa: PLC0415 - its HTTP client is slow to load

        return github_here(self.root)

    def words(self, method: str, number: int) -> "Reviews":
        """What GitHub holds of a run (github-environment) or a pull request (github-review), asked once."""
        from pipeline.adapters.approvals.github_reviews import of_pull_request, of_run  # noqa: PLC0415 - as above

        if (method, number) not in self._asked:
            ask = of_run if method == "github-environment" else of_pull_request
            self._asked[method, number] = ask(self.github, number, self.plan, self.digest)
        return self._asked[method, number]

    def _ssh(self, approval: Approval) -> Checked:
        if not self.plan.policy.approvals.signers:
            return Checked(approval, "apply.approvals.signers names no file of allowed signers")
        signers, data = self.signers(approval.time), signed_bytes(approval)
        try:
            key = signers.verify(data, approval.signature, approval.approver)
        except BadSignatureError as error:
            return Checked(approval, str(error))
        theirs = any(signers.may_be(data, approval.signature, name) for name in author_names(self.plan))
        return Checked(approval, names=frozenset({f"key:{key}"}), by_author=theirs)

    def _github(self, approval: Approval) -> tuple[Checked, ...]:
        key = "run" if approval.method == "github-environment" else "pullRequest"
        number, repository = approval.evidence.get(key, ""), approval.evidence.get("repository", "")
        if not (number.isascii() and number.isdigit()):
            return (Checked(approval, f"it names no {key}"),)
        if repository.casefold() != self.github.repository.casefold():
            return (Checked(approval, f"it is of {repository!r}, and this is {self.github.repository!r}"),)
        words = self.words(approval.method, int(number))
        own = [word for word in words.words if word.login == approval.approver.casefold()]
        void = next(
            (word.void for word in own if word.decision == approval.decision), "GitHub has no such word of theirs"
        )
        first = Checked(approval, void, by_author=approval.approver.casefold() in words.authors)
        others = (item for item in from_words(words, approval) if item.approval.decision == "reject")
        return (first, *others)


def from_words(words: "Reviews", like: Approval) -> tuple[Checked, ...]:
    """All that GitHub holds, as approvals and rejections like the given one."""
    checked = []
    for word in words.words:
        changes = {"approver": word.login, "decision": word.decision, "reason": word.comment}
        approval = msgspec.structs.replace(like, **changes, evidence=dict(words.evidence))
        checked.append(Checked(approval, word.void, by_author=word.login in words.authors))
    return tuple(checked)


def signers_text(root: Path, policy: Approvals) -> bytes:
    """The file of allowed signers at the protected revision, never that of the work tree.

    Without a name for that (``HEAD``), it is the default branch of origin; HEAD itself where there is none.

    Raises:
        RefusedError: it is not there.
    """
    top = repository_root(root)
    hint = "commit the allowed signers on the protected branch, and fetch it"
    try:
        reference = (protected_branch(top) if policy.signers_ref == HEAD else "") or policy.signers_ref
        commit = resolve(top, reference)
    except UsageError as error:
        raise RefusedError(f"apply.approvals.signersRef: {error.message}", hint=hint) from error
    tree = GitTree(top, commit, root.resolve().relative_to(top.resolve()).as_posix())
    text = tree.read([policy.signers]).get(policy.signers) if policy.signers.isprintable() else None
    if text is None:
        raise RefusedError(f"there is no file {policy.signers!r} at {reference!r}", hint=hint)
    return text


def typed_here(root: Path, plan_digest: str, now: float, typed: str) -> Checked:
    """The approval of the person at the terminal, who typed the first digits of the digest."""
    digits = typed.strip().casefold().removeprefix("sha256:")
    enough = len(digits) >= DIGITS and plan_digest.removeprefix("sha256:").startswith(digits)
    void = "" if enough else f"what was typed is not the first {DIGITS} digits of the digest"
    evidence = {"typed": digits[:DIGITS]}
    return Checked(
        Approval(plan_digest, "approve", identity(root), "interactive", written(now), evidence=evidence), void
    )


def dispatched(root: Path, plan_digest: str, now: float, named: str) -> Checked:
    """The approval of whoever started this run with the plan's digest by name.

    In GitHub Actions that is a person only where the digest is an input of workflow_dispatch: a digest that one job
    hands to the next was named by no one.
    """
    void = "" if named == plan_digest else f"--plan-digest names another plan, {named!r}"
    environment = os.environ
    evidence: dict[str, str] = {}
    if environment.get("GITHUB_ACTIONS") == "true":
        names = {"repository": "GITHUB_REPOSITORY", "run": "GITHUB_RUN_ID", "event": "GITHUB_EVENT_NAME"}
        evidence = {key: environment[name] for key, name in names.items() if name in environment}
        if not void and (evidence.get("event") != "workflow_dispatch" or plan_digest not in _inputs(environment)):
            void = "in GitHub Actions the digest must be an input of workflow_dispatch"
    who = environment.get("GITHUB_ACTOR") or identity(root)
    return Checked(Approval(plan_digest, "approve", who, "dispatch", written(now), evidence=evidence), void)


def _inputs(environment: Mapping[str, str]) -> Iterable[object]:
    path = environment.get("GITHUB_EVENT_PATH")
    try:
        event = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError):
        return ()
    inputs = event.get("inputs") if isinstance(event, dict) else None
    return tuple(inputs.values()) if isinstance(inputs, dict) else ()
