"""Validates one map of a built-in object as the API server does: single fields, and rules across fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.marks import is_marked
from pipeline.core.kube.validation.constraints import Constraint, constraints
from pipeline.core.kube.validation.invalid import STATEFUL_TEMPLATES_SINCE, Invalid
from pipeline.core.kube.validation.spans import SPANS
from pipeline.core.yaml.positions import Steps

_META = "meta.v1.ObjectMeta"
_NAMED_BY_SERVER = "core.v1.LimitRange"
"""A server takes one without a name (asked of 1.37.2)."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The checks of one object: ``kind`` is its type in the API (``apps.v1.Deployment``), ``body`` all of it."""

    kind: str
    minor: int
    body: Mapping[str, Any]

    def faults(self, type_name: str, value: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
        """What is wrong with ``value``, a map of that type at ``path``; deeper maps are not looked into."""
        if self.unchecked(path):
            return
        yield from self._table(type_name, value, path)
        if type_name == _META and path == ("metadata",):
            yield from self._table(f"{self.kind}.metadata", value, path)
            if not value.get("name") and not value.get("generateName") and self.kind != _NAMED_BY_SERVER:
                yield Invalid((*path, "name"), "name", "set", "", missing=True)
        if not path and not value.get("metadata") and self.kind != _NAMED_BY_SERVER:
            yield Invalid(("metadata", "name"), "name", "set", "", missing=True)
        for span in SPANS.get(type_name, ()):
            yield from (invalid for invalid in span(value, path, self) if not is_marked(invalid.found))

    def unchecked(self, path: Steps) -> bool:
        """Whether the server of this minor does not look at what is there."""
        if path[:1] == ("status",):
            return True  # no one's to write: the server takes no status with an object
        if path[:2] == ("spec", "volumeClaimTemplates") and path[3:4] == ("metadata",):
            return True  # the labels and annotations of a claim's template are not validated
        old = self.kind == "apps.v1.StatefulSet" and self.minor < STATEFUL_TEMPLATES_SINCE
        return old and (path[:3] == ("spec", "template", "spec") or path[:2] == ("spec", "volumeClaimTemplates"))

    def _table(self, type_name: str, value: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
        asked = constraints(type_name, self.minor)
        for field, constraint in asked.values.items():
            if (item := value.get(field)) is not None:
                yield from _values(constraint, item, (*path, field), field)
        for field, constraint in asked.keys.items():
            if isinstance(item := value.get(field), dict):
                for key in item:
                    if isinstance(key, str) and (wanted := constraint.check(key)) and not is_marked(key):
                        yield Invalid((*path, field, key), field, wanted, key, key=True)
        for field in asked.required:
            if value.get(field) in (None, "", []) and not self.unchecked((*path, field)):
                yield Invalid((*path, field), field, "set", value.get(field), missing=True)


def _values(constraint: Constraint, item: Any, path: Steps, field: str) -> Iterator[Invalid]:
    """A scalar, or each scalar of a list or map."""
    if isinstance(item, list | dict):
        for step, inner in enumerate(item) if isinstance(item, list) else item.items():
            if not isinstance(inner, list | dict) and inner is not None:
                yield from _values(constraint, inner, (*path, step), field)
    elif not isinstance(item, bool) and (wanted := constraint.check(item)) and not is_marked(item):
        yield Invalid(path, field, wanted, item)
