"""Parses container images, and describes how one image differs from another."""

import re
from dataclasses import dataclass

from pipeline.core.charts.semver import Version
from pipeline.core.diff.change import FieldChange
from pipeline.core.risk.finding import Severity

_HUB = "docker.io"
_A_YEAR = 1900
_MOVING = frozenset({"", "latest"})
"""Tags that name whatever is newest; no tag is ``latest``."""
_NUMBER = re.compile(
    r"(v?\d+(?:\.\d+){0,2})(?:-(alpha|beta|rc|pre|preview|snapshot)[.-]?(\d*)(?![A-Za-z\d]))?", re.IGNORECASE
)
"""With the word of a version that comes before the release: ``1.2.0-rc1``. Other words name a variant: ``-alpine``."""
IMAGE_KEY = re.compile(r"tag|version|digest|sha|sha256|image|repository|registry", re.IGNORECASE)
"""Keys that make up an image's reference, by charts' custom."""


@dataclass(frozen=True, slots=True)
class Image:
    """``registry.example.org/team/app:1.2.3-alpine@sha256:…`` by its parts."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The repository as people write it, the same in every registry that mirrors it."""
        return self.repository.removeprefix("library/")

    @property
    def version(self) -> Version | None:
        """The number in the tag; None for none, and for a date or a commit, which tell nothing of before and after."""
        match = _NUMBER.match(self.tag)
        number, word, count = match.groups() if match else ("", "", "")
        early = f"-{word.lower()}.{int(count or 0)}" if word else ""
        version = Version.or_none(number + early)
        return version if version is not None and version.numbers[0] < _A_YEAR else None

    @property
    def variant(self) -> str:
        """What follows the number: ``-alpine``."""
        match = _NUMBER.match(self.tag)
        return self.tag[match.end() :] if match else ""


_REFERENCE = re.compile(r"(?:[\w.-]+(?::\d+)?/)*[\w.-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?")


def names_image(field: FieldChange) -> bool:
    """Whether a changed path of a custom resource is an image: ``spec.image``, ``spec.agent.image``."""
    both = (field.old, field.new)
    texts = all(isinstance(value, str) and _REFERENCE.fullmatch(value) for value in both)
    return texts and str(field.path[-1]).endswith(("image", "Image"))


def image(text: str) -> Image:
    """Split a reference as the OCI distribution specification names its parts; the Hub's short names are completed."""
    name, _, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    path = f"{head}{slash}{last}"
    first, _, rest = path.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return Image(first, rest, tag, digest)
    return Image(_HUB, path if "/" in path else f"library/{path}", tag, digest)


def grade(old: Image, new: Image) -> Severity:
    """A new tag is why people upgrade; another place, a major step or a step back deserve a look."""
    before, after = old.version, new.version
    if moves_back(old, new) and old.name == new.name:
        return Severity.HIGH
    if moves_back(old, new) or unpinned(old, new) or old.name != new.name or retagged(old, new):
        return Severity.MEDIUM
    if before and after and after.numbers[0] != before.numbers[0]:
        return Severity.MEDIUM
    if before is None or after is None:  # how far it moves cannot be told
        return Severity.LOW
    return Severity.LOW if old.registry != new.registry or old.variant != new.variant else Severity.INFO


def unpinned(old: Image, new: Image) -> bool:
    """Whether the same reference may name another image tomorrow: its digest is gone, or its tag moves by custom."""
    return not new.digest and (bool(old.digest) or (new.tag in _MOVING and old.tag not in _MOVING))


def retagged(old: Image, new: Image) -> bool:
    """Whether one tag of one repository names another image now, and is no tag that moves by custom."""
    same = (old.registry, old.repository, old.tag) == (new.registry, new.repository, new.tag)
    return same and bool(old.digest and new.digest) and old.digest != new.digest and new.tag not in _MOVING


def moves_back(old: Image, new: Image) -> bool:
    """Whether the version is lower; of images that are not even called the same, the numbers tell nothing."""
    before, after = old.version, new.version
    alike = old.repository.rpartition("/")[2] == new.repository.rpartition("/")[2]
    return alike and before is not None and after is not None and after < before
