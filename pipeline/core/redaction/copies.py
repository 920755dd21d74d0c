"""Where a render copies a Secret's value to: a field of another object, or a key of a map.

A Secret that is left out of the rendered tree, or encrypted there, cannot be asked later what its values are. So the
places of its copies are noted when it is rendered: the places alone, never a value.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.secrets import DATA, holds_data, is_secret
from pipeline.core.redaction.copied import Copied, Copies
from pipeline.core.redaction.forms import decoded
from pipeline.core.redaction.mask import Mask
from pipeline.core.redaction.parts import leaves

_PUBLIC_KEY = re.compile(
    r"(?i)^(?:.*[-_.])?(?:user(?:name)?|login|host(?:name)?|port|database|db|dbname|name|type|region|bucket|namespace|"
    r"provider|engine|email|endpoint|realm|issuer|client[-_.]?id)$|\.(?:crt|cer|pub)$|^ca\.crt$"
)
_CERTIFICATES = re.compile(r"\s*(?:-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----[^-]+-----END [A-Z ]+-----\s*)+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^@\s]*")


@dataclass(frozen=True, slots=True)
class _Text:
    path: Path
    text: str
    key: bool


def copies_of(manifests: ManifestSet, layers: Sequence[Mapping[str, Any]]) -> Copies:
    """Of the Secrets in ``manifests`` that hold data; ``layers`` are the values that people set on the chart."""
    secrets = [resource for resource in manifests.resources if holds_data(resource)]
    if not secrets:
        return Copies()
    every, credentials = Mask(), Mask()
    every.manifests(manifests)
    credentials.manifests(ManifestSet(tuple(r for r in manifests.resources if not is_secret(r))))
    credentials.hidden(text for secret in secrets for text in _credentials(secret))
    for layer in layers:
        every.taken(layer)
    held = cache(every.shows)
    places: dict[Copied, None] = {}
    for resource in manifests.resources:
        if not is_secret(resource) and every.holds_json(resource.body):
            for place_text in _texts(resource.body):
                if held(place_text.text):
                    path, below = _without_values(place_text, held)
                    places[Copied(resource.id, path, credentials.shows(place_text.text), below)] = None
    values = {
        _without_values(place_text, held)[0]
        for layer in layers
        for place_text in _texts(layer)
        if held(place_text.text)
    }
    return Copies(tuple(places), tuple(sorted(values, key=str)))


def texts_at(resource: Resource, places: Iterable[Copied]) -> Iterator[str]:
    """What stands at those of ``places`` that are in this object."""
    exact = {place.path for place in places if place.id == resource.id and not place.below}
    below = [place.path for place in places if place.id == resource.id and place.below]
    if exact or below:
        for place_text in _texts(resource.body):
            if (place_text.path in exact and not place_text.key) or any(
                len(place_text.path) > len(path) and place_text.path[: len(path)] == path for path in below
            ):
                yield place_text.text


def values_at(layer: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[str]:
    """What a values file has at ``paths`` or below."""
    wanted = list(paths)
    if wanted:
        for place_text in _texts(layer):
            if not place_text.key and any(place_text.path[: len(path)] == path for path in wanted):
                yield place_text.text


def _texts(value: Any, path: Path = ()) -> Iterator[_Text]:
    """Every scalar with its path, and every key of a map with its own."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield _Text((*path, str(key)), str(key), key=True)
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))
    elif value is not None and not isinstance(value, bool):
        yield _Text(path, str(value), key=False)


def _without_values(place_text: _Text, held: Callable[[str], bool]) -> tuple[Path, bool]:
    """The path as far as none of its own keys is a value."""
    for number, step in enumerate(place_text.path):
        if isinstance(step, str) and held(step):
            return place_text.path[:number], True
    return place_text.path, False


def _credentials(secret: Resource) -> Iterator[str]:
    for part in DATA:
        data = secret.body.get(part)
        entries = data.items() if isinstance(data, dict) else [("", data)]
        for key, value in entries:
            if _PUBLIC_KEY.search(str(key)):
                continue
            for text in leaves(value):
                plain = decoded(text) if part == DATA[0] else text
                if not _CERTIFICATES.fullmatch(plain) and not _ADDRESS.fullmatch(plain.strip()):
                    yield plain
