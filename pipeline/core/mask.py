"""Keeps secret values out of everything that is shown: first by structure, then by taint.

By structure: what stands under ``data`` and ``stringData`` of a Secret is replaced before anything is compared, so that
no rule and no presentation ever holds it. Equal values get equal numbers, so a change is still seen as one. By taint:
the same values are replaced wherever else they turn up in the report (a ConfigMap's copy, an environment variable).
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from pipeline.core.resource import Body, ManifestSet, Resource, mapping

SECRET = "Secret"  # noqa: S105 - the kind's name
_SHORTEST_TAINT = 6
"""A shorter value is as likely as not to be part of an ordinary word: replacing it would garble the report."""


class Mask:
    """Numbers each secret value on first sight. Not frozen: it learns while the snapshots are read."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: set[str] = set()

    def manifests(self, manifests: ManifestSet) -> ManifestSet:
        """The same with masked Secrets."""
        self._names.update(resource.id.name for resource in manifests.resources)
        self._names.update(resource.id.namespace for resource in manifests.resources)
        return ManifestSet(self._all(manifests.resources), self._all(manifests.duplicates))

    def pattern(self) -> re.Pattern[str] | None:
        """What to look for in text; None where there is nothing. Names of objects are in the open anyway."""
        tainted = self.tainted()
        if not tainted:
            return None
        return re.compile("|".join(re.escape(text) for text in sorted(tainted, key=lambda text: (-len(text), text))))

    def tainted(self) -> frozenset[str]:
        """The values that must not be shown anywhere: those that are long enough to be told from ordinary words."""
        return frozenset(text for text in self._numbers if len(text) >= _SHORTEST_TAINT) - self._names

    def text(self, text: str) -> str:
        """``text`` with every known value replaced."""
        pattern = self.pattern()
        return text if pattern is None else pattern.sub(lambda match: self.label(match.group()), text)

    def label(self, value: str) -> str:
        return f"<secret #{self._numbers.setdefault(value, len(set(self._numbers.values())) + 1)}>"

    def values(self) -> frozenset[str]:
        return frozenset(self._numbers)

    def _all(self, resources: Iterable[Resource]) -> tuple[Resource, ...]:
        return tuple(self._resource(resource) for resource in resources)

    def _resource(self, resource: Resource) -> Resource:
        if resource.kind != SECRET or resource.group:
            return resource
        masked: Body = {
            key: {name: self._entry(key, value) for name, value in mapping(resource.body[key]).items()}
            for key in ("data", "stringData")
            if isinstance(resource.body.get(key), dict)
        }
        return resource.with_body({**resource.body, **masked}) if masked else resource

    def _entry(self, key: str, value: Any) -> str:
        text = value if isinstance(value, str) else "" if value is None else str(value)
        plain = _decoded(text) if key == "data" else text
        label = self.label(plain)
        if plain != text:
            self._numbers[text] = self._numbers[plain]
        return label


def _decoded(text: str) -> str:
    """What base64 hides; the text itself where it is not base64, or not text below."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text
