"""Points in time as plans and approvals write them: RFC 3339 in UTC, to the second."""

from datetime import UTC, datetime


def written(seconds: float) -> str:
    """Of seconds since 1970: ``2026-11-24T02:09:22Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    """Seconds since 1970.

    Raises:
        ValueError: it is not a point in time, or names no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return moment.timestamp()
