"""The branches of a repository that decide what may be applied, as they were last fetched."""

from pathlib import Path

from pipeline.adapters.git.door import repository_root
from pipeline.adapters.git.trees import GitTree, protected_branch, resolve


class FetchedBranches:
    """``root`` is the folder of pipeline.yaml; trees begin there."""

    def __init__(self, root: Path) -> None:
        self._top = repository_root(root)
        self._folder = root.resolve().relative_to(self._top.resolve()).as_posix()

    def protected(self) -> str:
        """The default branch of ``origin``; empty where there is none."""
        return protected_branch(self._top)

    def tree(self, reference: str) -> GitTree:
        """The files of a branch. Raises UsageError where there is no such branch."""
        return GitTree(self._top, resolve(self._top, reference), self._folder)
