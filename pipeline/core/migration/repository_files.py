"""Writes an import as the files of a repository: pipeline.yaml, values/ and overlays/."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.config.model import FILE
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut, merged
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError
from pipeline.core.yaml.writer import dump

_HEAD = "# Imported. Every key: pipeline init --schema prints the JSON Schema.\n"


def repository_files(imported: Imported) -> tuple[dict[str, str], tuple[LeftOut, ...]]:
    """The text of each file by its path, and what could not be written, besides what was left out before."""
    left_out = list(imported.left_out)
    names: dict[str, dict[str, ImportedRelease]] = {}
    for environment, releases in imported.releases.items():
        for release in releases:
            problem = _unfit(release)
            if problem or environment in names.get(release.name, {}):
                what = problem or f"a second release {release.name!r} in {environment}"
                left_out.append(LeftOut(release.where, what, "rename it: a release has one name in pipeline.yaml"))
                continue
            names.setdefault(release.name, {})[environment] = release
    files: dict[str, str] = {}
    entries = []
    for name, by_environment in names.items():
        files |= _inputs(name, by_environment, left_out)
        entries.append(_entry(name, by_environment, list(imported.releases), set(names), left_out))
    config: dict[str, Any] = {
        "repositories": {name: {"url": url} for name, url in sorted(imported.repositories.items())},
        "environments": {name: {} for name in imported.releases},
    }
    files[FILE] = _HEAD + "".join(dump({key: value}) for key, value in config.items() if value) + _listed(entries)
    return dict(sorted(files.items())), tuple(dict.fromkeys(left_out))


def _listed(entries: Sequence[Mapping[str, Any]]) -> str:
    """The releases, each with its name first."""
    lines = []
    for entry in entries:
        own = dump({"name": entry["name"]}) + dump({key: value for key, value in entry.items() if key != "name"})
        lines += [("- " if number == 0 else "  ") + line for number, line in enumerate(own.splitlines())]
    return "\n".join(["releases:" if lines else "releases: []", *lines]) + "\n"


def _unfit(release: ImportedRelease) -> str:
    try:
        SafeName(release.name, "release")
        for file in release.value_files:
            SafePath(file, "values file")
    except UnsafePathError as error:
        return error.message
    return ""


def _entry(
    name: str,
    found: Mapping[str, ImportedRelease],
    environments: Sequence[str],
    known: set[str],
    left_out: list[LeftOut],
) -> dict[str, Any]:
    first = next(iter(found.values()))
    for environment, other in found.items():
        for what, one, two in (
            ("chart", first.chart, other.chart),
            ("version", first.version, other.version),
            ("namespace", first.namespace, other.namespace),
        ):
            if one != two:
                todo = f"pipeline.yaml has {one}; split the release if {environment} is to differ"
                left_out.append(LeftOut(other.where, f"its {what} in {environment} is {two}", todo))
    entry: dict[str, Any] = {"name": name, "chart": first.chart, "namespace": first.namespace}
    if first.version:
        entry["version"] = first.version
    if set(found) != set(environments):
        entry["environments"] = list(found)
    needs = [need for need in dict.fromkeys(first.needs) if need in known]
    if needs:
        entry["needs"] = needs
    shared = _shared_files(found)
    if shared:
        entry["values"] = list(shared)
    return entry


def _shared_files(found: Mapping[str, ImportedRelease]) -> tuple[str, ...]:
    """The values files that every environment reads, in one order; none where they differ."""
    several = {release.value_files for release in found.values()}
    return several.pop() if len(several) == 1 else ()


def _inputs(name: str, found: Mapping[str, ImportedRelease], left_out: list[LeftOut]) -> dict[str, str]:
    """values/ and overlays/ of one release: common where all environments agree.

    A common file comes before those that pipeline.yaml names, and an environment's own after them.
    """
    files: dict[str, str] = {}
    shared = _shared_files(found)
    values = {}
    for environment, release in found.items():
        values[environment] = dict(release.values)
        if release.value_files and not shared and release.file_values is not None:
            values[environment] = merged(release.file_values, release.values)
        elif release.value_files and not shared:
            what = f"its values files differ by environment: {', '.join(release.value_files)}"
            left_out.append(LeftOut(release.where, what, f"copy them into values/{name}/{environment}.yaml"))
    same = len({repr(one) for one in values.values()}) == 1 and not shared
    for environment, own in values.items():
        place = "common" if same else environment
        if own:
            files[f"values/{name}/{place}.yaml"] = dump(own)
    patches = {environment: release.patches for environment, release in found.items() if release.patches}
    alike = len(patches) == len(found) and len({repr(one) for one in patches.values()}) == 1
    for environment, several in patches.items():
        folder = f"overlays/{name}" + ("" if alike else f"/{environment}")
        overlay = {"resources": ["chart.yaml"], "patches": [replaced(each) for each in several]}
        files[f"{folder}/kustomization.yaml"] = dump(overlay)
    return files


def replaced(patch: Any) -> Any:
    """A patch as it stands; one that is a map of its own is written as the text that Kustomize expects."""
    if isinstance(patch, dict) and isinstance(patch.get("patch"), dict | list):
        return {**patch, "patch": dump(patch["patch"])}
    return patch
