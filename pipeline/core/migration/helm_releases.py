"""Reads what ``helm list -A -o json`` and ``helm get values RELEASE -o yaml`` printed into files of one folder."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.charts.semver import Version
from pipeline.core.kube.resource import mapping
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut


def helm_releases(lists: Iterable[tuple[str, list[Any]]], values: Mapping[str, Mapping[str, Any]]) -> Imported:
    """``lists`` are the rows of each listing with its file, ``values`` those of each release by its name.

    Helm does not record where a chart came from: each release names its chart alone, and that is said.
    """
    releases, left_out = [], []
    for file, rows in lists:
        for row in map(mapping, rows):
            name, chart = str(row.get("name")), str(row.get("chart"))
            bare, version = _split(chart)
            where = f"{file}: release {name}"
            left_out.append(LeftOut(where, f"Helm does not record the repository of {bare}", _SOURCE))
            own = values.get(name)
            if own is None:
                left_out.append(
                    LeftOut(where, "its values are not here", f"helm get values {name} -o yaml > {name}.yaml")
                )
            releases.append(
                ImportedRelease(
                    name,
                    f"unknown/{bare}",
                    str(row.get("namespace") or "default"),
                    version,
                    values=own or {},
                    where=where,
                )
            )
    return Imported(
        {"default": tuple(releases)}, {"unknown": "https://charts.example.org"} if releases else {}, tuple(left_out)
    )


_SOURCE = "write its URL under repositories: in pipeline.yaml"


def _split(chart: str) -> tuple[str, str]:
    """``kube-prometheus-stack-78.5.0`` at the first hyphen that a version follows."""
    for number, character in enumerate(chart):
        if character == "-":
            try:
                Version.parse(chart[number + 1 :])
            except ValueError:
                continue
            return chart[:number], chart[number + 1 :]
    return chart, ""
