"""What is newer than the version that a release runs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.upgrade.duration import duration, told
from pipeline.core.upgrade.newer import Standing, age_of, newer_than, standing

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Offered:
    version: str
    created: str = ""
    app_version: str = ""
    deprecated: bool = False
    digest: str = ""


def versions(*texts: str) -> list[Offered]:
    return [Offered(text) for text in texts]


def test_newer_versions_come_newest_first_without_pre_releases() -> None:
    offered = versions("1.2.0", "2.0.0-rc.1", "1.10.0", "v1.3.0", "1.1.0", "latest", "1.10.0")
    assert [each.version for each in newer_than(offered, "1.2.0")] == ["1.10.0", "v1.3.0"]


def test_who_runs_a_pre_release_sees_later_ones() -> None:
    offered = versions("2.0.0-rc.1", "2.0.0-rc.2", "2.0.0")
    assert [each.version for each in newer_than(offered, "2.0.0-rc.1")] == ["2.0.0", "2.0.0-rc.2"]


def test_the_newest_in_range_and_the_newest_of_all() -> None:
    row = standing(Standing("a", ("prod",), "x/a", "1.2.0", "^1.2"), versions("1.2.0", "1.4.0", "2.0.0"), NOW)
    assert (row.in_range and row.in_range.version, row.newest and row.newest.version) == ("1.4.0", "2.0.0")
    assert row.is_outdated
    pinned = standing(Standing("a", ("prod",), "x/a", "1.2.0", "1.2.0"), versions("1.2.0", "1.4.0"), NOW)
    assert pinned.in_range is None
    assert not standing(Standing("a", ("prod",), "x/a", "1.4.0"), versions("1.2.0", "1.4.0"), NOW).is_outdated


def test_versions_that_are_too_young_do_not_count() -> None:
    offered = [
        Offered("1.3.0", "2026-06-10T11:00:00.123456789Z"),
        Offered("1.2.5", "2026-06-01T00:00:00+02:00"),
        Offered("1.2.0"),
    ]
    row = standing(Standing("a", (), "x/a", "1.2.0"), offered, NOW, timedelta(days=3))
    assert row.newest is not None
    assert (row.newest.version, row.newest.age, row.young) == ("1.2.5", timedelta(days=9, hours=14), 1)


def test_a_deprecated_chart_is_said() -> None:
    row = standing(Standing("a", (), "x/a", "1.2.0"), [Offered("1.2.0", deprecated=True)], NOW)
    assert row.deprecated
    assert not row.is_outdated


@pytest.mark.parametrize(
    ("created", "hours"),
    [
        ("2026-06-10T10:00:00Z", 2),
        ("2026-06-10T12:00:00+05:00", 5),
        ("2026-06-10T10:00:00", 2),
        ("2027-01-01T00:00:00Z", 0),
    ],
)
def test_the_age_of_a_version(created: str, hours: int) -> None:
    assert age_of(created, NOW) == timedelta(hours=hours)


@pytest.mark.parametrize("created", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-06-10T10:00:00 CEST"])
def test_an_age_that_nobody_knows(created: str) -> None:
    assert age_of(created, NOW) is None


def test_time_spans() -> None:
    assert duration("1d12h") == timedelta(hours=36)
    assert [told(duration(text)) for text in ("0m", "90m", "30h", "3w", "800d")] == [
        "0 hours",
        "1 hour",
        "1 day",
        "21 days",
        "2 years",
    ]
    for text in ("", "3", "d", "3 d", "-1d", "3d!"):
        with pytest.raises(ValueError, match="is not a time span"):
            duration(text)
