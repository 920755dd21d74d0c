"""Our comment on a pull request: how it is recognised, and when it is left alone.

Its first line is a marker with the comment's key, the run that wrote it, and the digest of what people see. Anyone can
write such a line: only a comment of our own login, with the marker at its very start and an equal key, is ours.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

_MARKER = re.compile(r"\A<!-- pipeline:report v1 ([A-Za-z0-9_-]{1,2000}) -->\r?\n")


class CommentOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"
    """A later run has written already."""


@dataclass(frozen=True, slots=True)
class CommentState:
    """``order`` is [run number, attempt]: a later run's comment is never overwritten by an earlier one's."""

    key: str
    order: tuple[int, int]
    digest: str


@dataclass(frozen=True, slots=True)
class Step:
    """What to do: ``keep`` is the comment to update (None: create one), ``extra`` are doubles to delete."""

    outcome: CommentOutcome
    keep: int | None = None
    extra: tuple[int, ...] = ()


def marked(body: str, key: str, order: tuple[int, int]) -> str:
    """``body`` below its marker."""
    state = {"key": key, "order": list(order), "sha": digest(body)}
    packed = base64.urlsafe_b64encode(orjson.dumps(state, option=orjson.OPT_SORT_KEYS)).decode().rstrip("=")
    return f"<!-- pipeline:report v1 {packed} -->\n{body}"


def digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def read(body: str) -> CommentState | None:
    """The state in a comment's marker; None where it has none that is whole."""
    match = _MARKER.match(body)
    if match is None:
        return None
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
        run, attempt = raw["order"]
        return CommentState(str(raw["key"]), (int(run), int(attempt)), str(raw["sha"]))
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def decide(comments: Iterable[Mapping[str, Any]], login: str, key: str, order: tuple[int, int], body: str) -> Step:
    """What to do about a pull request that has ``comments`` (as GitHub's REST API lists them)."""
    own_comments = []
    for comment in comments:
        state = read(str(comment.get("body") or ""))
        author = (comment.get("user") or {}).get("login")
        if author == login and state is not None and state.key == key:
            own_comments.append((int(comment["id"]), state))
    if not own_comments:
        return Step(CommentOutcome.CREATED)
    own_comments.sort(key=lambda item: item[0])
    keep, state = own_comments[0]
    extra = tuple(other for other, _ in own_comments[1:])
    if max(other.order for _, other in own_comments) > order:
        return Step(CommentOutcome.STALE, keep, extra)
    return Step(CommentOutcome.UNCHANGED if state.digest == digest(body) else CommentOutcome.UPDATED, keep, extra)
