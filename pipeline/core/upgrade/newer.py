"""What is newer than the version that a release runs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pipeline.core.charts.semver import Range, Version


class OfferedVersion(Protocol):
    """One version of a chart at its source. ``created`` is RFC 3339 as the index has it; empty where it has none.

    ``digest`` is that of its package, empty where the source does not say.
    """

    @property
    def version(self) -> str: ...
    @property
    def app_version(self) -> str: ...
    @property
    def created(self) -> str: ...
    @property
    def deprecated(self) -> bool: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NewerVersion:
    """``age`` is the time since it was published, None where the source does not say."""

    version: str
    app_version: str = ""
    age: timedelta | None = None
    deprecated: bool = False
    digest: str = ""
    """Of its package, ``sha256:…``; empty where the source does not say."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands. ``current`` is what the lock has, ``asked`` what pipeline.yaml asks for.

    ``in_range`` is the newest version that ``asked`` admits, ``newest`` the newest of all; None where nothing is newer
    than ``current``. ``problem`` says why neither is known; ``young`` counts versions that are too young.
    """

    release: str
    environments: tuple[str, ...]
    chart: str
    current: str
    asked: str = ""
    in_range: NewerVersion | None = None
    newest: NewerVersion | None = None
    deprecated: bool = False
    problem: str = ""
    young: int = 0
    newer: tuple[NewerVersion, ...] = ()
    """Every version after ``current`` that is old enough, the newest first."""
    moved: str = ""
    """That the branch, tag or URL which ``chart`` names has other content than the lock; empty where it has not."""
    own_pin: str = ""
    """``staging/vault`` where an environment has a version of its own; empty else."""

    @property
    def pin(self) -> str:
        """Its key in pipeline.lock."""
        return self.own_pin or self.release

    @property
    def is_outdated(self) -> bool:
        return self.newest is not None or bool(self.moved)


def newer_than(offers: Iterable[OfferedVersion], current: str) -> tuple[NewerVersion, ...]:
    """The versions after ``current``, the newest first, without pre-releases (unless ``current`` is one)."""
    here = Version.or_none(current)
    if here is None:
        return ()
    versions: dict[Version, NewerVersion] = {}
    for offer in offers:
        version = Version.or_none(offer.version)
        if version is not None and version > here and (here.pre or not version.pre):
            new = NewerVersion(offer.version, offer.app_version, deprecated=offer.deprecated, digest=offer.digest)
            versions.setdefault(version, new)
    return tuple(versions[version] for version in sorted(versions, reverse=True))


def standing(
    before: Standing, offers: Iterable[OfferedVersion], now: datetime, cooldown: timedelta = timedelta()
) -> Standing:
    """``before`` with what the source offers. Versions younger than ``cooldown`` do not count.

    A version whose age is unknown counts as old: its source never says.
    """
    offered = list(offers)
    ages = {offer.version: age_of(offer.created, now) for offer in offered}
    newer = [replace(each, age=ages[each.version]) for each in newer_than(offered, before.current)]
    old = [each for each in newer if each.age is None or each.age >= cooldown]
    asked = Range.parse(before.asked)
    admitted = (each for each in old if (version := Version.or_none(each.version)) and asked.admits(version))
    gone = any(offer.version == before.current and offer.deprecated for offer in offered)
    latest = max(((v, o) for o in offered if (v := Version.or_none(o.version))), key=lambda pair: pair[0], default=None)
    return replace(
        before,
        in_range=next(admitted, None),
        newest=next(iter(old), None),
        deprecated=gone or (latest is not None and latest[1].deprecated),
        young=len(newer) - len(old),
        newer=tuple(old),
    )


def age_of(created: str, now: datetime) -> timedelta | None:
    """The time since ``created`` (RFC 3339); None where that is empty or not a time."""
    try:
        moment = datetime.fromisoformat(created[:19] + _zone(created)) if created else None
    except ValueError:
        return None
    return None if moment is None else max(now - moment.astimezone(UTC), timedelta())


def _zone(created: str) -> str:
    """The offset at its end; Go writes nanoseconds, which Python does not read."""
    rest = created[19:].lstrip(".0123456789")
    return "+00:00" if rest in ("", "Z", "z") else rest
