"""Decides the version that each release moves to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.core.upgrade.newer import Standing
from pipeline.core.upgrade.targets import Target


@dataclass(frozen=True, slots=True)
class VersionMove:
    """A release from one version to another, together with the others of its ``group`` where that was asked for."""

    release: str
    before: str
    after: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.release} {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class VersionMoves:
    """``stays`` are the releases that do not move, each with the reason."""

    moves: tuple[VersionMove, ...]
    stays: Mapping[str, str]


def moves(targets: Iterable[Target], standings: Mapping[str, Standing]) -> VersionMoves:
    """A version that was named is taken as it is; else the newest that is not deprecated."""
    found, stays = [], {}
    for target in targets:
        row = standings[target.release]
        wanted = target.version or (row.newest.version if row.newest else "")
        if row.problem and not target.version:
            stays[target.release] = row.problem
        elif not wanted:
            stays[target.release] = _why(row)
        elif wanted == row.current:
            stays[target.release] = f"it runs {row.current} already"
        else:
            found.append(VersionMove(target.release, row.current, wanted, target.group))
    return VersionMoves(tuple(found), stays)


def _why(row: Standing) -> str:
    if row.chart.startswith("."):
        return "its chart lies in this repository"
    if row.chart.startswith("git+") or row.chart.endswith((".tgz", ".tar.gz")):
        return "its source has one version; name another ref or URL in pipeline.yaml"
    young = f" that is old enough (--cooldown; {row.young} too young)" if row.young else ""
    return f"there is no version after {row.current}{young}"


def batches(found: Iterable[VersionMove]) -> tuple[tuple[VersionMove, ...], ...]:
    """What is committed together: the members of a group, else each release alone."""
    together: dict[str, list[VersionMove]] = {}
    for move in found:
        together.setdefault(f"group {move.group}" if move.group else f"release {move.release}", []).append(move)
    return tuple(tuple(batch) for batch in together.values())


def branch_name(found: Iterable[VersionMove]) -> str:
    """``upgrade/vault-0.28.1``, ``upgrade/mesh-1.28.0`` for a group, ``upgrade/3-releases`` for several."""
    every = list(found)
    names = dict.fromkeys((move.group or move.release, move.after) for move in every)
    if len(names) == 1:
        name, version = next(iter(names))
        return f"upgrade/{name}-{version.replace('+', '_')}"
    return f"upgrade/{len(every)}-releases"
