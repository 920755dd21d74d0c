"""The versions of one release side by side: each is fetched and rendered once, and each pair is judged once.

Nothing is written to rendered/: what a render made is read as a tree of files over that of the last commit.
Verdicts are kept between runs.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from pipeline import rules
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.cache.verdicts import VerdictCache
from pipeline.adapters.charts.load_chart import chart_of
from pipeline.adapters.git.trees import GitTree, tree_id
from pipeline.cli.support.trace import redact
from pipeline.core.config.model import FILE, Config
from pipeline.core.config.read import read
from pipeline.core.config.version_edit import with_versions
from pipeline.core.errors import PipelineError
from pipeline.core.judge.report import Report, Verdict
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.file_tree import Tree
from pipeline.core.risk.finding import Finding, Severity
from pipeline.core.upgrade.judged import JudgedFinding, JudgedVersion
from pipeline.core.upgrade.newer import Standing
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.diff_repository import DiffTerms, diff_repository
from pipeline.flows.edited_tree import EditedTree
from pipeline.flows.read_rendered import RenderedSnapshot, read_rendered
from pipeline.flows.render.render import render
from pipeline.flows.vendor import Vendored, vendor
from pipeline.wiring import Repository

_FORBIDDEN = "chart-skips-versions"


class _UndoneError(Exception):
    """Has the files be as they were: the next version starts from the last commit again."""


@dataclass
class Bench:
    """The versions of one release. ``head`` is the last commit, which is version ``""``.

    ``pin`` is the place of its version, ``environments`` are those that take it from there.
    """

    place: Repository
    head: GitTree
    pin: str
    environments: tuple[str, ...] = ()
    kube: str = ""
    """The Kubernetes version of the environments, where it is not what pipeline.yaml says."""
    charts: dict[str, Vendored] = field(default_factory=dict)
    """What was fetched, by version; another bench may share it."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of the packages, by version, as far as their source says."""
    _sides: dict[str, RenderedSnapshot | PipelineError] = field(default_factory=dict)
    _documents: DocumentCache = field(default_factory=DocumentCache.of_user)
    _verdicts: VerdictCache = field(default_factory=VerdictCache.of_user)

    @classmethod
    def of(cls, place: Repository, head: GitTree, row: Standing, pin: str, environments: tuple[str, ...]) -> "Bench":
        """That of the release in ``row``, moved at ``pin``."""
        return cls(place, head, pin, environments, digests={each.version: each.digest for each in row.newer})

    def judged(self, old: str, new: str, there: "Bench | None" = None) -> JudgedVersion:
        """The way from ``old`` to ``new``, which is taken from ``there`` where another bench is given.

        Each version is rendered the first time that somebody asks for it.
        """
        there = there or self
        key = self._key(old, new, there)
        known = self._verdicts.get(*key) if key else None
        if known is not None:
            return known
        before, after = self._side(old), there._side(new)  # noqa: SLF001 - of its own class
        for side in (before, after):
            if isinstance(side, PipelineError):
                return JudgedVersion(new, Verdict.FAILED, problem=redact(side.message))
        assert isinstance(before, RenderedSnapshot)
        assert isinstance(after, RenderedSnapshot)
        terms = DiffTerms.of(there._config(""), _today(), None)  # noqa: SLF001 - as above
        verdict = judged_report(new, diff_repository(before, after, rules.load, terms))
        if key and not any(bench._completed(version) for bench, version in ((self, old), (there, new))):  # noqa: SLF001
            self._verdicts.put(verdict, *key)
        return verdict

    def forget(self, version: str) -> None:
        """Nobody asks for it again: its objects need not stay in memory."""
        self._sides.pop(version, None)

    def _key(self, old: str, new: str, there: "Bench") -> tuple[str, ...]:
        """All that the verdict depends on; empty where the content of a version is not known before it is fetched."""
        digests = [self.digests.get(old, ""), self.digests.get(new, "")]
        if not all(digest for digest, version in zip(digests, (old, new), strict=True) if version):
            return ()
        folder = "" if self.head.folder == "." else self.head.folder
        tree = tree_id(self.head.root, self.head.commit, folder)
        made = self.place.render_world()
        engines = (made.identity, made.kustomize_identity())
        place = (self.pin, *self.environments, "", self.kube, there.kube, str(_today()))
        return (tree, *engines, old, new, *digests, *place) if tree else ()

    def _completed(self, version: str) -> bool:
        """Whether charts were fetched into it that its package does not have: its digest says nothing of them."""
        if version not in self.charts:
            return False
        lock = self.charts[version].lock
        locked = lock.releases.get(self.pin)
        return any(chart.dependencies for chart in lock.charts if locked is not None and chart.folder == locked.folder)

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


def judged_report(version: str, report: Report) -> JudgedVersion:
    """What counts of a report for the choice of a version."""
    findings = [finding for finding in report.findings if finding.waived is None]
    return JudgedVersion(
        version,
        report.verdict,
        skips=any(finding.rule == _FORBIDDEN and finding.severity >= Severity.HIGH for finding in findings),
        blocking=_shown([finding for finding in findings if finding.blocks], report),
        advised=_shown([f for f in findings if f.severity >= Severity.HIGH and not f.blocks], report),
    )


def _shown(findings: list[Finding], report: Report) -> tuple[JudgedFinding, ...]:
    rows = [{"title": finding.title, "fix": finding.fix, "commands": list(finding.commands)} for finding in findings]
    covered = report.mask.covered({"findings": rows})["findings"]
    return tuple(JudgedFinding(row["title"], row["fix"], tuple(row["commands"])) for row in covered)


def _today() -> date:
    return datetime.now(tz=UTC).date()
