"""Judges versions that a release could move to. Each is fetched and rendered once, in a second work tree.

Nothing is written to rendered/ there: what a render made is read as a tree of files over that of the last commit.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from pipeline import rules
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.charts.load_chart import chart_of
from pipeline.cli.support.progress import progress
from pipeline.cli.support.trace import redact
from pipeline.cli.support.upgrading import in_scratch
from pipeline.core.charts.semver import Version
from pipeline.core.config.model import FILE, Config
from pipeline.core.config.read import read
from pipeline.core.config.version_edit import with_versions
from pipeline.core.errors import PipelineError, UsageError, WorldError
from pipeline.core.judge.report import Report, Verdict
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.file_tree import Tree
from pipeline.core.risk.finding import Severity
from pipeline.core.upgrade.best_path import best_path
from pipeline.core.upgrade.judged import JudgedPath, JudgedVersion
from pipeline.core.upgrade.newer import Standing
from pipeline.core.upgrade.version_moves import VersionMove
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.diff_repository import DiffTerms, diff_repository
from pipeline.flows.edited_tree import EditedTree
from pipeline.flows.read_rendered import RenderedSnapshot, read_rendered
from pipeline.flows.render.render import render
from pipeline.flows.standings import standings
from pipeline.flows.vendor import Vendored, vendor
from pipeline.wiring import Repository

_FORBIDDEN = "chart-skips-versions"


def judged(here: Repository, rows: Sequence[Standing]) -> dict[str, tuple[JudgedVersion, ...]]:
    """By pin: each newer version of its row, the newest first, against the last commit.

    Raises:
        UsageError, WorldError: there is no Git repository, or no commit to compare with.
    """
    rows = [row for row in rows if row.newer]
    if not rows:
        return {}
    head = head_of(here)
    found: dict[str, tuple[JudgedVersion, ...]] = {}
    with in_scratch(here, uncommitted=False) as place, progress("judge") as tell:
        done, total = 0, sum(len(row.newer) for row in rows)
        for row in rows:
            bench = Bench(place, head, row.pin, row.environments)
            found[row.pin] = ()
            for each in row.newer:
                tell(done, total, f"{row.pin} {each.version}")
                found[row.pin] += (bench.judged("", each.version),)
                done += 1
    return found


class _UndoneError(Exception):
    """Has the files be as they were: the next version starts from the last commit again."""


@dataclass
class Bench:
    """The versions of one release, side by side. ``head`` is the last commit, which is version ``""``.

    ``pin`` is the place of its version, ``environments`` are those that take it from there.
    """

    place: Repository
    head: Tree
    pin: str
    environments: tuple[str, ...] = ()
    kube: str = ""
    """The Kubernetes version of the environments, where it is not what pipeline.yaml says."""
    charts: dict[str, Vendored] = field(default_factory=dict)
    """What was fetched, by version; another bench may share it."""
    _sides: dict[str, RenderedSnapshot | PipelineError] = field(default_factory=dict)
    _documents: DocumentCache = field(default_factory=DocumentCache.of_user)

    def judged(self, old: str, new: str, there: "Bench | None" = None) -> JudgedVersion:
        """The way from ``old`` to ``new``, which is taken from ``there`` where another bench is given.

        Each version is rendered the first time that somebody asks for it.
        """
        there = there or self
        before, after = self._side(old), there._side(new)  # noqa: SLF001 - of its own class
        for side in (before, after):
            if isinstance(side, PipelineError):
                return JudgedVersion(new, Verdict.FAILED, problem=redact(side.message))
        assert isinstance(before, RenderedSnapshot)
        assert isinstance(after, RenderedSnapshot)
        terms = DiffTerms.of(there._config(""), datetime.now(tz=UTC).date(), None)  # noqa: SLF001 - as above
        return judged_report(new, diff_repository(before, after, rules.load, terms))

    @property
    def _release(self) -> str:
        return self.pin.rpartition("/")[2]

    def _side(self, version: str) -> RenderedSnapshot | PipelineError:
        if version not in self._sides:
            try:
                tree = self._tree(version) if version or self.kube else self.head
                wanted = ReleaseSelection(frozenset(self.environments), frozenset([self._release]))
                self._sides[version] = read_rendered(version or "HEAD", tree, wanted, chart_of, self._documents)
            except PipelineError as error:
                self._sides[version] = error
        return self._sides[version]

    def _config(self, version: str) -> Config:
        text = (self.place.root / FILE).read_bytes().decode()
        config = read(with_versions(text, {self.pin: version})[0] if version else text, rule_ids=rules.names())
        if not self.kube:
            return config
        raised = {name: replace(config.environments[name], kube_version=self.kube) for name in self.environments}
        return replace(config, environments={**config.environments, **raised})

    def _tree(self, version: str) -> Tree:
        """The repository with the release at ``version``. Nothing but the chart is written, for Helm to read."""
        config, lock, fetched = self._config(version), self.place.lock, Edits()
        if version:
            if version not in self.charts:
                source = self.place.chart_source()
                self.charts[version] = vendor(config, lock, [self._release], self.place.disk, source)
            lock, fetched = self.charts[version].lock, self.charts[version].edits
        pairs = config.pairs(self.environments, (self._release,))
        with suppress(_UndoneError), self.place.disk.alone("judge") as alone, alone.as_one() as disk:
            disk.carry_out(fetched)
            outcome = render(config, lock, pairs, self.place.render_world()).whole()
            raise _UndoneError
        return EditedTree.of(self.head, [fetched, outcome.edits])


def paths(here: Repository, found: Sequence[VersionMove], cooldown: timedelta = timedelta()) -> tuple[JudgedPath, ...]:
    """For each move the best way there, over the versions in between that are old enough.

    Raises:
        UsageError, WorldError: there is no Git repository, no commit to start from, or a source does not answer.
    """
    head = head_of(here)
    rows = newer_of(here, [move.release for move in found], cooldown)
    with in_scratch(here, uncommitted=False) as place:
        return tuple(
            _path(Bench(place, head, move.pin, move.environments), move, _between(move, rows)) for move in found
        )


def next_step(here: Repository, move: VersionMove, cooldown: timedelta) -> VersionMove | None:
    """The first step of the way to where ``move`` leads; where that is blocked, the newest version that is not.

    None where there is neither, or only ``move`` itself.

    Raises:
        UsageError, WorldError: as ``paths``.
    """
    between = _between(move, newer_of(here, [move.release], cooldown))
    with in_scratch(here, uncommitted=False) as place:
        bench = Bench(place, head_of(here), move.pin, move.environments)
        first = next(iter(_path(bench, move, between).steps), None)
        if first is None or not first.is_step:
            first = next(
                (step for step in (bench.judged("", each) for each in reversed(between)) if step.is_step), None
            )
    return None if first is None or first.version == move.after else replace(move, after=first.version)


def _between(move: VersionMove, rows: Sequence[Standing]) -> list[str]:
    """The versions before the one that ``move`` leads to, the oldest first."""
    row = _row_of(move, rows)
    if row.problem:
        raise WorldError(f"release {row.release!r}: {row.problem}")
    end = Version.parse(move.after)
    return [each.version for each in reversed(row.newer) if Version.parse(each.version) < end]


def _row_of(move: VersionMove, rows: Sequence[Standing]) -> Standing:
    return next(row for row in rows if row.release == move.release and {*row.environments} & {*move.environments})


def newer_of(here: Repository, releases: Sequence[str], cooldown: timedelta = timedelta()) -> Sequence[Standing]:
    """Where the releases stand, with all newer versions that are old enough; asks their sources."""
    with progress("versions") as tell:
        now, source = datetime.now(tz=UTC), here.chart_source()
        return standings(here.config, here.lock, releases, source, now, cooldown=cooldown, progress=tell)


def _path(bench: Bench, move: VersionMove, between: Sequence[str]) -> JudgedPath:
    judged: dict[tuple[str, str], JudgedVersion] = {}

    def judge(old: str, new: str) -> int | None:
        with progress("judge") as tell:
            tell(len(judged), 0, f"{move.pin} {old or move.before} -> {new}")
        step = judged[old, new] = bench.judged(old, new)
        return None if step.verdict is Verdict.FAILED else step.blockers + step.skips

    way = best_path(["", *between, move.after], judge)
    steps = () if way is None else tuple(judged[pair] for pair in pairwise(["", *way.versions]))
    return JudgedPath(move.pin, move.before, move.after, steps)


def judged_report(version: str, report: Report) -> JudgedVersion:
    """What counts of a report for the choice of a version."""
    findings = [finding for finding in report.findings if finding.waived is None]
    return JudgedVersion(
        version,
        report.verdict,
        skips=any(finding.rule == _FORBIDDEN and finding.severity >= Severity.HIGH for finding in findings),
        blocking=tuple(finding for finding in findings if finding.blocks),
        advised=tuple(f for f in findings if f.severity >= Severity.HIGH and not f.blocks),
    )


def head_of(here: Repository) -> Tree:
    """The last commit, which other versions are compared with.

    Raises:
        UsageError: there is none.
    """
    head = here.head()
    if head is None:
        raise UsageError("there is no commit to compare with", hint="pipeline commit makes one")
    return head
