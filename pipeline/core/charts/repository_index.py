"""A chart repository's index.yaml: its versions of a chart, and which of them Helm takes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.core.charts.chart_urls import repository_file, shown_url
from pipeline.core.charts.nearest_names import near, nearest_versions
from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.reader import DuplicateKey, YamlError, YamlLimitError, load_all

_ENTRIES = re.compile(r"^entries:[ \t]*\n", re.MULTILINE)
_NEXT = re.compile(r"\n(?:  (?![ \t\n#-])|[^\s#])")
"""Where a chart's part ends: at the next chart, or at the next key of the index."""
_END = re.compile(r"^[^\s#]", re.MULTILINE)
# A chart's name as Helm writes it, or else (the last group) anything at its indentation but a list's item.
_KEY = re.compile(r"""\n  (?:(["']?)([A-Za-z0-9][^\s:"']*)\1:[ \t]*(?:#[^\n]*)?(?=\n|\Z)|(?![ \t\n#-])([^\n]*))""")
_LARGEST_WHOLE = 16 * 1024 * 1024
"""Characters of an index that is parsed whole because it is not as Helm writes it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of a chart that a repository has. ``digest`` is ``sha256:…``, empty where the index has none.

    ``created`` is when it was published, as the index has it (RFC 3339).
    """

    name: str
    version: str
    urls: tuple[str, ...]
    digest: str = ""
    deprecated: bool = False
    created: str = ""
    app_version: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryIndex:
    """An index as text, with where each chart's part of it lies.

    An index has up to 100 MB, and a chart's part of it a few hundred kB: the rest need not be parsed. ``starts`` says
    where each chart's part begins in an index as Helm writes it; ``whole`` is any other index, parsed.
    """

    url: str
    text: str = field(repr=False)
    starts: Mapping[str, int] = field(hash=False, repr=False)
    whole: Mapping[str, Any] | None = field(hash=False, repr=False)

    @classmethod
    def read(cls, text: str, url: str) -> "RepositoryIndex":
        """``url`` is the repository's.

        Raises:
            WorldError: this is not an index, or it names a chart twice, for which Helm refuses the whole of it.
        """
        starts = _starts(text, url)
        return cls(url, text, starts or {}, _whole(text, url) if starts is None else None)

    def offers(self, chart: str) -> tuple[Offer, ...]:
        """Every usable version of ``chart``, in the index's order. What Helm skips (no version, no URL) is skipped.

        Raises:
            UsageError: the repository has no such chart.
            WorldError: its part of the index cannot be read.
        """
        if self.whole is not None:
            entries: Mapping[str, Any] = self.whole
        elif chart in self.starts:
            entries = self._part(self.starts[chart])
        else:
            entries = {}
        if chart not in entries:
            known = self.starts if self.whole is None else self.whole
            raise UsageError(
                f"chart {chart!r} isn't in the repository {shown_url(self.url)}", hint=near(chart, list(known))
            )
        entries_read = (_offer(chart, mapping(entry), self.url) for entry in sequence(entries[chart]))
        return tuple(offer for offer in entries_read if offer is not None)

    def _part(self, start: int) -> Mapping[str, Any]:
        end = _NEXT.search(self.text, start)
        try:
            index = _yaml("entries:\n" + self.text[start : end.start() + 1 if end else None], self.url)
        except WorldError:
            if len(self.text) > _LARGEST_WHOLE:
                raise
            return _whole(self.text, self.url)  # the part may lean on another, by an alias
        return mapping(mapping(index).get("entries"))


def offers(text: str, chart: str, *, url: str) -> tuple[Offer, ...]:
    """Every usable version of ``chart`` in one index; raises as ``RepositoryIndex`` does."""
    return RepositoryIndex.read(text, url).offers(chart)


def choose(available: tuple[Offer, ...], wanted: str, *, chart: str, where: str) -> Offer:
    """The offer that Helm would take: the very version asked for, else the newest in the range.

    Raises:
        UsageError: ``wanted`` is not a range, nothing matches it, or several are equal: which of them Helm takes is
            chance (it sorts without keeping the order of equals).
    """
    same = [offer for offer in available if wanted and offer.version == wanted]
    if same:
        return _only(same, chart, where)
    asked = range_of(wanted, chart)
    versions = {version for offer in available if (version := Version.or_none(offer.version))}
    best = asked.best(tuple(versions))
    if best is None:
        hint = nearest_versions(wanted, versions)
        raise UsageError(f"chart {chart!r}: no version in {where} matches {wanted!r}", hint=hint)
    return _only([offer for offer in available if Version.or_none(offer.version) == best], chart, where)


def range_of(wanted: str, chart: str) -> Range:
    """Raises UsageError where ``wanted`` is not a version range."""
    try:
        return Range.parse(wanted)
    except ValueError as error:
        hint = "a version (1.4.0) or a range in Helm's syntax (^1.4, ~1.4.2, >=1.4 <2)"
        raise UsageError(f"chart {chart!r}: {error}", hint=hint) from error


def equal_versions(names: Iterable[str], chart: str, where: str) -> UsageError:
    """That versions differ only in what does not count."""
    texts = sorted(set(names))
    hint = f"pin the one you want: version: {texts[0]}"
    return UsageError(f"chart {chart!r}: {' and '.join(texts)} in {where} are equal versions", hint=hint)


def _only(equal: list[Offer], chart: str, where: str) -> Offer:
    if len({offer.version for offer in equal}) > 1:
        raise equal_versions((offer.version for offer in equal), chart, where)
    if len({offer.digest or offer.urls for offer in equal}) > 1:
        hint = f"name the archive that you want by its URL: chart: {shown_url(equal[0].urls[0])}"
        raise UsageError(f"chart {chart!r}: {where} has version {equal[0].version} twice, and they differ", hint=hint)
    return equal[0]


def _starts(text: str, url: str) -> Mapping[str, int] | None:
    """Where each chart's part begins; None where the text is not laid out as Helm writes it."""
    begin = _ENTRIES.search(text)
    if begin is None or len(_ENTRIES.findall(text)) > 1 or text.lstrip().startswith("{"):
        return None
    last = _END.search(text, begin.end())
    end = last.start() if last else len(text)
    starts: dict[str, int] = {}
    for match in _KEY.finditer(text, begin.end() - 1, end):
        _, name, other = match.groups()
        if other is not None:
            return None
        if name in starts:
            raise _twice(name, url)
        starts[name] = match.start() + 1
    return starts or None


def _whole(text: str, url: str) -> Mapping[str, Any]:
    if len(text) > _LARGEST_WHOLE:
        message = f"{shown_url(url)}: its index of {len(text) // 2**20} MiB is not laid out as Helm writes it"
        raise WorldError(message, hint="ask its publisher, or name the chart by its archive's URL")
    index = _json(text)
    entries = mapping(_yaml(text, url) if index is None else index).get("entries")
    if not isinstance(entries, dict):
        message = f"{shown_url(url)}/index.yaml is not a chart repository index"
        raise WorldError(message, hint="it has no map named entries")
    return entries


def _json(text: str) -> Any:
    """As Helm, which reads an index that is JSON as such; None for YAML."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _yaml(text: str, url: str) -> Any:
    twice: list[DuplicateKey] = []
    try:
        documents = load_all(text, twice)
    except YamlLimitError as error:
        message = f"{shown_url(url)}/index.yaml is too large: {error}"
        raise WorldError(message, hint="ask its publisher, or name the chart by its archive's URL") from error
    except YamlError as error:
        hint = "is this the URL of a chart repository?"
        raise WorldError(f"{shown_url(url)}/index.yaml is not valid YAML: {error}", hint=hint) from error
    if twice:
        raise _twice(twice[0].key, url)
    return documents[0] if documents else None


def _twice(key: str, url: str) -> WorldError:
    message = f"{shown_url(url)}/index.yaml has {key!r} twice, and Helm refuses such an index"
    return WorldError(message, hint="ask its publisher, or name the chart by its archive's URL")


def _offer(chart: str, entry: Mapping[str, Any], url: str) -> Offer | None:
    version = entry.get("version")
    urls = tuple(_joined(url, each) for each in sequence(entry.get("urls")) if isinstance(each, str) and each)
    if not isinstance(version, str) or Version.or_none(version) is None or not urls:
        return None
    given = entry.get("digest")
    digest = "" if given is None else str(given).removeprefix("sha256:").lower()  # 0 is no digest, and not none
    known = f"sha256:{digest}" if digest else ""
    created, application = (str(entry.get(key) or "") for key in ("created", "appVersion"))
    return Offer(chart, version, urls, known, entry.get("deprecated") is True, created, application)


def _joined(url: str, each: str) -> str:
    try:
        return repository_file(url, each)
    except ValueError:  # it is reported when that version is requested
        return each
