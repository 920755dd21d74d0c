"""The edits that a flow has decided on, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edits:
    """Paths are relative to the repository, with ``/``. All of it happens, or nothing.

    ``trees`` maps a folder to all that it shall hold: it is replaced whole. ``files`` are single files. ``removed``
    are files or folders to delete, together with the folders that this leaves empty.
    """

    trees: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict, hash=False)
    files: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    removed: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The digest (``sha256:…``) of what was last written at a path: a file's, or a tree's as the lock has it.

    Empty for a file that no one looks after: pipeline.lock changes its form between versions.
    """
