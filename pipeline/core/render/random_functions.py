"""Which templates of a chart make random values, and whether a render contains one, so that a second one is needed.

A second render costs as much as the first. It is made only where an object comes from a template that reaches a random
function, and holds a text that looks random and that no one wrote into values. Functions: Helm's
https://helm.sh/docs/chart_template_guide/function_list/#cryptographic-and-security-functions, and sprig's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pipeline.core.charts.template_text import actions, bodies, calls
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import base64_text

A_SECOND = 1.1
"""What a template that asks for the time needs to show that it does."""
_CLOCK = "now"
_NAMES = (
    *(f"rand{sort}" for sort in ("AlphaNum", "Alpha", "Numeric", "Ascii", "Bytes", "Int")),
    *(f"gen{what}" for what in ("CA", "SelfSignedCert", "SignedCert", "PrivateKey")),
    *("uuidv4", "htpasswd", "bcrypt", "encryptAES", "shuffle", _CLOCK),
)
_FUNCTION = re.compile(rf"\b({'|'.join(_NAMES)})(?:WithKey)?\b")
_TOKEN = re.compile(r"[A-Za-z0-9]{5,}")
_QUOTED = re.compile(r"\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
# Words are lower, camelCase or ACRONYMS with a number at the end; what is made at random is none of these.
_WORD = re.compile(r"(?:[A-Z]?[a-z]{2,}+|[A-Z]{2,}+)++\d{0,3}|v?\d{1,5}(?:[a-z]+\d*)?")
_TIME = re.compile(r"20\d\d-?[01]\d-?[0-3]\d|\b[12]\d{9,}\b|\d\d:\d\d:\d\d")
_UNSAID = frozenset({"apiVersion", "kind", "labels", "helm.sh/chart"})
"""Keys whose texts look random and never are: versions, mostly."""


def by_chance(files: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Each template (path below the chart's folder) with the random functions it reaches, named templates included."""
    texts = {path: text for path, text in files.items() if "templates/" in path}
    named_there = {path for path, text in texts.items() if _names_one(text)}
    if not any(_functions(actions(texts[path])) for path in named_there):
        return {}
    named = {name: body for text in texts.values() for name, body in bodies(text).items()}
    reach = {name: _functions(body) for name, body in named.items()}
    grown = any(reach.values())
    while grown:  # named templates call each other
        wider = {name: reach[name].union(*_reached(named[name], reach)) for name in named}
        grown, reach = wider != reach, wider
    found = {}
    for path, text in texts.items():
        own = _functions(actions(text)) if path in named_there else frozenset()
        found[path] = own.union(*(reach[name] for name in calls(text) if name in reach))
    return {path: functions for path, functions in found.items() if functions}


@lru_cache(maxsize=4096)  # two versions of a chart share most of their texts word for word
def _names_one(text: str) -> bool:
    return any(name in text for name in _NAMES)


def suspects(manifests: ManifestSet, templates: Mapping[str, frozenset[str]], known: Iterable[str]) -> frozenset[str]:
    """The random functions that may have made something in ``manifests``; empty where a second render tells nothing.

    ``templates`` is what ``by_chance`` says, ``known`` are the texts of values, whose words are no one's chance.
    """
    if not templates:
        return frozenset()
    written = list(known)
    found: set[str] = set()
    for resource in manifests.resources:
        functions = templates.get(template_of(resource), frozenset())
        if functions - found and any(_strange(text, functions, written) for text in _texts(resource)):
            found |= functions
    return frozenset(found)


def template_of(resource: Resource) -> str:
    """Below the chart's folder: ``charts/part/templates/a.yaml``."""
    return resource.source.partition("/")[2]


def needs_a_pause(functions: frozenset[str]) -> bool:
    """Whether two renders of one second may look alike and still be made at random."""
    return _CLOCK in functions


def _functions(several: Iterable[str]) -> frozenset[str]:
    called = (_QUOTED.sub("", action) for action in several if _FUNCTION.search(action))
    return frozenset(name for action in called for name in _FUNCTION.findall(action))


def _reached(several: Iterable[str], reach: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    return (reach[name] for action in several for name in calls(action) if name in reach)


def _texts(resource: Resource) -> Iterator[str]:
    """Every text of the object that may be random; checksums are of what stands elsewhere."""
    yield resource.id.name
    for text in _leaves({key: value for key, value in resource.body.items() if key not in _UNSAID}):
        yield base64_text(text) if resource.kind == "Secret" else text


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, below in value.items():
            if key not in _UNSAID and not str(key).startswith("checksum/"):
                yield from _leaves(below)
    elif isinstance(value, list):
        for below in value:
            yield from _leaves(below)


def _strange(text: str, functions: frozenset[str], written: list[str]) -> bool:
    """Whether some part of the text looks random (or like a time) and stands in no values file."""
    if _CLOCK in functions and _TIME.search(text):
        return True
    for token in _TOKEN.findall(text):
        if not _WORD.fullmatch(token) and not any(token in one for one in written):
            return True
    return False
