"""Which objects contain secret values in plain text, and which contain them encrypted.

A Secret need not be an object of its own: it may stand in a text (a ConfigMap that an operator applies), also in base64
or gzip, and kubectl writes a whole one into an annotation. Nor need its data be a map, or its kind be written as the
API writes it: a cluster refuses a list and ``kind: secret``, but Git takes them.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.core.kube.manifest_text import documents_in, speaks_of_data
from pipeline.core.kube.packed_text import unpacked
from pipeline.core.kube.resource import CRD_KIND, Resource, mapping, sequence

SECRET = "Secret"  # noqa: S105 - the kind's name
SOPS = "sops"
"""The key that sops keeps its record under: no field of any Kubernetes object."""
DATA = ("data", "stringData")
ENCRYPTED_KEYS = f"^({'|'.join(DATA)})$"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ENCRYPTED = "ENC["
_WORD = re.compile(r"(?i)(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))secret(?:list)?(?![A-Za-z0-9])")
_DEEPEST = 3


def base64_text(text: str) -> str:
    """What base64 hides; the text itself where it hides none."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def is_secret(resource: Resource) -> bool:
    """Whether it is one of Kubernetes' own, however its kind is written."""
    return _is(resource.kind, SECRET) and not resource.group


def holds_data(resource: Resource) -> bool:
    """Whether it is a Secret with any value in the open. One that others fill in the cluster has none."""
    if not is_secret(resource):
        return False
    values = [value for key in DATA for value in _scalars(resource.body.get(key))]
    return any(value not in ("", None) for value in values) and not _encrypted(resource, values)


def is_encrypted(resource: Resource) -> bool:
    """Whether it is a Secret as sops writes one; a cluster would take the encrypted text for the value."""
    return is_secret(resource) and bool(mapping(resource.body.get(SOPS)))


def may_hold_secrets(text: str) -> bool:
    """Quickly, of an object's text in YAML or JSON: most objects do not."""
    return _speaks_of_one(text) or any(_speaks_of_one(inside) for inside in _unpacked(text))


def secrets_within(resource: Resource) -> Iterator[Resource]:
    """The Secrets inside an object: in its fields (a template that others create), in annotations, in texts."""
    if resource.kind == CRD_KIND or not _may_hold_secrets(resource):
        return
    hidden = (SOPS, "kind") if is_secret(resource) else (SOPS,)
    body = {key: value for key, value in resource.body.items() if key not in hidden}
    yield from (candidate for candidate in _objects(body) if holds_data(candidate))
    for text in _texts(resource):
        yield from _secrets_in(text)


def holds_data_within(resource: Resource) -> bool:
    """The same of its texts: whether one of them holds a Secret with a value in the open."""
    if any(map(holds_data, secrets_within(resource))):
        return True
    if resource.kind == CRD_KIND or not _may_hold_secrets(resource):
        return False
    return any(speaks_of_data(part) for text in _texts(resource) for _, part in documents_in(text, _speaks_of_one))


def _may_hold_secrets(resource: Resource) -> bool:
    body = {**resource.body, "kind": ""} if is_secret(resource) else resource.body
    try:
        return may_hold_secrets(orjson.dumps(body).decode())
    except TypeError:  # half a surrogate pair
        return True


def _texts(resource: Resource) -> Iterator[str]:
    """Those of its texts that speak of a Secret, unpacked."""
    for text in _scalars({key: value for key, value in resource.body.items() if key != SOPS}):
        if isinstance(text, str):
            yield from (part for part in (text, *_unpacked(text)) if _speaks_of_one(part))


def _speaks_of_one(text: str) -> bool:
    if "ata" not in text or "ind" not in text or "secret" not in text.casefold():  # ten times as fast as the pattern
        return False
    return _WORD.search(text) is not None


def _unpacked(text: str, depth: int = 0) -> Iterator[str]:
    for _, _, inside in unpacked(text):
        yield inside
        if depth < _DEEPEST:
            yield from _unpacked(inside, depth + 1)


def _secrets_in(text: str) -> Iterator[Resource]:
    for document, _ in documents_in(text, _speaks_of_one):
        yield from _objects(document)


def _objects(document: Any) -> Iterator[Resource]:
    """A Secret, those of a list, and those that stand deeper within (``objects: [{kind: Secret …}]``)."""
    if isinstance(document, dict):
        kind = str(document.get("kind") or "")
        if _is(kind, SECRET):
            resource = Resource.of(document)
            if not resource.group:
                yield resource
                return
        below = {"kind": SECRET, "apiVersion": "v1"} if _is(kind, f"{SECRET}List") else {}
        for value in document.values():
            items = [below | item for item in sequence(value) if isinstance(item, dict)]
            for item in (*items, value) if isinstance(value, dict) else items:
                yield from _objects(item)
    elif isinstance(document, list):
        for item in document:
            yield from _objects(item)


def _is(kind: str, name: str) -> bool:
    return kind == name or kind.strip().lower() == name.lower()


def _encrypted(resource: Resource, values: list[object]) -> bool:
    """Not by its record alone, which anybody may write: every value must look encrypted."""
    sealed = all(value in ("", None) or str(value).startswith(_ENCRYPTED) for value in values)
    return is_encrypted(resource) and sealed


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    else:
        yield value
