"""The type of a check on a report before policy is applied: given both snapshots, it raises if it disagrees."""

from typing import Protocol

from pipeline.core.judge.report import Report
from pipeline.core.judge.snapshot import Snapshot


class ReportCheck(Protocol):
    """Raises what is wrong with ``report``, which was made from ``old`` and ``new``."""

    def __call__(self, old: Snapshot, new: Snapshot, report: Report, /) -> None: ...


def no_check(_old: Snapshot, _new: Snapshot, _report: Report, /) -> None:
    """For those who take a report as it is."""
