"""Our pull request for an upgrade: how it is recognised, and what is to be done about it.

The first line of its body is a marker with the versions that it moves to and the commit that we pushed. Only pull
requests from a branch of the repository itself are looked at. A branch whose last commit is not one that we pushed
belongs to whoever committed there, and is left alone.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from pipeline.core.charts.semver import Version

_MARKER = re.compile(r"\A<!-- pipeline:upgrade v1 ([A-Za-z0-9_-]{1,8000}) -->\r?\n")
LABEL = "pipeline-upgrade"
_VERDICT_LABEL = "verdict-"


class ProposalOutcome(StrEnum):
    OPENED = "opened"
    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    CLOSED = "stays closed until there is a newer version"
    EDITED = "left alone: its branch has commits that are not ours"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request is to say. ``versions`` has the version of each pin that moves.

    ``base`` is the branch that it is for, ``start`` that branch's commit which ``commit`` was made from, ``tree`` the
    files of ``commit``.
    """

    branch: str
    base: str
    start: str
    commit: str
    tree: str
    title: str
    body: str
    verdict: str
    versions: Mapping[str, str] = field(hash=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return (LABEL, f"{_VERDICT_LABEL}{self.verdict}")

    @property
    def marked_body(self) -> str:
        """The body below its marker."""
        state = {
            "commit": self.commit,
            "start": self.start,
            "tree": self.tree,
            "versions": dict(self.versions),
            "sha": _digest(self.title, self.body),
        }
        packed = base64.urlsafe_b64encode(orjson.dumps(state, option=orjson.OPT_SORT_KEYS)).decode().rstrip("=")
        return f"<!-- pipeline:upgrade v1 {packed} -->\n{self.body}"


@dataclass(frozen=True, slots=True)
class ProposalStep:
    """``number`` is the pull request that it is about, ``stale_labels`` are those of an earlier verdict."""

    outcome: ProposalOutcome
    number: int | None = None
    stale_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _PullState:
    commit: str
    start: str
    tree: str
    digest: str
    versions: Mapping[str, str] = field(hash=False)


def decide_proposal(pulls: Iterable[Mapping[str, Any]], repository: str, wanted: Proposal, pushed: str) -> ProposalStep:
    """What to do about ``wanted``.

    ``pulls`` are all from branches of its name, as GitHub's REST API lists them; ``pushed`` is the commit that the
    branch has at the remote, empty where there is none.
    """
    ours = [pull for pull in pulls if _mapped(_mapped(pull.get("head")).get("repo")).get("full_name") == repository]
    states = [(pull, _state(str(pull.get("body") or ""))) for pull in ours]
    opened = next(((pull, state) for pull, state in states if pull.get("state") == "open"), None)
    if opened is None:
        for pull, state in states:
            if not pull.get("merged_at") and _covers(pull, state, wanted):
                return ProposalStep(ProposalOutcome.CLOSED, int(pull["number"]))
    number = int(opened[0]["number"]) if opened else None
    if pushed and pushed not in {state.commit for _, state in states if state}:
        return ProposalStep(ProposalOutcome.EDITED, number)
    if opened is None:
        return ProposalStep(ProposalOutcome.OPENED)
    pull, state = opened
    there = [str(_mapped(label).get("name")) for label in pull.get("labels") or ()]
    stale = tuple(name for name in there if name.startswith(_VERDICT_LABEL) and name not in wanted.labels)
    same = state is not None and pushed == state.commit and (state.start, state.tree) == (wanted.start, wanted.tree)
    if same and state is not None and state.digest == _digest(wanted.title, wanted.body):
        return ProposalStep(ProposalOutcome.UNCHANGED, number)
    return ProposalStep(ProposalOutcome.REFRESHED, number, stale)


def _mapped(value: Any) -> Mapping[str, Any]:
    """``value`` where it is a map: GitHub has null for a repository that is gone."""
    return value if isinstance(value, Mapping) else {}


def _covers(pull: Mapping[str, Any], state: _PullState | None, wanted: Proposal) -> bool:
    """Whether a closed pull request was for these versions, or newer ones."""
    if state is None:
        return pull.get("title") == wanted.title
    return all(
        pin in state.versions and not _newer(version, state.versions[pin]) for pin, version in wanted.versions.items()
    )


def _newer(version: str, than: str) -> bool:
    try:
        return Version.parse(version) > Version.parse(than)
    except ValueError:
        return version != than


def _digest(title: str, body: str) -> str:
    return hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()


def _state(body: str) -> _PullState | None:
    match = _MARKER.match(body)
    if match is None:
        return None
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
        versions = {str(pin): str(version) for pin, version in raw["versions"].items()}
        return _PullState(str(raw["commit"]), str(raw["start"]), str(raw["tree"]), str(raw["sha"]), versions)
    except (AttributeError, binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None
