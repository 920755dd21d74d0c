"""The chart has the same version as before, but different content.

## Why it matters

A published version should never change. Either its maintainers replaced it, or somebody else did. Whoever reviewed
the old content has not seen this one.

## What to do

Stop. Compare the files, ask the maintainers, verify the signature. Stay with the old digest until it is explained.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    published = bool(old.archive) and bool(new.archive)  # a chart in a folder of ours is edited as we like
    if not published or (old.name, old.version) != (new.name, new.version) or old.archive == new.archive:
        return
    differing = _differing(old, new)
    if differing:
        yield Hit(
            Place(ResourceRef.chart_file(differing[0])),
            title=f"{new.name} {new.version} changed under the same version ({listed(differing, _SHOWN)})",
            impact="A published version should never change; this content was not reviewed.",
            fix="Ask the chart's maintainers; keep the old digest until they explain it.",
            also=tuple(Place(ResourceRef.chart_file(name)) for name in differing[1:]),
            evidence=(old.archive, new.archive),
        )


def _differing(old: Chart, new: Chart) -> list[str]:
    """The files that differ; none where the same ones were only packed again."""
    either = old.names ^ new.names
    return sorted(either | {name for name in old.names & new.names if old.files.get(name) != new.files.get(name)})


_FILES = {"templates/a.yaml": "a: 1"}
_OLD = chart("1.0.0", files=_FILES, archive="sha256:aaaaaaaaaaaaaaaa")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks(
            "another template",
            ("blocker", ""),
            sides=sides(_OLD, chart("1.0.0", files={"templates/a.yaml": "a: 2"}, archive="sha256:bbbbbbbbbbbbbbbb")),
        ),
        quiet("packed again", sides=sides(_OLD, chart("1.0.0", files=_FILES, archive="sha256:bbbbbbbbbbbbbbbb"))),
        quiet("another version", sides=sides(_OLD, chart("1.0.1", archive="sha256:bbbbbbbbbbbbbbbb"))),
        quiet("a folder of our own", sides=sides(_OLD, chart("1.0.0"))),
    ),
)
