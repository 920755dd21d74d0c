"""Reads one file of every branch and tag, with two calls of Git whatever their number."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.adapters.git.door import ask
from pipeline.core.safe_path import SafePath

_KINDS = ("refs/heads", "refs/remotes", "refs/tags")


def at_every_ref(root: Path, path: str) -> Mapping[str, str]:
    """The text of the file at ``path``, from the root of the repository's work tree, by the short name of each ref.

    Refs that lack it are left out; of several with the same text, the first is named.

    Raises:
        WorldError: Git fails.
    """
    listed = ask(root, "for-each-ref", "--format=%(refname:short)", *_KINDS).stdout.decode("utf-8", "replace")
    names = ["HEAD", *listed.splitlines()]
    asked = "".join(f"{name}:{SafePath(path)}\n" for name in names)
    answer = ask(root, "cat-file", "--batch", stdin=asked.encode()).stdout
    found: dict[bytes, str] = {}
    at = 0
    for name in names:
        head, _, _ = answer[at:].partition(b"\n")
        at += len(head) + 1
        words = head.rsplit(b" ", 2)
        if words[-1] == b"missing" or len(words) < 3 or not words[2].isdigit():  # noqa: PLR2004 - id, type, size
            continue
        size = int(words[2])
        if words[1] == b"blob":
            found.setdefault(answer[at : at + size], name)
        at += size + 1
    return {name: text.decode("utf-8", "replace") for text, name in found.items()}
