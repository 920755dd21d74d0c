"""The new chart, or one of its dependencies, does not support the target's Kubernetes version.

## Why it matters

Helm refuses to render a chart for a cluster outside its ``kubeVersion``. It does not check the ``kubeVersion`` of
dependencies: they render for a cluster that their maintainers do not support.

## What to do

Upgrade the cluster first, or stay with the old chart until then.
"""

from collections.abc import Iterator, Mapping

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.known_values import ChartValues, scope_of, walk
from pipeline.core.charts.semver import Range, Version
from pipeline.core.risk.finding import Confidence, Place, ResourceRef, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_REFUSAL = "requires kubeVersion"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    old, new, target = upgrade.before.chart, upgrade.after.chart, upgrade.facts.target
    assert old is not None, "BUG: evaluated without a chart"
    assert new is not None, "BUG: evaluated without a chart"
    assert target is not None, "BUG: evaluated without a target"
    version = f"{target[0]}.{target[1]}"
    before = _wanted(scope_of(old), old)
    for file, wanted in _wanted(scope_of(new), new).items():
        own = file == "Chart.yaml"
        if own and _REFUSAL not in upgrade.facts.refusal:
            continue  # it rendered: Helm, who knows the patch level and the vendor's suffix, took it
        if not own and (_admits(wanted, version) or wanted == before.get(file)):
            continue
        yield _hit(upgrade, file, wanted, version, (old, new))


def _hit(upgrade: Upgrade, file: str, wanted: str, version: str, charts: tuple[Chart, Chart]) -> Hit:
    old, new = charts
    own = file == "Chart.yaml"
    name = f"{new.name} {new.version}" if own else f"{new.name} {new.version}'s dependency {file.split('/')[-2]}"
    stated = upgrade.facts.target_stated
    us = f"the target is {version}" if stated else f"it is rendered for {version}, because no version is stated"
    return Hit(
        Place(ResourceRef.chart_file(file), ("kubeVersion",)),
        title=f"{name} requires Kubernetes {wanted}, but {us}",
        impact="Helm refuses to render it for that cluster."
        if own
        else "Helm does not check a dependency's kubeVersion: it renders, but is not supported.",
        fix=f"Upgrade the cluster first ({wanted}), or stay on {old.version}."
        if stated
        else "State the cluster's version (--kube-version, or environments.NAME.kubeVersion).",
        severity=None if own else Severity.MEDIUM if stated else Severity.LOW,
        confidence=None if own else Confidence.LIKELY,
        evidence=(f"{file}: kubeVersion: {wanted}",),
    )


def _wanted(scope: ChartValues, whole: Chart) -> Mapping[str, str]:
    """Each constraint by the Chart.yaml that has it."""
    ranges = {}
    for inner in walk(scope):
        file = f"{inner.file.removesuffix('values.yaml')}Chart.yaml"
        metadata = whole.metadata if file == "Chart.yaml" else inner.metadata
        if metadata.get("kubeVersion"):
            ranges[file] = str(metadata["kubeVersion"])
    return ranges


def _admits(wanted: str, version: str) -> bool:
    """Whether any patch level, of any vendor, suits: no more is known of the target than its minor."""
    try:
        asked = Range.parse(wanted)
    except ValueError:
        return True
    return any(asked.admits(Version.parse(f"{version}.{patch}")) for patch in ("0", "0-0", "99"))


_SUB = "name: part\nversion: 1.0.0\nkubeVersion: '%s'\n"


def _with_part(version: str, wanted: str) -> Chart:
    return chart(version, files={"charts/part/Chart.yaml": _SUB % wanted, "charts/part/values.yaml": ""})


_NEW = chart("2.0.0", metadata="kubeVersion: '>=1.30.0-0'")
_SAID = "chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.28.0"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.CHART, Need.TARGET),
    unrendered=True,
    cases=(
        speaks(
            "Helm refuses it",
            ("blocker", "kubeVersion"),
            sides=sides(chart("1.0.0"), _NEW),
            facts={"target": (1, 28), "refusal": _SAID},
        ),
        speaks(
            "a dependency requires a newer cluster",
            ("medium", "kubeVersion"),
            sides=sides(chart("1.0.0"), _with_part("2.0.0", ">=1.30")),
            facts={"target": (1, 28)},
        ),
        quiet("it suits", sides=sides(chart("1.0.0"), _NEW), facts={"target": (1, 30)}),
        quiet(
            "the dependency required it before",
            sides=sides(_with_part("1.0.0", ">=1.30"), _with_part("2.0.0", ">=1.30")),
            facts={"target": (1, 28)},
        ),
    ),
)
