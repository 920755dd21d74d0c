"""Asks every chart's source for its versions, and says which releases could move."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.core.charts.lock import ChartLock
from pipeline.core.charts.reference import ChartKind, ChartReference, parse_reference
from pipeline.core.config.model import Config, Release
from pipeline.core.errors import PipelineError
from pipeline.core.ports import Progress, no_progress
from pipeline.core.upgrade.newer import OfferedVersion, Standing, standing


class VersionSource(Protocol):
    """Where charts come from, asked only for their versions."""

    def offers(self, reference: ChartReference) -> Sequence[OfferedVersion]:
        """Every version of the chart that its source has, in any order.

        Raises:
            UsageError: there is no such chart.
            WorldError: the network failed, or the source is not what it should be.
        """
        ...

    def revision(self, reference: ChartReference) -> str:
        """What a branch, a tag or a URL stands for now (a commit, a digest); empty for what cannot move.

        Raises:
            UsageError: there is no such ref or tag.
            WorldError: as above.
        """
        ...


def standings(
    config: Config,
    lock: ChartLock,
    releases: Iterable[str],
    source: VersionSource,
    now: datetime,
    *,
    cooldown: timedelta = timedelta(),
    progress: Progress = no_progress,
) -> tuple[Standing, ...]:
    """Where each release stands (of those named; none named: all), in the order of pipeline.yaml.

    An environment with a version of its own has a row of its own.

    A source that does not answer makes a row that says so; the others are asked all the same. A Git ref, a tag and the
    URL of an archive have one version: of these it is told that they moved.
    """
    wanted = set(releases)
    asked = config.pins(wanted)
    offers = _once(source)
    rows = []
    for number, release in enumerate(asked):
        progress(number, len(asked), release.name)
        row, answer = _row(release, config, lock, offers)
        row = row if answer is None else standing(row, answer, now, cooldown)
        rows.append(row if row.problem else _moved(row, release, config, lock, source))
    return tuple(rows)


Offers = Callable[[ChartReference], Sequence[OfferedVersion] | PipelineError]


def _once(source: VersionSource) -> Offers:
    """Releases of one chart ask once, whatever the answer is."""
    known: dict[str, Sequence[OfferedVersion] | PipelineError] = {}

    def ask(reference: ChartReference) -> Sequence[OfferedVersion] | PipelineError:
        if reference.text not in known:
            try:
                known[reference.text] = source.offers(reference)
            except PipelineError as error:
                known[reference.text] = error
        return known[reference.text]

    return ask


def _row(
    release: Release, config: Config, lock: ChartLock, offers: Offers
) -> tuple[Standing, Sequence[OfferedVersion] | None]:
    """With what its source offers; None where that is not known, or does not matter."""
    locked = lock.releases.get(release.pin)
    own = release.pin if release.stands_alone else ""
    current = locked.version if locked else ""
    row = Standing(release.name, release.environments, release.chart, current, release.version, own_pin=own)
    if locked is None or locked.chart != release.chart:
        return replace(row, current="", problem="not vendored; run pipeline vendor"), None
    reference = parse_reference(release.chart, config.repositories.values())
    if reference.kind not in (ChartKind.REPOSITORY, ChartKind.OCI):
        return row, None
    answer = offers(reference)
    if isinstance(answer, PipelineError):
        return replace(row, problem=answer.message), None
    return row, answer


def _moved(row: Standing, release: Release, config: Config, lock: ChartLock, source: VersionSource) -> Standing:
    """With what its ref, tag or URL stands for by now, where that is not what was locked."""
    pin = lock.releases[release.pin].pin
    reference = parse_reference(release.chart, config.repositories.values())
    was = pin.archive if reference.kind is ChartKind.ARCHIVE else pin.revision
    if not was or reference.kind not in _MOVING:
        return row
    try:
        now = source.revision(reference)
    except PipelineError as error:
        return replace(row, problem=error.message)
    if now in ("", was):
        return row
    change = " -> ".join(one.removeprefix("sha256:")[:12] for one in (was, now))
    what = "archive" if reference.kind is ChartKind.ARCHIVE else "tag" if reference.kind is ChartKind.OCI else "ref"
    return replace(row, moved=f"the {what} moved: {change}; pipeline vendor --update {release.name}")


_MOVING = (ChartKind.GIT, ChartKind.ARCHIVE, ChartKind.OCI)
