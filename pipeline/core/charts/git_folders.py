"""Finds folders in a chart that Git would take for a repository: their configuration can name programs to run.

What Git asks of such a folder: a HEAD, with objects/ and refs/, or with a commondir that says where these are
(is_git_directory and get_common_dir in Git's setup.c). Its name does not matter, and ``git status`` in it is enough.
"""

from collections.abc import Iterable


def git_folder(paths: Iterable[str]) -> str | None:
    """The first folder among ``paths`` (files of a chart) that is one, ``""`` for the chart's own; None without any.

    Case does not count, as on file systems that do not tell it apart.
    """
    inside: dict[str, set[str]] = {}
    lower = [path.lower().split("/") for path in paths]
    for parts in lower:
        if parts[-1] == "head":
            inside["/".join(parts[:-1])] = set()
    for parts in lower:
        for depth in range(len(parts)):
            names = inside.get("/".join(parts[:depth]))
            if names is not None:
                names.add(parts[depth])
    folders = sorted(folder for folder, names in inside.items() if {"objects", "refs"} <= names or "commondir" in names)
    return folders[0] if folders else None
