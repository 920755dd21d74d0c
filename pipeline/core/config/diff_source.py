"""Where a side of a comparison comes from: a worktree, a Git revision, a directory, a chart or a cluster."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.errors import UsageError


class SourceKind(StrEnum):
    WORKTREE = "worktree"
    MERGE_BASE = "merge-base"
    REF = "ref"
    DIR = "dir"
    CHART = "chart"
    CLUSTER = "cluster"
    EMPTY = "empty"
    """Nothing at all: what a first commit is compared with."""


_NEEDS_ARGUMENT = {
    SourceKind.REF: "a Git revision: ref:main",
    SourceKind.DIR: "a directory of rendered manifests: dir:./out",
    SourceKind.CHART: "a chart: chart:./istiod-1.27.0.tgz",
    SourceKind.CLUSTER: "an environment of pipeline.yaml: cluster:prod",
}


@dataclass(frozen=True, slots=True)
class DiffSource:
    """``argument`` is what follows the colon; for ``merge-base`` the branch, empty for the default one."""

    kind: SourceKind
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else str(self.kind)


def source_or_none(text: str) -> DiffSource | None:
    """The source that ``text`` names by its kind; None where it begins with none of the kinds.

    Raises:
        UsageError: the kind's argument is missing or superfluous.
    """
    return parse_source(text) if text.partition(":")[0] in set(SourceKind) else None


def parse_source(text: str) -> DiffSource:
    """Read a source as people type it.

    Raises:
        UsageError: the kind is unknown, or its argument is missing or superfluous.
    """
    word, colon, argument = text.partition(":")
    try:
        kind = SourceKind(word)
    except ValueError:
        hint = "one of worktree, merge-base, ref:REVISION, dir:PATH, chart:CHART, cluster:ENVIRONMENT"
        raise UsageError(f"source {text!r} is unknown", hint=hint) from None
    if kind in _NEEDS_ARGUMENT and not argument:
        raise UsageError(f"source {text!r} needs an argument", hint=_NEEDS_ARGUMENT[kind])
    if kind is SourceKind.WORKTREE and colon:
        raise UsageError("source 'worktree' takes no argument", hint="use dir:PATH for another directory")
    return DiffSource(kind, argument)
