"""The commands that take a version off the list of those in which a CRD's objects are stored (status.storedVersions).

In this order: another version stores, every object is written again, and only then the list is cut. Cut too early,
objects that are still stored in the old version cannot be read any more.
"""

import json
from typing import Any

from pipeline.core.crd.definition import Definition
from pipeline.core.words import kubectl


def migration(before: Definition, after: Definition) -> tuple[str, ...]:
    """From a cluster that holds ``before`` to one that takes ``after``; the first command shows what is stored."""
    target = f"crd/{before.name}"
    stays = before.storage_version in after.versions
    stored = before.storage_version if stays else _next(before, after)
    moves = () if stays else (_patch(target, _moved(before, stored)),)
    patch = json.dumps({"status": {"storedVersions": [stored]}})
    return (
        kubectl("get", target, "-o", "jsonpath={.status.storedVersions}"),
        *moves,
        f"{kubectl('get', before.name, '-A', '-o', 'json')} | kubectl replace -f -",
        kubectl("patch", target, "--subresource=status", "--type=merge", "-p", patch),
    )


def _next(before: Definition, after: Definition) -> str:
    """The version that stores from now on: one that both CRDs have, else the new one's, which is added to the old."""
    known = [name for name in after.versions if name in before.versions]
    wanted = after.storage_version
    return wanted if wanted in known or not known else known[0]


def _moved(before: Definition, stored: str) -> list[dict[str, Any]]:
    names = list(before.versions)
    old = names.index(before.storage_version)
    if stored in names:
        new = names.index(stored)
        set_up = [_replace(new, "served", True), _replace(new, "storage", True)]
    else:
        new = len(names)
        copied = {"op": "copy", "from": f"/spec/versions/{old}", "path": "/spec/versions/-"}
        set_up = [copied, _replace(new, "name", stored), _replace(new, "served", True)]
    return [*set_up, _replace(old, "storage", False)]


def _replace(index: int, field: str, value: object) -> dict[str, Any]:
    return {"op": "replace", "path": f"/spec/versions/{index}/{field}", "value": value}


def _patch(target: str, operations: list[dict[str, Any]]) -> str:
    return kubectl("patch", target, "--type=json", "-p", json.dumps(operations))
