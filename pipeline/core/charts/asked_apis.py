"""Which APIs a chart's templates ask for, and which its crds/ folders will bring, read from their texts alone.

Both spare renders: a release is rendered again for the APIs of others only where its chart may see the difference.
"""

import re
from collections.abc import Iterable, Mapping

_ASKED, _NAMED = "APIVersions", re.compile(r"\bAPIVersions\.Has\s+[\"`]([^\"`\s]+)[\"`]")
_WHOLE = re.compile(r"\bCapabilities\b(?!\.(?:APIVersions|KubeVersion|HelmVersion|TillerVersion|DefaultVersionSet)\b)")
_NOT_A_TEMPLATE = re.compile(r"(?:charts/[^/]+/)*crds/|.*\.md\Z|.*\bChart\.lock\Z")
"""Helm renders none of crds/, and a README tells people what templates ask; tpl may render any file with actions."""
_DEFINITIONS = re.compile(r"(?:charts/[^/]+/)*crds/")
_DOCUMENT = re.compile(r"(?m)^---")
_GROUP = re.compile(r"(?m)^ {2}group: *[\"']?([\w.-]+)")
_KIND = re.compile(r"(?m)^ {4}kind: *[\"']?(\w+)")
_VERSION = re.compile(r"(?m)^ {2,6}(?:- )?name: *[\"']?(v\d\w*)")


def asked_apis(files: Mapping[str, bytes]) -> frozenset[str] | None:
    """The APIs that a chart's ``files`` ask for by name; None where they may ask for any."""
    if any(path.endswith(".tgz") for path in files):  # what is packed is not seen here
        return None
    apis: set[str] = set()
    for path, data in files.items():
        if b"Capabilities" not in data and b"APIVersions" not in data:
            continue
        if b"{{" not in data and _NOT_A_TEMPLATE.match(path):
            continue
        text = data.decode(errors="replace")
        named = _NAMED.findall(text)
        if len(named) != text.count(_ASKED) or _WHOLE.search(text):
            return None
        apis.update(named)
    return frozenset(apis)


def brought_apis(files: Mapping[str, bytes]) -> frozenset[str]:
    """The APIs of the CRDs below crds/, as far as their usual form shows: a guess, to be held against the render."""
    texts = (data.decode(errors="replace") for path, data in files.items() if _DEFINITIONS.match(path))
    return frozenset(api for text in texts for document in _DOCUMENT.split(text) for api in _of_one(document))


def _of_one(document: str) -> Iterable[str]:
    group, kind = _GROUP.search(document), _KIND.search(document)
    if group is None or kind is None:
        return
    for version in _VERSION.findall(document):
        yield from (f"{group[1]}/{version}", f"{group[1]}/{version}/{kind[1]}")
