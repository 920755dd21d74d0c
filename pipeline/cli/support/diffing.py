"""The comparison of two charts, once the options of ``pipeline diff`` are read: gather both sides, judge them.

What only trees need is in tree_diffing.py, and never loaded here: a comparison of charts waits for its imports.
"""

from dataclasses import dataclass, replace

from pipeline import rules
from pipeline.adapters.cache.documents import DocumentCache
from pipeline.adapters.charts.standing_in import StandInEngine
from pipeline.core.judge.report import Report
from pipeline.core.judge.report_check import ReportCheck, no_check
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.render.hand_edits import HandEdit
from pipeline.core.risk.finding import Severity
from pipeline.flows.chart_sides import Begun
from pipeline.flows.diff_charts import diff_charts

DEFAULT_FAIL_ON = Severity.BLOCKER


@dataclass(frozen=True, slots=True)
class Comparison:
    """``hand_edits`` are what is not as it was rendered, on the new side."""

    report: Report
    hand_edits: tuple[HandEdit, ...] = ()
    outdated: tuple[str, ...] = ()
    """Releases of the work tree, on the new side, that are not as they would be rendered now."""
    own_inputs: bool = False
    """Whether all that it was made of lies where a render takes it from today."""


def charts(begun: Begun, fail_on: str | None, *, double_check: bool = False) -> Comparison:
    """Compare two charts that are being rendered."""
    how, engine = replace(begun.how, kept=DocumentCache.of_user()), StandInEngine(begun.engine)
    comparing = replace(begun, how=how, engine=engine)
    return Comparison(
        with_verdict(diff_charts(comparing, rules.load, report_check(asked=double_check)), severity(fail_on))
    )


def report_check(*, asked: bool) -> ReportCheck:
    """DeepDiff takes 0.2 s to import: only whoever asks for it pays."""
    if not asked:
        return no_check
    from pipeline.core.judge.double_check import double_check

    return double_check


def severity(label: str | None) -> Severity:
    return Severity[label.upper()] if label else DEFAULT_FAIL_ON
