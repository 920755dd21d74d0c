"""A live object reduced to the fields of its manifest: with live values, without the server's defaults."""

import base64
import binascii
from typing import Any

from pipeline.core.kube.merge_keys import entry_key, merge_key
from pipeline.core.kube.resource import Body, Resource, mapping


def seen_through(manifest: Resource, live: Body) -> Resource:
    """What a comparison holds against a manifest: what the manifest does not have is not its concern."""
    return manifest.with_body(_through("", manifest.body, _with_plain(manifest, live)))


def _with_plain(manifest: Resource, live: Body) -> Body:
    """``stringData`` is write-only: where the manifest has it, what became of it stands under ``data``."""
    plain = mapping(manifest.body.get("stringData")) if manifest.kind == "Secret" else {}
    data = mapping(live.get("data"))
    return {**live, "stringData": {key: _decoded(data[key]) for key in plain if key in data}} if plain else live


def _decoded(text: object) -> str:
    try:
        return base64.b64decode(str(text), validate=True).decode()
    except (binascii.Error, ValueError):
        return str(text)


def _through(key: str, wanted: Any, live: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(live, dict):
        return {name: _through(name, value, live[name]) for name, value in wanted.items() if name in live}
    if isinstance(wanted, list) and isinstance(live, list):
        return _list(key, wanted, live)
    return live


def _list(key: str, wanted: list[Any], live: list[Any]) -> list[Any]:
    """Entries are matched by their merge key; where there is none, by their place."""
    names = merge_key(key, wanted, live)
    if names is None:
        plain = [_through("", one, other) for one, other in zip(wanted, live, strict=False)]
        return plain + live[len(wanted) :]
    known = {entry_key(names, entry): entry for entry in wanted}
    keyed = [(entry_key(names, entry), entry) for entry in live]
    return [_through("", known[step], entry) if step in known else entry for step, entry in keyed]
