"""The arguments of ``diff`` as Git users write them: ``HEAD``, ``main``, ``v1..v2``, ``-- RELEASE``, or a source."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from pipeline.core.config.diff_source import DiffSource

_AFTER = f"{__name__}.releases"
_BOTH = 2
_HINT = "pipeline diff HEAD, or v1..v2, -- RELEASE, chart:CHART, dir:PATH, cluster:ENVIRONMENT"
_RANGE = ".."
_FROM_BASE = "..."


class SidesCommand(click.Command):
    """A verb that keeps what follows ``--`` apart: as in Git, it limits what is shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_AFTER] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])


def sides_of(words: tuple[str, ...], context: click.Context) -> "tuple[DiffSource, DiffSource, tuple[str, ...]]":
    """The old side, the new side, and the releases that are named among the words or behind ``--``.

    Raises:
        UsageError: a word is neither a source, nor a Git revision, nor a release; or there are too many.
    """
    from pipeline.core.config.diff_source import parse_source

    releases: tuple[str, ...] = context.meta.get(_AFTER, ())
    sides: list[DiffSource] = []
    for word in words:
        sources = sources_of(word)
        if sources:
            sides += sources
        elif word in _release_names():
            releases = (*releases, word)
        else:
            raise UsageError(_unknown(word), hint=_HINT)
    if len(sides) > _BOTH:
        raise UsageError("only two sides can be compared", hint="pipeline diff OLD NEW -- RELEASE")
    if not sides:
        sides = [parse_source("merge-base")]
    return sides[0], sides[1] if sides[1:] else parse_source("worktree"), releases


def sources_of(word: str) -> "list[DiffSource]":
    """What a word names, as Git users write it: a source, a revision, or both ends of a range; else nothing."""
    from pipeline.core.config.diff_source import parse_source, source_or_none

    source = source_or_none(word)
    if source is not None:
        return [source]
    if _FROM_BASE in word or _RANGE in word:
        return _range(word)
    return [parse_source(f"ref:{word}")] if _is_revision(word) else []


def _range(word: str) -> "list[DiffSource]":
    """``v1..v2`` is v1 against v2; ``main...HEAD`` is HEAD against where it left main. A missing end is HEAD."""
    from pipeline.core.config.diff_source import parse_source

    from_base = _FROM_BASE in word
    old, _, new = word.partition(_FROM_BASE if from_base else _RANGE)
    if from_base and (not old or new not in ("", "HEAD")):
        raise UsageError(f"{word!r}: only HEAD has a merge base here", hint=f"pipeline diff {old or 'main'}...HEAD")
    return [
        parse_source(f"{'merge-base' if from_base else 'ref'}:{old or 'HEAD'}"),
        parse_source(f"ref:{new or 'HEAD'}"),
    ]


def _root() -> Path:
    from pipeline.adapters.config_file import find_root
    from pipeline.core.errors import PipelineError

    try:
        return find_root(Path.cwd())
    except PipelineError:
        return Path.cwd()


def _is_revision(word: str) -> bool:
    from pipeline.adapters.git.trees import is_revision

    return not word.startswith("-") and is_revision(_root(), word)


def _release_names() -> list[str]:
    from pipeline.core.errors import PipelineError

    try:
        from pipeline.wiring import repository

        return [release.name for release in repository().config.releases]
    except PipelineError:
        return []


def versions_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, where each names a release at another version (``web@2.0.0``); none where none does.

    Raises:
        UsageError: some do, and others do not.
    """
    known = _release_names() if any("@" in word for word in words) else []
    versions = tuple(
        word for word in words if word.partition("@")[0] in known and "@" in word and not _is_revision(word)
    )
    if versions and len(versions) < len(words):
        raise UsageError(
            f"{versions[0]!r} is compared with what is committed, and with no other side",
            hint=f"pipeline diff {versions[0]}",
        )
    return versions


def _unknown(word: str) -> str:
    return f"{word!r} is neither a source nor a Git revision nor a release"


def with_releases(options: dict[str, Any], releases: tuple[str, ...]) -> dict[str, Any]:
    """The options with the releases that were named as arguments."""
    return options | {"releases": (*options["releases"], *releases)}
