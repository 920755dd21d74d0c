"""Reads what ``pip install --dry-run --report FILE`` writes: what would be installed, each with its digest."""

import json
import re
from typing import Any

from pipeline.core.errors import UsageError
from pipeline.core.kube.resource import mapping

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,100}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OURS = "chart-verdict"
_HINT = "write it with: pip install --dry-run --ignore-installed --report FILE 'chart-verdict[kustomize]'"


def pinned_requirements(text: str) -> tuple[str, ...]:
    """``name==version --hash=sha256:…``, a line a package, sorted.

    Raises:
        UsageError: it is no such report, our package is not in it, or a package has no digest.
    """
    try:
        rows = mapping(json.loads(text)).get("install")
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise UsageError("it is not a report of pip", hint=_HINT)
    requirements = tuple(sorted(map(_line, rows)))
    if not any(line.startswith(f"{_OURS}==") for line in requirements):
        raise UsageError(f"{_OURS} is not in it", hint=_HINT)
    return requirements


def _line(row: Any) -> str:
    data, archive = (
        mapping(mapping(row).get("metadata")),
        mapping(mapping(mapping(row).get("download_info")).get("archive_info")),
    )
    name, version = str(data.get("name", "")), str(data.get("version", ""))
    digest = str(mapping(archive.get("hashes")).get("sha256", ""))
    if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version) and _DIGEST.fullmatch(digest)):
        raise UsageError(f"{name or 'a package'!r} has no digest in it", hint="packages must come from an index")
    return f"{name}=={version} --hash=sha256:{digest}"
