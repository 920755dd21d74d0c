"""Where a chart's publisher says what changed: the links of Chart.yaml, and none of its words.

Facts: https://artifacthub.io/docs/topics/annotations/helm/ (``links``, and ``links`` of ``changes``). A repository on
github.com or gitlab.com has its releases at a known address.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.reader import YamlError, load

_PLAIN = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/?#&=+,;%-]*)?")
_LONGEST = 300
_MOST = 4
_MOST_READ = 200
_KINDS = (
    ("release notes", re.compile(r"release[-_ ]?notes|/releases?(?:/|$)", re.IGNORECASE)),
    ("changelog", re.compile(r"change[-_ ]?log|/changes(?:\.md)?$", re.IGNORECASE)),
    ("upgrade notes", re.compile(r"upgrad|migrat", re.IGNORECASE)),
)
_HOSTED = re.compile(r"https?://(?:www\.)?(github\.com|gitlab\.com)/([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)")
_RELEASES = {"github.com": "releases", "gitlab.com": "-/releases"}


@dataclass(frozen=True, slots=True)
class ReleaseLink:
    """``name`` is ours: ``release notes``, ``changelog``, ``upgrade notes``. ``url`` is plain: see ``is_plain``."""

    name: str
    url: str


def is_plain(url: str) -> bool:
    """Whether it is http(s), with a host and no user, of characters that mean nothing in Markdown, HTML or a shell."""
    return len(url) <= _LONGEST and _PLAIN.fullmatch(url) is not None


def release_links(metadata: Mapping[str, Any]) -> tuple[ReleaseLink, ...]:
    """The links of a Chart.yaml, each address once, release notes first. What is not ``is_plain`` is left out."""
    kind_of: dict[str, str] = {}
    for name, url in _said(metadata):
        kind = next((kind for kind, pattern in _KINDS if pattern.search(name) or pattern.search(url)), "")
        if kind and is_plain(url):
            kind_of.setdefault(url, kind)
    for source in (*sequence(metadata.get("sources")), metadata.get("home")):
        match = _HOSTED.match(str(source))
        if match:
            url = f"https://{match[1]}/{match[2]}/{match[3].removesuffix('.git')}/{_RELEASES[match[1]]}"
            kind_of.setdefault(url, "release notes")
    order = [kind for kind, _ in _KINDS]
    links = [ReleaseLink(kind, url) for url, kind in kind_of.items()]
    return tuple(sorted(links, key=lambda link: order.index(link.name))[:_MOST])


def _said(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and addresses, as they stand there."""
    annotations = mapping(metadata.get("annotations"))
    for entry in _entries(annotations.get("artifacthub.io/links")):
        yield str(entry.get("name")), str(entry.get("url"))
    for entry in _entries(annotations.get("artifacthub.io/changes")):
        for link in map(mapping, sequence(entry.get("links"))[:_MOST_READ]):
            yield str(link.get("name")), str(link.get("url"))
    for source in (*sequence(metadata.get("sources"))[:_MOST_READ], metadata.get("home")):
        yield "", str(source)


def _entries(text: Any) -> list[Mapping[str, Any]]:
    try:
        return [mapping(each) for each in sequence(load(text))[:_MOST_READ]] if isinstance(text, str) else []
    except YamlError:
        return []
