"""Reads a folder of a remote Git repository at one commit: only that commit, and only the files that are wanted.

Nothing is checked out, so no filter, attribute or hook of anybody acts on the bytes. What cannot be had this way (files
in Git LFS, submodules) is refused by name.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.adapters.charts.archive import HOSTILE, ChartError
from pipeline.adapters.git.door import ask, environment
from pipeline.core.budget import Budget
from pipeline.core.charts.git_reference import GitPlace
from pipeline.core.charts.suggest import nearest
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafePath, UnsafePathError
from pipeline.core.words import listed

_LINK, _SUBMODULE = "120000", "160000"
_LFS = b"version https://git-lfs.github.com/spec/"
_MOST_LINKS = 1_000
_OURS = "refs/pipeline/chart"
_SSH = "ssh -oBatchMode=yes"
"""Nobody is there to answer a question. The user's own command, of the environment or configured, comes first."""
_NO_SUCH_REF = re.compile(r"couldn't find remote ref|not our ref|unadvertised object|no such remote ref", re.IGNORECASE)


class CommittedEntry(NamedTuple):
    mode: str
    object_id: str


@dataclass(frozen=True, slots=True)
class RemoteRepository:
    """A bare repository at ``home`` that fetches from ``url``. One thread at a time."""

    home: Path
    url: str

    def prepare(self, budget: Budget) -> None:
        self._git(budget, "init", "--quiet", "--bare", "--template=")
        self._git(budget, "remote", "add", "origin", self.url)
        configured = self._git(budget, "config", "--default=", "--get", "core.sshCommand").strip()
        if not configured and "GIT_SSH" not in os.environ:  # which Git asks last
            self._git(budget, "config", "core.sshCommand", _SSH)

    def commit(self, ref: str, budget: Budget) -> str:
        """Fetch what ``ref`` (a tag, a branch, a whole commit; empty for HEAD) names now, and say which commit that is.

        Raises:
            UsageError: there is no such ref.
            WorldError: the server does not answer, or does not let us in.
        """
        place = GitPlace(self.url, ref=ref)
        try:
            self._fetch(budget, f"+{ref or 'HEAD'}:{_OURS}", depth=True)
        except WorldError as error:
            if not _NO_SUCH_REF.search(error.message):
                raise
            if not place.is_commit:
                near = nearest(ref, self._refs(budget))
                hint = f"did you mean {near!r}? " if near else ""
                hint += "A ref is a tag, a branch, or a whole commit of 40 digits"
                raise UsageError(f"{self.url} has no ref {ref!r}", hint=hint) from error
            # Some servers give out a commit only as part of a branch.
            self._fetch(budget, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", depth=False)
            self._git(budget, "update-ref", _OURS, self._resolved(ref, budget))
        sent = self._resolved(_OURS, budget)
        if place.is_commit and sent != ref:
            raise WorldError(f"{self.url}: asked for commit {ref}, the server sends {sent}")
        return sent

    def _refs(self, budget: Budget) -> list[str]:
        """The names of its branches and tags."""
        answer = self._git(budget, "ls-remote", "--quiet", "--refs", "--heads", "--tags", "origin")
        rows = answer.decode("utf-8", "replace").splitlines()
        return [row.partition("\t")[2].split("/", 2)[-1] for row in rows]

    def entries(self, commit: str, budget: Budget) -> dict[str, CommittedEntry]:
        """Every file, link and submodule of the commit by its path."""
        rows = self._git(budget, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
        entries: dict[str, CommittedEntry] = {}
        for row in rows.split("\0")[:-1]:
            head, _, path = row.partition("\t")
            mode, _, object_id = head.split(" ")
            entries[path] = CommittedEntry(mode, object_id)
        return entries

    def blobs(self, commit: str, wanted: Iterable[str], budget: Budget) -> dict[str, bytes]:
        """The content of blobs by their id; those that are not here yet are fetched in one request.

        Raises:
            LimitError: they are more than the budget allows. Their sizes are asked before any is read.
        """
        ids = sorted(set(wanted))
        absent = self._absent(commit, budget).intersection(ids)
        if absent:
            flags = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none")
            lines = "".join(f"{object_id}\n" for object_id in sorted(absent)).encode()
            noop = ("-c", "fetch.negotiationAlgorithm=noop")
            self._git(budget, *noop, "fetch", *flags, "--stdin", "origin", stdin=lines)
        lines = "".join(f"{id_}\n" for id_ in ids).encode()
        for size in self._git(budget, "cat-file", "--batch-check=%(objectsize)", stdin=lines).split():
            budget.unpacked(int(size))
        return dict(zip(ids, _contents(self._git(budget, "cat-file", "--batch", stdin=lines)), strict=True))

    def _absent(self, commit: str, budget: Budget) -> set[str]:
        answer = self._git(budget, "rev-list", "--objects", "--missing=print", "--no-object-names", commit)
        return {line[1:] for line in answer.decode().split("\n") if line.startswith("?")}

    def _fetch(self, budget: Budget, *refs: str, depth: bool) -> None:
        flags = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none")
        self._git(budget, "fetch", *flags, *(("--depth=1",) if depth else ()), "origin", *refs)

    def _resolved(self, name: str, budget: Budget) -> str:
        """Raises UsageError where there is no such commit."""
        try:
            return self._git(budget, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
        except WorldError as error:
            raise UsageError(f"{self.url} has no commit {name!r}", hint="a tag, a branch, or a whole commit") from error

    def _git(self, budget: Budget, *arguments: str, stdin: bytes = b"") -> bytes:
        budget.time()
        extra = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh:file", "GIT_PROTOCOL_FROM_USER": "0"}
        try:
            return ask(self.home, *arguments, stdin=stdin, env=environment(**extra), seconds=budget.seconds_left).stdout
        except WorldError as error:
            budget.time()
            raise WorldError(f"{self.url}: {error.message}", hint=error.hint or _HINT) from error


_HINT = "check the URL, and whether git itself may read it: git ls-remote URL"


def _contents(raw: bytes) -> Iterable[bytes]:
    """Of ``git cat-file --batch``: a line ``<id> blob <size>``, the content, a line's end."""
    position = 0
    while position < len(raw):
        end = raw.index(b"\n", position)
        size = int(raw[position:end].rpartition(b" ")[2])
        yield raw[end + 1 : end + 1 + size]
        position = end + size + 2


def wanted_entries(
    entries: Mapping[str, CommittedEntry], path: str, target: "LinkTargets"
) -> dict[str, CommittedEntry]:
    """What lies below ``path``, and what links in it lead to, anywhere in the repository.

    ``target`` reads a link.

    Raises:
        UsageError: the commit has nothing at ``path``.
        ChartError: a submodule, a link that leads out of the repository or to nothing, or links without end.
    """
    complete: dict[str, CommittedEntry] = {}
    todo, seen = [(path, "")], set[str]()
    while todo:
        place, whose = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > _MOST_LINKS:
            raise ChartError(f"{path or 'the repository'} holds more than {_MOST_LINKS} links", hint=HOSTILE)
        below = {
            name: entry for name, entry in entries.items() if not place or name == place or name.startswith(f"{place}/")
        }
        link = next((above for above in _above(place) if entries.get(above, CommittedEntry("", "")).mode == _LINK), "")
        if not below and link:  # the way there is a link itself
            below = {link: entries[link]}
            todo.append((_joined(link, target(entries[link].object_id), place.removeprefix(f"{link}/")), whose or link))
        if not below and whose:
            raise ChartError(f"{whose} is a link to something outside the repository", hint="remove the link")
        for name, one in below.items():
            if one.mode == _SUBMODULE:
                raise ChartError(f"{name} is a Git submodule, which is not fetched", hint="name its repository itself")
            if one.mode == _LINK and name not in complete:
                todo.append((_joined(name, target(one.object_id)), name))
        complete |= below
    if not complete:
        raise UsageError(f"there is nothing at {path!r}", hint=_charts_instead(path, entries))
    return complete


def _charts_instead(path: str, entries: Iterable[str]) -> str:
    """Which charts the repository has, and which of them was probably meant."""
    charts = {posixpath.dirname(name) for name in entries if posixpath.basename(name) == "Chart.yaml"} - {""}
    near = nearest(path, charts)
    hint = f"its charts are {listed(sorted(charts), 5)}" if charts else "it holds no Chart.yaml below its top"
    return f"did you mean //{near}? {hint}" if near else hint


class LinkTargets:
    """Reads the target of a link by its id."""

    def __init__(
        self, remote: RemoteRepository, commit: str, entries: Mapping[str, CommittedEntry], budget: Budget
    ) -> None:
        links = {entry.object_id for entry in entries.values() if entry.mode == _LINK}
        self._texts = remote.blobs(commit, links, budget) if links else {}

    def __call__(self, object_id: str) -> str:
        return self._texts[object_id].decode("utf-8", "surrogateescape")


def _above(place: str) -> Iterable[str]:
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _joined(link: str, target: str, rest: str = "") -> str:
    """Where a link leads, from the repository's top; a path that nothing has where it leads out."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, rest))
    return "" if place == "." else place


def write_below(home: Path, entries: Mapping[str, CommittedEntry], blobs: Mapping[str, bytes]) -> None:
    """Files and links as they are committed, below an empty private folder.

    Raises:
        ChartError: a name that cannot be a path, or a file that is in Git LFS.
    """
    for name, entry in sorted(entries.items()):
        try:
            path = home / SafePath(name, "a file in the repository")
        except UnsafePathError as error:
            raise ChartError(error.message, hint=HOSTILE) from error
        data = blobs[entry.object_id]
        if data.startswith(_LFS):
            raise ChartError(f"{name} is stored in Git LFS, which is not read", hint="use a package of the chart")
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode == _LINK:
            path.symlink_to(data.decode("utf-8", "surrogateescape"))
        else:
            path.write_bytes(data)
