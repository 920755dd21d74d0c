"""Checks a report against a second opinion: what DeepDiff sees between two snapshots must be reported or explained."""

from pipeline.core.diff.second_opinion import unreported
from pipeline.core.errors import DoubleCheckError
from pipeline.core.judge.masked_snapshot import masked
from pipeline.core.judge.report import Report
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.risk.upgrade import Side
from pipeline.core.words import one_per_line

_SHOWN = 20
_NOTHING = ReleaseSide("", Side(ManifestSet()))


def double_check(old: Snapshot, new: Snapshot, report: Report, /) -> None:
    """Silent where DeepDiff agrees. Secret values are masked as they were for the comparison.

    Raises:
        DoubleCheckError: a difference is neither reported nor explained; the message names every object and path.
    """
    before, after = masked(old, new, report.mask)
    unexplained: list[str] = []
    for release in report.releases:
        key = ReleaseKey(release.environment, release.name)
        if release.status != "ok":
            continue
        old_manifests, new_manifests = (side.releases.get(key, _NOTHING).side.manifests for side in (before, after))
        reported = (c.change for c in report.changes if (c.environment, c.release) == (key.environment, key.name))
        where = f"release {key.name}" + (f" in {key.environment}" if key.environment else "")
        unexplained += [f"{where}: {difference}" for difference in unreported(old_manifests, new_manifests, reported)]
    if unexplained:
        rows = "".join(f"\n  {line}" for line in one_per_line(unexplained, _SHOWN, noun="difference"))
        raise DoubleCheckError(
            f"the double-check found differences that the report neither shows nor explains:{rows}",
            hint="do not trust this report; please report both manifests of the first object named here",
        )
