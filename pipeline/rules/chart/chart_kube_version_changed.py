"""The chart supports different Kubernetes versions than before.

## Why it matters

Helm refuses to render a chart for a cluster outside its kubeVersion. Charts raise it when they drop support for older
clusters.

## What to do

Compare it with your clusters, including the oldest. Upgrade the cluster first, or stay with the old chart.
"""

from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.semver import Range, Version
from pipeline.core.kube.apis import newest
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.risk.finding import Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Facts, Upgrade

_OLD_MINORS = 18
"""Six years of releases: who the users are is not known, and clusters that old are rare."""


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new = upgrade.before.chart, upgrade.after.chart
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    before, after = (str(side.metadata.get("kubeVersion") or "") for side in (old, new))
    if before == after:
        return
    severity = Severity.INFO if _wider(before, after) else Severity.MEDIUM
    if severity is Severity.MEDIUM and (_our_cluster_fits(upgrade.facts) or _admits_old_ones(after)):
        severity = Severity.LOW
    old_rule = f"required {before}" if before else "ran on any version"
    yield Hit(
        Place(ResourceRef.chart_file("Chart.yaml"), ("kubeVersion",)),
        title=f"{new.name} {new.version} {_requires(after)}; the old chart {old_rule}",
        impact="Nothing breaks: every cluster that suited the old chart suits this one."
        if severity is Severity.INFO
        else "Helm refuses to render it for any other cluster.",
        fix="Nothing to do."
        if severity is Severity.INFO
        else "Compare this with all your clusters, including the oldest.",
        severity=severity,
    )


def _our_cluster_fits(facts: Facts) -> bool:
    """Whether a repository states the cluster's version: the chart renders for it, or another rule reports that."""
    return facts.target_stated and facts.repository_before is not None


def _requires(versions: str) -> str:
    return f"requires Kubernetes {versions}" if versions else "runs on any Kubernetes version"


def _wider(before: str, after: str) -> bool:
    """Whether no version that was admitted is refused now."""
    if not after:
        return True
    try:
        old, new = Range.parse(before), Range.parse(after)
    except ValueError:
        return False
    known = [Version.parse(f"1.{minor}.0") for minor in range(10, 60)]
    return all(new.admits(version) for version in known if old.admits(version))


def _admits_old_ones(wanted: str) -> bool:
    """Whether every Kubernetes of the last years fits: no one who is at all up to date is left out."""
    try:
        return Range.parse(wanted).admits(Version.parse(f"1.{newest() - _OLD_MINORS}.0"))
    except ValueError:
        return False


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    needs=(Need.CHART,),
    unrendered=True,
    cases=(
        speaks(
            "it requires a newer cluster",
            ("medium", "kubeVersion"),
            sides=sides(chart("1.0.0"), chart("2.0.0", metadata="kubeVersion: '>=1.25.0-0'")),
            facts={"target": (1, 35), "target_stated": False},
        ),
        speaks(
            "it no longer requires a version",
            ("info", "kubeVersion"),
            sides=sides(chart("1.0.0", metadata="kubeVersion: '>=1.25.0-0'"), chart("2.0.0")),
        ),
        speaks(
            "it requires a version of five years ago",
            ("medium", "kubeVersion"),
            sides=sides(chart("1.0.0"), chart("2.0.0", metadata="kubeVersion: '>=1.22.0-0'")),
            facts={"target": (1, 35), "target_stated": False},
        ),
        speaks(
            "the stated cluster fits",
            ("low", "kubeVersion"),
            sides=sides(chart("1.0.0"), chart("2.0.0", metadata="kubeVersion: '>=1.22.0-0'")),
            facts={"target": (1, 35), "repository_before": ManifestSet()},
        ),
        speaks(
            "a version is stated, and no repository shows the clusters",
            ("medium", "kubeVersion"),
            sides=sides(chart("1.0.0"), chart("2.0.0", metadata="kubeVersion: '>=1.22.0-0'")),
            facts={"target": (1, 35)},
        ),
        quiet("it requires the same", sides=sides(chart("1.0.0"), chart("2.0.0"))),
    ),
)
