"""The releases of an import as entries of pipeline.yaml: what differs by environment is said there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError

ByEnvironment = Mapping[str, ImportedRelease]
_LONGEST_NAME = 53


def named_releases(imported: Imported, left_out: list[LeftOut]) -> dict[str, dict[str, ImportedRelease]]:
    """Each release by its name in pipeline.yaml and by environment.

    Two of one name in one environment are told apart by their namespaces, and one that has another chart in an
    environment is a release of its own there. What has no name that fits is left out.
    """
    releases_of: dict[str, dict[str, ImportedRelease]] = {}
    twins = _twins(imported)
    for environment, releases in imported.releases.items():
        for release in releases:
            name = f"{release.name}-{release.namespace}" if release.name in twins else release.name
            there = releases_of.get(name, {})
            if there and environment not in there and next(iter(there.values())).chart != release.chart:
                name = f"{name}-{environment}"
            problem = _unfit(name, release)
            if problem or environment in releases_of.get(name, {}):
                what = problem or f"a second release {release.name!r} in {environment}"
                left_out.append(LeftOut(release.where, what, "rename it: a release has one name in pipeline.yaml"))
                continue
            releases_of.setdefault(name, {})[environment] = release
    return releases_of


def _twins(imported: Imported) -> frozenset[str]:
    """Names that two releases in different namespaces of one environment have."""
    several = (Counter({(r.name, r.namespace): 1 for r in releases}) for releases in imported.releases.values())
    counted = (Counter(name for name, _ in each) for each in several)
    return frozenset(name for each in counted for name, number in each.items() if number > 1)


def _unfit(name: str, release: ImportedRelease) -> str:
    try:
        SafeName(release.name, "release")
        for file in release.value_files:
            SafePath(file, "values file")
    except UnsafePathError as error:
        return error.message
    return f"release {name!r} has a name that is too long" if len(name) > _LONGEST_NAME else ""


def release_entry(
    name: str, releases: ByEnvironment, environments: Sequence[str], ids: Mapping[str, str]
) -> dict[str, Any]:
    """One release as pipeline.yaml has it. ``ids`` are the names there by those that the tool has."""
    first = next(iter(releases.values()))
    own = _own(releases)
    made: dict[str, Any] = {"name": name, "chart": first.chart, "namespace": first.namespace}
    if _version(releases):
        made["version"] = _version(releases)
    if first.name != name:
        made["releaseName"] = first.name
    if any(own.values()):
        made["environments"] = own
    elif set(releases) != set(environments):
        made["environments"] = list(releases)
    needs = [ids[need] for need in dict.fromkeys(_needs(releases)) if ids.get(need, name) != name]
    if needs:
        made["needs"] = needs
    shared = shared_files(releases)
    if shared:
        made["values"] = list(shared)
    return made


def _needs(releases: ByEnvironment) -> Iterable[str]:
    return (need for release in releases.values() for need in release.needs)


def _version(releases: ByEnvironment) -> str:
    """The version that holds where an environment states none; empty where one of them takes any."""
    versions = [release.version for release in releases.values()]
    return versions[0] if all(versions) else ""


def _own(releases: ByEnvironment) -> dict[str, dict[str, Any]]:
    """By environment what differs there from the common settings."""
    first, common, shared = next(iter(releases.values())), _version(releases), shared_files(releases)
    own: dict[str, dict[str, Any]] = {}
    for environment, release in releases.items():
        settings = {
            "version": release.version if release.version != common else "",
            "namespace": release.namespace if release.namespace != first.namespace else "",
            "releaseName": release.name if release.name != first.name else "",
            "values": list(release.value_files) if release.value_files != shared else [],
        }
        own[environment] = {key: value for key, value in settings.items() if value}
    return own


def shared_files(releases: ByEnvironment) -> tuple[str, ...]:
    """The values files that every environment reads, in one order; none where they differ."""
    several = {release.value_files for release in releases.values()}
    return several.pop() if len(several) == 1 else ()
