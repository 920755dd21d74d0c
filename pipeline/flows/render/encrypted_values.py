"""Values files that sops encrypted: decrypted in memory for the render, and never written in the open."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.values import values_of
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping
from pipeline.core.kube.secrets import SOPS

if TYPE_CHECKING:
    from pipeline.flows.render.seal import Sops

_ENCRYPTED = "ENC["
_INSTALL = "install sops 3.9 or newer, and export the key (SOPS_AGE_KEY)"


def is_sealed(data: Mapping[str, Any]) -> bool:
    """Whether sops made the file: its record has a checksum."""
    return "mac" in mapping(data.get(SOPS))


def opened(layer: ValuesLayer, find: Callable[[], "Sops"]) -> ValuesLayer:
    """The decrypted layer of an encrypted one.

    Raises:
        WorldError: there is no sops here or no key, or the file was tampered with.
    """
    try:
        sops = find()
    except WorldError as error:
        raise WorldError(f"{layer.file} is encrypted, but sops is not installed", hint=_INSTALL) from error
    text = _decrypted(sops, layer.file, layer.text)
    if text is None:
        message = f"{layer.file} is encrypted, but there is no key for it here"
        raise WorldError(message, hint="export SOPS_AGE_KEY, or ask sops --decrypt which key it needs")
    data = values_of(text)
    return ValuesLayer(layer.file, text, data, sealed=layer.text, secrets=frozenset(_secrets(layer.data, data)))


@lru_cache(maxsize=256)  # a file of several environments is decrypted once
def _decrypted(sops: "Sops", file: str, text: str) -> str | None:
    return sops.decrypt_values(file, text)


def _secrets(sealed: Any, data: Any) -> Iterator[str]:
    """The values whose place in the file holds an encrypted text."""
    if isinstance(sealed, dict) and isinstance(data, dict):
        for key, value in data.items():
            yield from _secrets(sealed.get(key), value)
    elif isinstance(sealed, list) and isinstance(data, list):
        for file, value in zip(sealed, data, strict=False):
            yield from _secrets(file, value)
    elif isinstance(sealed, str) and sealed.startswith(_ENCRYPTED) and not isinstance(data, bool):
        yield str(data)
