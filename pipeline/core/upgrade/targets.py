"""Which releases an upgrade is for, and to which version: ``vault``, ``vault@0.28.0``, ``mesh@1.28.0``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.core.charts.suggest import nearest
from pipeline.core.config.model import FILE, Config
from pipeline.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """``version`` is empty where the newest is wanted. ``group`` is the name that was typed, where it is a group's."""

    release: str
    version: str = ""
    group: str = ""


def targets(config: Config, asked: Iterable[str], *, everything: bool = False) -> tuple[Target, ...]:
    """Each release once, in the order of pipeline.yaml. ``everything`` adds all that are not named, with their groups.

    Raises:
        UsageError: a name that is neither a release nor a group, or two versions for one release.
    """
    names = [release.name for release in config.releases]
    target_of: dict[str, Target] = {}
    for text in asked:
        name, _, version = text.partition("@")
        for target in _named(name, version, names, config.groups):
            other = target_of.setdefault(target.release, target)
            if other.version != target.version:
                raise UsageError(
                    f"release {target.release!r} is asked for twice: {other.version or 'newest'} and"
                    f" {target.version or 'newest'}",
                    hint="name it once",
                )
    if everything:
        for name in names:
            group = next((group for group, members in config.groups.items() if name in members), "")
            target_of.setdefault(name, Target(name, group=group))
    return tuple(target_of[name] for name in names if name in target_of)


def _named(name: str, version: str, names: list[str], groups: Mapping[str, tuple[str, ...]]) -> list[Target]:
    if name in names:
        return [Target(name, version)]
    if name in groups:
        return [Target(member, version, name) for member in groups[name]]
    known = [*names, *groups]
    near = nearest(name, known)
    raise UsageError(
        f"{FILE} has no release or group {name!r}",
        hint=f"did you mean {near!r}?" if near else f"one of {', '.join(known) or 'none'}",
    )
