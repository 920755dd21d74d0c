"""Reads one file of several commits, with two calls of Git whatever their number."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.adapters.git.door import ask
from pipeline.core.safe_path import SafePath

_KINDS = ("refs/heads", "refs/remotes", "refs/tags")
_MERGES = (
    (":2", ":3"),
    ("HEAD", "MERGE_HEAD"),
    ("HEAD", "REBASE_HEAD"),
    ("HEAD", "CHERRY_PICK_HEAD"),
    ("HEAD^1", "HEAD^2"),
)
"""Where the two sides of a merge are: unmerged in the index; resolved, but not committed; committed (gitrevisions)."""


def at_every_ref(root: Path, path: str) -> Mapping[str, str]:
    """The text of the file at ``path``, from the root of the repository's work tree, by the short name of each ref.

    Refs that lack it are left out; of several with the same text, the first is named.

    Raises:
        WorldError: Git fails.
    """
    listed = ask(root, "for-each-ref", "--format=%(refname:short)", *_KINDS).stdout.decode("utf-8", "replace")
    ref_of: dict[str, str] = {}
    for name, text in _texts(root, path, ["HEAD", *listed.splitlines()]).items():
        ref_of.setdefault(text, name)
    return {name: text for text, name in ref_of.items()}


def sides_of_merge(root: Path, path: str) -> Sequence[str]:
    """The file's two texts of the merge, rebase or cherry-pick that is under way, or that made the last commit.

    Empty where there is none, or a side lacks the file.

    Raises:
        WorldError: Git fails.
    """
    texts = _texts(root, path, sorted({name for pair in _MERGES for name in pair}))
    return next(([texts[head], texts[other]] for head, other in _MERGES if head in texts and other in texts), [])


def _texts(root: Path, path: str, names: Sequence[str]) -> Mapping[str, str]:
    """By name, in the order of ``names``; those that lack it are left out."""
    asked = "".join(f"{name}:{SafePath(path)}\n" for name in names)
    answer = ask(root, "cat-file", "--batch", stdin=asked.encode()).stdout
    texts: dict[str, str] = {}
    at = 0
    for name in names:
        head, _, _ = answer[at:].partition(b"\n")
        at += len(head) + 1
        words = head.rsplit(b" ", 2)
        if words[-1] == b"missing" or len(words) < 3 or not words[2].isdigit():  # noqa: PLR2004 - id, type, size
            continue
        size = int(words[2])
        if words[1] == b"blob":
            texts[name] = answer[at : at + size].decode("utf-8", "replace")
        at += size + 1
    return texts
