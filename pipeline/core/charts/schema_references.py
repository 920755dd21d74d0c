"""External references of a values.schema.json: Helm would read them from the network or from any file.

Helm resolves a relative reference against the root of the file system, never inside the chart. So only references
within one schema are safe, and those to the metaschemas that Helm's library brings.
"""

import json
import re
from typing import Any
from urllib.parse import urldefrag, urljoin

SCHEMA_FILE = "values.schema.json"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_METASCHEMA = re.compile(
    r"https?://json-schema\.org/(schema|draft-0[467]/schema|draft/20(19-09|20-12)/(schema|(meta/[a-z-]+)))#?"
)
_BASE = "file:///values.schema.json"


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
    own = _own_names(schema)
    found: list[str] = []
    todo = [schema]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            found += _out(value, own)
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return sorted(set(found))


def _out(value: dict[str, Any], own: set[str]) -> list[str]:
    texts = [value[key] for key in _REFERENCES if isinstance(value.get(key), str)]
    base = next(iter(sorted(own - {_BASE})), _BASE)
    out = [text for text in texts if not text.startswith("#") and urldefrag(_join(base, text)).url not in own]
    dialect = value.get("$schema")
    if isinstance(dialect, str) and not _METASCHEMA.fullmatch(dialect):
        out.append(dialect)
    return [text for text in out if not _METASCHEMA.fullmatch(urldefrag(text).url)]


def _own_names(schema: Any) -> set[str]:
    """What the schema is called. Its own ``$id`` counts where every dialect honours it: at the top, beside no $ref."""
    names = {_BASE}
    if not isinstance(schema, dict) or "$ref" in schema or "draft-04" in str(schema.get("$schema", "")):
        return names
    name = schema.get("$id")
    return names | {urldefrag(_join(_BASE, name)).url} if isinstance(name, str) else names


def _join(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # "http://[": nothing that can be known
        return reference
