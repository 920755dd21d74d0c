"""A chart as its archive holds it, with the user's values: what the chart and values rules read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ValuesLayer:
    """One values file in the order Helm merges them (later wins). ``text`` is what Helm gets."""

    file: str
    text: str
    data: Mapping[str, Any] = field(hash=False)
    sealed: str = ""
    """What the file holds, where it is encrypted: ``text`` and ``data`` are then decrypted, and never written."""
    secrets: frozenset[str] = frozenset()
    """The values that were encrypted."""

    @property
    def written(self) -> str:
        """The text as the file has it: for its digest, and for lines in it."""
        return self.sealed or self.text


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart version, unpacked in memory.

    ``files`` maps each path below the chart's own folder (``templates/x.yaml``, ``charts/sub/values.yaml``) to its
    text, undecodable files left out of it but named in ``names``. ``metadata`` is Chart.yaml, ``defaults`` values.yaml,
    ``schema`` values.schema.json. Packed subcharts (``charts/sub-1.2.3.tgz``) appear unpacked as ``charts/sub/…``.
    ``digest`` is ``sha256:…`` of the archive, or of the tree for a directory.
    """

    name: str
    version: str
    digest: str
    metadata: Mapping[str, Any] = field(hash=False)
    defaults: Mapping[str, Any] = field(hash=False)
    schema: Mapping[str, Any] | None = field(default=None, hash=False)
    files: Mapping[str, str] = field(default_factory=dict, hash=False)
    names: frozenset[str] = frozenset()
    archive: str = ""
    """``sha256:…`` of the package it came as; empty for a chart from a folder, which its owner may edit."""


@dataclass(frozen=True, slots=True, order=True)
class Dependency:
    """A chart that was fetched into another. ``path`` is its folder there: ``charts/sub``, ``charts/sub/charts/leaf``.

    ``archive`` is the digest of its package, empty for one that lies in this repository. ``revision`` is as in Fetched.
    """

    path: str
    name: str
    version: str
    source: str
    archive: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A chart as it came: ``files`` below its own folder, dependencies unpacked.

    ``archive`` is the digest of the package (``sha256:…``), empty for a directory; ``source`` where it came from.
    """

    name: str
    version: str
    source: str
    files: Mapping[str, bytes] = field(hash=False)
    archive: str = ""
    dependencies: tuple[Dependency, ...] = ()
    """Nested ones too, sorted by path. What was packed inside the archive is part of its digest, and not named."""
    revision: str = ""
    """What a moving name stood for: the digest of an OCI manifest (``sha256:…``), a Git commit; empty elsewhere."""
    app_version: str = ""
    """As its Chart.yaml says."""
    provenance: str = ""
    """By which key it was signed; empty where no key is demanded."""
    left_out: tuple[str, ...] = ()
    """Files of chart folders of this repository that Git ignores, by their paths from the repository's root."""


@dataclass(frozen=True, slots=True)
class VendoredTree:
    """A vendored chart as it lies on disk.

    ``strange`` is what ``pipeline vendor`` never writes, by its path, with what it is: a link, a device, executable.
    """

    files: Mapping[str, bytes] = field(hash=False)
    strange: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str:
        return tree_digest(self.files, self.strange)


def tree_digest(files: Mapping[str, bytes], strange: Mapping[str, str] | None = None) -> str:
    """``sha256:…`` over the sorted paths and contents, and over what is ``strange``; times do not count."""
    return tree_digest_of({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}, strange or {})


def tree_digest_of(digests: Mapping[str, str], strange: Mapping[str, str]) -> str:
    """The same, of what is known by its digests: SHA-256 in hex, by path."""
    whole = hashlib.sha256()
    for name in sorted(digests):
        whole.update(b"%b  %b\n" % (digests[name].encode(), _bytes(name)))
    for name, what in sorted(strange.items()):
        whole.update(b"%b  %b\n" % (_bytes(what), _bytes(name)))
    return f"sha256:{whole.hexdigest()}"


def _bytes(name: str) -> bytes:
    """A file's name may be anything."""
    return name.encode("utf-8", "surrogateescape")
