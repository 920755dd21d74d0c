"""Equal entries of managedFields, held once: most objects of a kind are written alike.

Of a small object they are the larger part, in a dozen maps: of 5,000 objects they took a seventh of the memory.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

_MOST = 10_000
"""So many different ones are remembered. Beyond that they are hardly alike."""


@dataclass(frozen=True, slots=True)
class SharedFields:
    """Thread-safe. What is shared is never changed: see core/cluster/plan/field_repairs.py."""

    _known: dict[bytes, Any] = field(default_factory=dict, repr=False)

    def within(self, body: Any) -> None:
        """Replace the ``fieldsV1`` of an object, or of a list's items, that came from the server just now."""
        items = body.get("items") if isinstance(body, dict) else None
        for item in (body, *(items if isinstance(items, list) else ())):
            for entry in _entries(item):
                if isinstance(entry, dict) and isinstance(entry.get("fieldsV1"), dict):
                    entry["fieldsV1"] = self._shared(entry["fieldsV1"])

    def _shared(self, fields: Any) -> Any:
        text = orjson.dumps(fields)
        known = self._known.get(text)
        if known is None and len(self._known) < _MOST:
            known = self._known.setdefault(text, fields)
        return fields if known is None else known


def _entries(body: Any) -> list[Any]:
    metadata = body.get("metadata") if isinstance(body, dict) else None
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    return entries if isinstance(entries, list) else []
