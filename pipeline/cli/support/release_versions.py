"""``pipeline diff RELEASE@VERSION``: what is committed, against the same releases at those versions.

They are vendored and rendered in a second work tree, which is gone afterwards: nothing here is changed.
"""

from collections.abc import Sequence
from datetime import timedelta

from pipeline.cli.support.kept_report import ShownReport, of_comparison
from pipeline.cli.support.upgrading import decided, in_scratch, upgraded
from pipeline.core.errors import UsageError
from pipeline.core.upgrade.targets import targets
from pipeline.wiring import repository


def of_versions(asked: Sequence[str], environments: Sequence[str], fail_on: str | None) -> ShownReport:
    """The report of those moves.

    Raises:
        UsageError: a release is at that version already.
    """
    here = repository()
    here.check_whole()
    decision = decided(here, targets(here.config, asked), timedelta(0), environments)
    for release, why in decision.stays.items():
        raise UsageError(f"there is nothing to compare: {release} stays: {why}", hint="name another version")
    with in_scratch(here, uncommitted=True) as place:
        return of_comparison(upgraded(place, decision.moves, fail_on).comparison)
