"""Writes an import as the files of a repository: pipeline.yaml, values/ and overlays/."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.config.model import FILE
from pipeline.core.migration.imported import Imported, LeftOut
from pipeline.core.migration.release_entries import ByEnvironment, named_releases, release_entry
from pipeline.core.yaml.writer import dump

_HEAD = "# Imported. Every key: pipeline init --schema prints the JSON Schema.\n"


def repository_files(imported: Imported) -> tuple[dict[str, str], tuple[LeftOut, ...]]:
    """The text of each file by its path, and what could not be written, besides what was left out before."""
    left_out = list(imported.left_out)
    names = named_releases(imported, left_out)
    ids = {release.declared or release.name: name for name, releases in names.items() for release in releases.values()}
    files: dict[str, str] = {}
    for name, by_environment in names.items():
        files |= _inputs(name, by_environment)
    entries = [release_entry(name, releases, list(imported.releases), ids) for name, releases in names.items()]
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


def _inputs(name: str, releases: ByEnvironment) -> dict[str, str]:
    """values/ and overlays/ of one release: common where all environments agree.

    A common file comes before those that pipeline.yaml names, and an environment's own after them.
    """
    files: dict[str, str] = {}
    values = {environment: dict(release.values) for environment, release in releases.items()}
    beside = any(release.value_files for release in releases.values())
    same = len({repr(value) for value in values.values()}) == 1 and not beside
    for environment, own in values.items():
        place = "common" if same else environment
        if own:
            files[f"values/{name}/{place}.yaml"] = dump(own)
    patches = {environment: release.patches for environment, release in releases.items() if release.patches}
    alike = len(patches) == len(releases) and len({repr(patch) for patch in patches.values()}) == 1
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
