"""How the files of a vendored chart are named on disk, so that no tool takes one for its own configuration.

Git, Helm, CI systems, editors and shells act on files whose names begin with a dot (.gitattributes,
.helmignore, .github/, .gitlab-ci.yml, .pre-commit-config.yaml, .envrc). Such a name is stored with ``%2E`` in the dot's
place, and whoever reads the chart gets the original name back: what is rendered is what was packaged.
"""

from collections.abc import Iterable, Mapping

_STORED = {".": "%2E", "%": "%25"}
_ORIGINAL = {stored: original for original, stored in _STORED.items()}
_MARKS = ("/.", "/%")


def stored(path: str) -> str:
    """``.github/x.yaml`` becomes ``%2Egithub/x.yaml``; ``original`` is the exact inverse."""
    if path[:1] not in _STORED and not any(mark in path for mark in _MARKS):
        return path
    return "/".join(_STORED.get(part[:1], part[:1]) + part[1:] for part in path.split("/"))


def original(path: str) -> str:
    """The name that a file had in its package. Names that ``stored`` does not make are themselves."""
    if "%" not in path:
        return path
    return "/".join(_ORIGINAL.get(part[:3], part[:3]) + part[3:] for part in path.split("/"))


def stored_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return dict(sorted((stored(path), data) for path, data in files.items()))


def original_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return dict(sorted((original(path), data) for path, data in files.items()))


def renamed(paths: Iterable[str]) -> tuple[str, ...]:
    """What a chart holds under another name than its package: each file or topmost folder once, sorted."""
    return tuple(sorted({_topmost(path) for path in paths if stored(path) != path}))


def _topmost(path: str) -> str:
    parts = path.split("/")
    first = next(number for number, part in enumerate(parts) if part[:1] in _STORED)
    return "/".join(parts[: first + 1]) + ("/" if first + 1 < len(parts) else "")
