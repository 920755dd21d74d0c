"""External references of a values.schema.json: Helm would read them from the network or from any file.

Helm resolves a relative reference against the root of the file system, never inside the chart. So only references
within one schema are safe, to what it bundles under a name too, and those to the metaschemas that Helm's library has.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin

from pipeline.core.kube.resource import mapping

SCHEMA_FILE = "values.schema.json"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_METASCHEMA = re.compile(
    r"https?://json-schema\.org/(schema|draft-0[467]/schema|draft/20(19-09|20-12)/(schema|(meta/[a-z-]+)))#?"
)
_BASE = "file:///values.schema.json"
_NAMES = ("$id", "id")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:[^#\s]+")
_NEWEST = "https://json-schema.org/draft/2020-12/schema"
_BUNDLES = {
    "http://json-schema.org/draft-06/schema": ("definitions",),
    "http://json-schema.org/draft-07/schema": ("definitions",),
    "https://json-schema.org/draft/2019-09/schema": ("definitions", "$defs"),
    _NEWEST: ("definitions", "$defs"),
}
"""Where each dialect keeps schemas for others to refer to. Draft 4 names them by another keyword."""


class SchemaError(Exception):
    """A schema that cannot be read."""


def leading_out(text: str) -> list[str]:
    """The references that lead out of the schema, as they are written, each once.

    Raises:
        SchemaError: ``text`` is not valid JSON, or nested too deeply to be read.
    """
    try:
        schema = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else f"not valid JSON: {error}"
        raise SchemaError(f"it is {reason}") from error
    known = _Known.of(schema)
    return sorted({text for value in _maps(schema) for text in _out(value, known)})


def _maps(schema: Any) -> Iterator[dict[str, Any]]:
    todo = [schema]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield value
            todo += value.values()
        elif isinstance(value, list):
            todo += value


@dataclass(frozen=True, slots=True)
class _Known:
    """The names under which a schema holds something. ``base`` is what a relative reference is joined to.

    It is empty where a part has a name of its own: from there on, a reference is joined to that, which may lead out.
    """

    names: frozenset[str]
    base: str

    @classmethod
    def of(cls, schema: Any) -> "_Known":
        named = Counter(value[key] for value in _maps(schema) for key in _NAMES if isinstance(value.get(key), str))
        own = _own_name(schema)
        bundled = {name for name in _bundled(schema) if named[name] == 1}
        inner = named - Counter([own] if own else [])
        top = urldefrag(_join(_BASE, own)).url if own else _BASE
        return cls(frozenset({_BASE, top, *bundled}), "" if inner else top)

    def holds(self, reference: str) -> bool:
        if reference.startswith("#"):
            return True
        if _ABSOLUTE.match(reference):
            return urldefrag(reference).url in self.names
        return bool(self.base) and urldefrag(_join(self.base, reference)).url in self.names


def _out(value: dict[str, Any], known: _Known) -> list[str]:
    out = [value[key] for key in _REFERENCES if isinstance(value.get(key), str) and not known.holds(value[key])]
    dialect = value.get("$schema")
    if isinstance(dialect, str) and not _METASCHEMA.fullmatch(dialect):
        out.append(dialect)
    return [text for text in out if not _METASCHEMA.fullmatch(urldefrag(text).url)]


def _own_name(schema: Any) -> str:
    """The schema's own ``$id``, where every dialect honours it: at the top, beside no $ref."""
    if not isinstance(schema, dict) or "$ref" in schema or "draft-04" in str(schema.get("$schema", "")):
        return ""
    name = schema.get("$id")
    return name if isinstance(name, str) else ""


def _bundled(schema: Any) -> Iterator[str]:
    """The names of schemas that this one brings with it, where Helm's library is sure to look for them."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return
    dialect = schema.get("$schema", _NEWEST)
    places = _BUNDLES.get(dialect.removesuffix("#") if isinstance(dialect, str) else "", ())
    for part in [part for place in places for part in mapping(schema.get(place)).values() if isinstance(part, dict)]:
        name, same = part.get("$id"), part.get("$schema") in (None, schema.get("$schema"))
        if isinstance(name, str) and _WHOLE.fullmatch(name) and same and "$ref" not in part:
            yield name


def _join(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # "http://[": nothing that can be known
        return reference
