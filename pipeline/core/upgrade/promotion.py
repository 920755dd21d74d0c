"""What one environment takes over from another: the version. What says where a release runs, and its values, stay."""

from collections.abc import Iterator, Sequence

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config, Release
from pipeline.core.errors import StaleError, UsageError
from pipeline.core.upgrade.targets import Target


def promoted(
    config: Config, lock: ChartLock, asked: Sequence[Target], source: str, target: str
) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """Each release with the exact version that ``source`` has in the lock; and what differs in ``target`` and stays.

    Raises:
        UsageError: a release does not run in both environments, or a version is named.
        StaleError: a release is not vendored for ``source``.
    """
    if source == target:
        raise UsageError(f"--from and --to are both {source}", hint="name two environments")
    config.pairs((source, target))
    known = {release.name: release for release in config.releases}
    promotions, stays = [], list[str]()
    for one in asked:
        if one.version:
            hint = f"pipeline upgrade {one.release}@{one.version} -e {target}"
            raise UsageError("the version to promote is the one that --from has", hint=hint)
        release = known[one.release]
        for environment in (source, target):
            if environment not in release.environments:
                message = f"release {one.release!r} does not run in {environment}"
                raise UsageError(message, hint="name two environments where it does")
        before, after = release.within(source), release.within(target)
        locked = lock.releases.get(before.pin)
        if locked is None or (locked.chart, locked.wanted) != (before.chart, before.version):
            raise StaleError(f"release {before.pin!r} is not vendored as pipeline.yaml asks", hint="pipeline vendor")
        promotions.append(Target(one.release, locked.version, one.group))
        stays += _staying(before, after, source, target)
    return tuple(promotions), tuple(stays)


def _staying(before: Release, after: Release, source: str, target: str) -> Iterator[str]:
    for what, one, other in (
        ("namespace", before.namespace, after.namespace),
        ("release name", before.helm_name, after.helm_name),
        ("values files", ", ".join(before.values) or "none", ", ".join(after.values) or "none"),
    ):
        if one != other:
            yield f"{before.name}: its {what} in {target} stays {other} ({source}: {one})"
