"""Encrypts Secrets of a render: only those whose plain text changed, else every render would be a change."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.kube.secrets import DATA, SOPS, holds_data
from pipeline.core.render.rendered_tree import Index, Inputs, Seal, digest
from pipeline.core.yaml.reader import YamlError, load
from pipeline.core.yaml.writer import dump


class Sops(Protocol):
    """Of a Secret's ``data`` and ``stringData``. ``decrypt`` is None where no key is here, as in most CI runs."""

    def __hash__(self) -> int: ...
    def encrypt(self, path: str, values: Mapping[str, Any]) -> Mapping[str, Any]: ...
    def decrypt(self, path: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None: ...
    def decrypt_values(self, path: str, text: str) -> str | None: ...


Read = Callable[[str], bytes | None]


def sealing(index: Index | None, inputs: Inputs, read: Read, find: Callable[[], Sops]) -> Seal:
    """What to write for each object of the release of that ``index``: of a Secret with data, its encrypted form.

    The encrypted values stay where they decrypt to the same. Without a key no one can tell, and they stay where all
    that the render is made of is as the index says, the file was not touched since, and the keys are the same.
    """

    def seal(path: str, resource: Resource, plain: bytes) -> bytes:
        if not holds_data(resource):
            return plain
        values = {key: resource.body[key] for key in DATA if key in resource.body}
        raw = read(path)
        old = _sealed(raw)
        if raw is None or SOPS not in old:
            sealed = find().encrypt(path, values)
        else:
            held = find().decrypt(path, old)
            same = (
                held == values if held is not None else _vouched_for(index, inputs, path, raw) and _alike(old, values)
            )
            sealed = old if same else find().encrypt(path, values)
        return dump({**resource.body, **sealed}).encode()

    return seal


def unsealing(find: Callable[[], Sops]) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """Decrypts what is about to be applied."""

    def unseal(path: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        held = find().decrypt(path, values)
        if held is None:
            raise WorldError(
                f"{path} is encrypted, but there is no key for it",
                hint="export SOPS_AGE_KEY, or see the message of sops",
            )
        return held

    return unseal


def _sealed(raw: bytes | None) -> dict[str, Any]:
    """The encrypted values of a file with sops's record; without one where the file is none of sops's."""
    try:
        body = mapping(load(raw.decode())) if raw is not None else {}
    except (YamlError, UnicodeDecodeError):
        return {}
    return {key: body[key] for key in (*DATA, SOPS) if key in body}


def _vouched_for(index: Index | None, inputs: Inputs, path: str, raw: bytes) -> bool:
    entry = index.files.get(path) if index is not None else None
    return index is not None and index.inputs == inputs and entry is not None and entry.digest == digest(raw)


def _alike(old: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(mapping(old.get(key)).keys() == mapping(values.get(key)).keys() for key in DATA)
