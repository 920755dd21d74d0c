"""Writes a report to its pull request: one comment, kept up to date."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.core.review.pr_comment import CommentOutcome, Step, decide, marked


class Comments(Protocol):
    """A pull request's comments, wherever they live."""

    def login(self) -> str: ...
    def comments(self, number: int) -> Iterable[Mapping[str, Any]]: ...
    def create(self, number: int, body: str) -> int: ...
    def update(self, comment: int, body: str) -> None: ...
    def delete(self, comment: int) -> None: ...


@dataclass(frozen=True, slots=True)
class CommentTarget:
    """Which comment of which pull request, and which run (number, attempt) it is that writes."""

    number: int
    key: str
    order: tuple[int, int]


def upsert(
    github: Comments,
    target: CommentTarget,
    render: Callable[[int, str], str],
    budgets: tuple[int, int],
    too_long: type[Exception],
) -> CommentOutcome:
    """Create or update the comment; ``render`` makes it within a budget, knowing the text of the one before.

    The second budget is tried where GitHub balks.

    Raises:
        WorldError: GitHub refused, or does not answer.
    """
    number, key, order = target.number, target.key, target.order
    login = github.login()
    there = list(github.comments(number))
    kept_id = decide(there, login, key, order, "").keep
    earlier = next((str(comment.get("body")) for comment in there if comment["id"] == kept_id), "")
    body = render(budgets[0], earlier)
    step = decide(there, login, key, order, body)
    for double in step.extra:  # two runs raced; the oldest stays, because a discussion may refer to it
        github.delete(double)
    if step.outcome in (CommentOutcome.STALE, CommentOutcome.UNCHANGED):
        return step.outcome
    try:
        _write(github, number, step, marked(body, key, order))
    except too_long:
        _write(github, number, step, marked(render(budgets[1], earlier), key, order))
    return step.outcome


def _write(github: Comments, number: int, step: Step, body: str) -> None:
    if step.keep is None:
        github.create(number, body)
    else:
        github.update(step.keep, body)
