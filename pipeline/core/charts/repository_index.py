"""A chart repository's index.yaml: its versions of a chart, and which of them satisfies a range."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from pipeline.core.charts.semver import Range, Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.words import listed
from pipeline.core.yaml.reader import YamlError, load

_NEXT_CHART = re.compile(r"^(?! {2}[- ]|[ \t]*(?:#|$))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of a chart that a repository has. ``digest`` is ``sha256:…``, empty where the index has none."""

    name: str
    version: str
    urls: tuple[str, ...]
    digest: str = ""
    deprecated: bool = False


def offers(text: str, chart: str, *, url: str) -> tuple[Offer, ...]:
    """Every usable version of ``chart`` in an index, in the index's order; ``url`` is the repository's.

    Entries that Helm skips (no version, no URL) are skipped here too.

    Raises:
        WorldError: this is not an index.
        UsageError: the repository has no such chart.
    """
    entries = _entries(text, chart, url)
    if chart not in entries:
        near = difflib.get_close_matches(chart, entries, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"it has {_some(list(entries))}"
        raise UsageError(f"chart {chart!r} isn't in the repository {url}", hint=hint)
    found = (_offer(chart, mapping(entry), url) for entry in sequence(entries[chart]))
    return tuple(offer for offer in found if offer is not None)


def choose(available: tuple[Offer, ...], wanted: str, *, chart: str, where: str) -> Offer:
    """The offer that Helm would take: the very version asked for, else the newest in the range.

    Raises:
        UsageError: ``wanted`` is not a range, or nothing matches it.
    """
    for offer in available:
        if wanted and offer.version == wanted:
            return offer
    try:
        asked = Range.parse(wanted)
    except ValueError as error:
        hint = "a version (1.4.0) or a range in Helm's syntax (^1.4, ~1.4.2, >=1.4 <2)"
        raise UsageError(f"chart {chart!r}: {error}", hint=hint) from error
    by_version = {version: offer for offer in reversed(available) if (version := _version(offer.version))}
    best = asked.best(tuple(by_version))
    if best is None:
        raise UsageError(f"chart {chart!r}: no version in {where} matches {wanted!r}", hint=_nearest(by_version))
    return by_version[best]


def _entries(text: str, chart: str, url: str) -> Mapping[str, Any]:
    try:
        index = mapping(_read(text, chart))
    except YamlError as error:
        raise WorldError(
            f"{url}/index.yaml is not valid YAML: {error}", hint="is this the URL of a chart repository?"
        ) from error
    if not isinstance(index.get("entries"), dict):
        raise WorldError(f"{url}/index.yaml is not a chart repository index", hint="it has no map named entries")
    return mapping(index["entries"])


def _read(text: str, chart: str) -> Any:
    excerpt = _excerpt(text, chart)
    if excerpt:
        try:
            return load(excerpt)
        except YamlError:  # the part leans on another: an alias, a scalar that is not indented
            pass
    return load(text)


def _excerpt(text: str, chart: str) -> str:
    """The one chart's part of a big index as Helm writes it; empty where the text does not look that way.

    An index has up to 20 MB, and a chart's part of it a few hundred kB: the rest need not be parsed.
    """
    if not re.search(r"^entries:$", text, re.MULTILINE) or text.count("\nentries:") > 1:
        return ""
    start = re.search(rf"^  {re.escape(chart)}:\n", text, re.MULTILINE)
    if start is None:
        return ""
    end = _NEXT_CHART.search(text, start.end())
    return "entries:\n" + text[start.start() : end.start() if end else len(text)]


def _offer(chart: str, entry: Mapping[str, Any], url: str) -> Offer | None:
    version = entry.get("version")
    urls = tuple(_joined(url, each) for each in sequence(entry.get("urls")) if isinstance(each, str) and each)
    if not isinstance(version, str) or _version(version) is None or not urls:
        return None
    digest = str(entry.get("digest") or "").removeprefix("sha256:").lower()
    return Offer(chart, version, urls, f"sha256:{digest}" if digest else "", entry.get("deprecated") is True)


def _joined(url: str, each: str) -> str:
    try:
        return urljoin(f"{url}/", each)
    except ValueError:  # it is told when somebody asks for that very version
        return each


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None


def _nearest(versions: Iterable[Version]) -> str:
    newest = sorted(versions, reverse=True)
    if newest and all(version.pre for version in newest):
        found = _some([*map(str, newest)])
        return f"it has only pre-releases ({found}), and a range admits those only if it names one: >=0-0"
    return f"it has {_some([*map(str, newest)])}"


def _some(names: list[str]) -> str:
    return listed(names, 5) or "none"
