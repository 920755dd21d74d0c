"""Decides the version that each release moves to."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.upgrade.newer import Standing
from pipeline.core.upgrade.targets import Target


@dataclass(frozen=True, slots=True)
class VersionMove:
    """A release from one version to another, together with the others of its ``group`` where that was asked for.

    ``alone_in`` is the environment whose own version moves, or becomes its own; empty where the common one does.
    ``environments`` are those in which it moves.
    """

    release: str
    before: str
    after: str
    group: str = ""
    alone_in: str = ""
    environments: tuple[str, ...] = ()

    @property
    def pin(self) -> str:
        """The place of the version, as in pipeline.lock: ``vault``, ``staging/vault``."""
        return f"{self.alone_in}/{self.release}" if self.alone_in else self.release

    def __str__(self) -> str:
        return f"{self.pin} {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class VersionMoves:
    """``stays`` are the releases that do not move, each with the reason."""

    moves: tuple[VersionMove, ...]
    stays: Mapping[str, str]


def moves(targets: Iterable[Target], standings: Iterable[Standing], environments: Collection[str] = ()) -> VersionMoves:
    """A version that was named is taken as it is; else the newest that is not deprecated.

    ``environments`` are those in which it is to move (none: all). Where others keep the version that they share with
    them, each gets one of its own.
    """
    moved: list[VersionMove] = []
    stays: dict[str, str] = {}
    rows = list(standings)
    for target in targets:
        rows_of_release = [row for row in rows if row.release == target.release]
        inside = {
            row.pin: [e for e in row.environments if not environments or e in environments] for row in rows_of_release
        }
        for row in rows_of_release:
            wanted = target.version or (row.newest.version if row.newest else "")
            if not inside[row.pin]:
                continue
            if row.problem and not target.version:
                stays[row.pin] = row.problem
            elif not wanted:
                stays[row.pin] = _why(row)
            elif wanted == row.current:
                stays[row.pin] = f"it runs {row.current} already"
            else:
                moved += _moved(target, row, wanted, inside[row.pin])
        if not any(inside.values()):
            stays[target.release] = f"it does not run in {', '.join(environments)}"
    return VersionMoves(tuple(moved), stays)


def _moved(target: Target, row: Standing, wanted: str, inside: Sequence[str]) -> Iterator[VersionMove]:
    if len(inside) == len(row.environments):
        alone = row.pin.rpartition("/")[0]
        yield VersionMove(row.release, row.current, wanted, target.group, alone, row.environments)
        return
    for environment in inside:
        yield VersionMove(row.release, row.current, wanted, target.group, environment, (environment,))


def _why(row: Standing) -> str:
    if row.chart.startswith("."):
        return "its chart lies in this repository"
    if row.chart.startswith("git+") or row.chart.endswith((".tgz", ".tar.gz")):
        return "its source has one version; name another ref or URL in pipeline.yaml"
    young = f" that is old enough (--cooldown; {row.young} too young)" if row.young else ""
    return f"there is no version after {row.current}{young}"


def batches(moved: Iterable[VersionMove]) -> tuple[tuple[VersionMove, ...], ...]:
    """What is committed together: the members of a group, else each release alone."""
    together: dict[str, list[VersionMove]] = {}
    for move in moved:
        together.setdefault(f"group {move.group}" if move.group else f"release {move.release}", []).append(move)
    return tuple(tuple(batch) for batch in together.values())


def branch_name(moved: Iterable[VersionMove]) -> str:
    """``upgrade/vault-0.28.1``, ``upgrade/mesh-1.28.0`` for a group, ``upgrade/3-releases`` for several.

    ``upgrade/vault-staging-0.28.1`` where it moves in that environment alone.
    """
    every = list(moved)
    names = dict.fromkeys((move.group or move.release, move.after) for move in every)
    if len(names) == 1:
        name, version = next(iter(names))
        alone = {move.alone_in for move in every}
        if len(alone) == 1 and "" not in alone:
            name = f"{name}-{alone.pop()}"
        return f"upgrade/{name}-{version.replace('+', '_')}"
    return f"upgrade/{len(every)}-releases"


def proposal_branch(batch: Iterable[VersionMove]) -> str:
    """The branch of a batch's pull request, whichever the versions: ``upgrade/vault``, ``upgrade/group+mesh``.

    ``upgrade/vault+staging`` where it moves in that environment alone. A ``+`` is in no name of pipeline.yaml.
    """
    every = list(batch)
    name = f"group+{every[0].group}" if every[0].group else every[0].release
    alone = sorted({move.alone_in for move in every})
    return "+".join([f"upgrade/{name}", *(alone if "" not in alone else ())])
