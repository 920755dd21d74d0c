"""What Git says of paths in the work tree: changed, ignored."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.adapters.git.door import ask, repository_root


def changed_paths(root: Path) -> tuple[str, ...]:
    """Every file below ``root`` that differs from the last commit or is new, by its path from there.

    What Git ignores is not new.
    """
    top = repository_root(root)
    inside = root.resolve().relative_to(top.resolve()).as_posix()
    asked = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", inside)
    rows = (row.decode("utf-8", "surrogateescape") for row in ask(top, *asked).stdout.split(b"\0") if row)
    start = "" if inside == "." else f"{inside}/"
    return tuple(row[3:].removeprefix(start) for row in rows)


def ignored(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of ``paths`` that a .gitignore names and that Git does not track."""
    if not paths:
        return ()
    done = ask(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", *paths)
    return tuple(path.decode("utf-8", "surrogateescape") for path in done.stdout.split(b"\0") if path)


def stored_ids(root: Path, paths: Sequence[str]) -> dict[str, str]:
    """The id under which ``git add`` would store each file: after filters and line ends, as .gitattributes says."""
    if not paths:
        return {}
    top = repository_root(root)
    inside = root.resolve().relative_to(top.resolve()).as_posix()
    start = "" if inside == "." else f"{inside}/"  # Git reads these paths from the top, wherever it runs
    stdin = "".join(f"{start}{path}\n" for path in paths).encode("utf-8", "surrogateescape")
    done = ask(top, "hash-object", "--stdin-paths", stdin=stdin)
    return dict(zip(paths, done.stdout.decode().split(), strict=True))
