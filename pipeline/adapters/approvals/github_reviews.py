"""Reads reviews from GitHub: those of a run's environment and those of a pull request.

An approval's file only says where to look: GitHub is asked each time, with its documented REST API.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.adapters.github_api import GitHub
from pipeline.adapters.process import Command, run
from pipeline.core.cluster.plan.plan import Plan
from pipeline.core.errors import UsageError, WorldError

_HINT = "the token needs actions: read, contents: read and pull-requests: read on that repository"
_REMOTE = re.compile(r"(?:.*[@/])?([\w.-]+)[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_PUBLIC = "https://api.github.com"
_DIGEST = re.compile(r"sha256:([0-9a-f]{8,64})")
_MAY_WRITE = frozenset({"admin", "write"})
_DECISIVE = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})


@dataclass(frozen=True, slots=True)
class Review:
    """One person's yes or no. ``void`` says why it is none for this plan; empty where it is one."""

    login: str
    decision: Literal["approve", "reject"]
    comment: str = ""
    void: str = ""


@dataclass(frozen=True, slots=True)
class Reviews:
    """``authors`` are the logins of those who made what was planned. ``evidence`` is where all of this was found."""

    words: tuple[Review, ...]
    authors: frozenset[str]
    evidence: Mapping[str, str]


def github_here(root: Path) -> GitHub:
    """The repository's GitHub: GITHUB_REPOSITORY or the remote ``origin``; GITHUB_API_URL; GITHUB_TOKEN or GH_TOKEN.

    Raises:
        UsageError: one of them is not known.
    """
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    if not token:
        raise UsageError("no token for GitHub is set", hint=f"export GITHUB_TOKEN; {_HINT}")
    api = os.environ.get("GITHUB_API_URL", "").rstrip("/")
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        host, repository = _origin(root)
        if host != "github.com" and not api:
            raise UsageError(
                f"origin is on {host}, which is not a known GitHub host",
                hint="export GITHUB_API_URL=<address of its API>",
            )
    return GitHub(api or _PUBLIC, token, repository)


def _origin(root: Path) -> tuple[str, str]:
    try:
        url = run(Command(("git", "-C", str(root), "remote", "get-url", "origin"))).stdout.decode().strip()
    except WorldError:
        url = ""
    match = _REMOTE.fullmatch(url)
    if not match:
        raise UsageError("the GitHub repository is unknown", hint="export GITHUB_REPOSITORY=OWNER/NAME")
    return match[1], match[2]


def of_run(github: GitHub, number: int, plan: Plan, plan_digest: str) -> Reviews:
    """The reviews of the plan's environment in one run of a workflow.

    A review approves the run, all of it, and not a digest: what ties it to the plan is that the run is of the plan's
    commit. A comment that names another plan's digest approves that one.
    """
    details = github.get(f"actions/runs/{number}", _HINT)
    if details is None:
        return Reviews((), frozenset(), {})
    evidence = {"repository": github.repository, "run": str(number), "environment": plan.target.environment}
    wrong = "" if details["head_sha"] == plan.source.commit else "that run is of another commit than the plan"
    words: dict[str, Review] = {}
    for review in github.get(f"actions/runs/{number}/approvals", _HINT) or ():
        names = [environment.get("name") for environment in review["environments"]]
        decision = _decision(review["state"], "approved", "rejected")
        if plan.target.environment in names and decision:
            void = wrong or _not_a_person(review["user"]) or _other_digest(review["comment"], plan_digest)
            word = Review(_login(review["user"]), decision, review["comment"], void)
            if decision == "reject" or words.get(word.login, word).decision == "approve":
                words[word.login] = word
    started = {_login(details.get("actor")), _login(details.get("triggering_actor"))}
    return Reviews(tuple(words.values()), _authors(github, plan.source.commit) | started - {""}, evidence)


def of_pull_request(github: GitHub, number: int, plan: Plan, plan_digest: str) -> Reviews:
    """The reviews of a pull request, the last of each person who may write to the repository.

    A yes counts for the head that it looked at, where that is the plan's commit, or was merged as it and the manifests
    are the same to the byte. A no counts until it is dismissed.
    """
    pull = github.get(f"pulls/{number}", _HINT)
    if pull is None:
        return Reviews((), frozenset(), {})
    head = pull["head"]["sha"]
    evidence = {"repository": github.repository, "pullRequest": str(number), "head": head}
    wrong = _not_planned(github, pull, plan)
    last = {
        _login(review["user"]): review
        for review in github.get_all(f"pulls/{number}/reviews")
        if review["state"] in _DECISIVE
    }
    words: list[Review] = []
    for login, review in last.items():
        decision = _decision(review["state"], "APPROVED", "CHANGES_REQUESTED")
        if decision:
            other = "" if review["commit_id"] == head else "it is of an earlier commit of the pull request"
            stale = (wrong or other or _other_digest(review["body"], plan_digest)) if decision == "approve" else ""
            void = stale or _not_a_person(review["user"]) or _may_not_write(github, login)
            words.append(Review(login, decision, review["body"], void))
    authors = _authors(github, plan.source.commit) | {_login(pull["user"])}
    return Reviews(tuple(words), authors, evidence)


def _decision(state: str, yes: str, no: str) -> Literal["approve", "reject"] | None:
    return "approve" if state == yes else "reject" if state == no else None


def _not_planned(github: GitHub, pull: Mapping[str, Any], plan: Plan) -> str:
    """Why the pull request's head is not what was planned; empty where it is."""
    head, commit = pull["head"]["sha"], plan.source.commit
    if head == commit:
        return ""
    if not pull.get("merged") or pull.get("merge_commit_sha") != commit:
        return "the plan is of another commit than the pull request's head, or its merge"
    if _tree(github, head, plan.source.path) != plan.source.tree:
        return f"what was merged differs from what was reviewed in {plan.source.path}"
    return ""


def _tree(github: GitHub, commit: str, path: str) -> str:
    """Git's id of a folder at a commit; empty where there is none."""
    tree = commit
    for name in [part for part in path.split("/") if part not in ("", ".")]:
        listing = github.get(f"git/trees/{tree}", _HINT) or {}
        entries: Iterator[str] = (
            entry["sha"] for entry in listing.get("tree", ()) if entry["path"] == name and entry["type"] == "tree"
        )
        tree = next(entries, "")
        if not tree:
            break
    return tree


def _authors(github: GitHub, commit: str) -> frozenset[str]:
    """The logins of a commit's author and committer, as far as GitHub knows them."""
    details = github.get(f"commits/{commit}", _HINT) or {}
    return frozenset({_login(details.get("author")), _login(details.get("committer"))} - {""})


def _may_not_write(github: GitHub, login: str) -> str:
    """On GitHub whoever may read may approve; here it takes one who may write."""
    access = github.get(f"collaborators/{login}/permission", _HINT) or {}
    return "" if access.get("permission") in _MAY_WRITE else f"{login!r} may not write to {github.repository}"


def _login(user: Mapping[str, Any] | None) -> str:
    return str((user or {}).get("login", "")).casefold()


def _not_a_person(user: Mapping[str, Any] | None) -> str:
    return "" if user and user.get("type") == "User" else "it is not a person's"


def _other_digest(comment: str | None, plan_digest: str) -> str:
    named = _DIGEST.findall(comment or "")
    addressed = not named or any(plan_digest.startswith(f"sha256:{digits}") for digits in named)
    return "" if addressed else "its comment names another plan"
