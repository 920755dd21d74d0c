"""Reads YAML exactly as Kubernetes and Helm do (sigs.k8s.io/yaml), fast: from libyaml's event stream.

PyYAML's own loaders read 34 of 250 cases differently (``=``, ``1:30``, ``0o17``, dates), and cost three times as much.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from pipeline.core.yaml.events import parser_of
from pipeline.core.yaml.scalars import key_text, resolve

_MAX_NODES = 3_000_000
"""Nodes after aliases are expanded: far above any real manifest, far below what a bomb needs to hurt."""
DEEPEST = 220
"""Levels of lists and maps, aliases expanded: the deepest CRDs have 60, and what writes JSON here ends at 250."""
_CORE = "tag:yaml.org,2002:"


class YamlError(ValueError):
    """Text that is not valid YAML. ``line`` and ``column`` count from 1; 0 where unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.message, self.line, self.column = message, line, column


class YamlLimitError(YamlError):
    """YAML that holds more than anything here may."""


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A key given twice in one map: Kubernetes takes the last silently."""

    key: str
    line: int


def load(text: str) -> Any:
    """The first document of ``text``; None where there is none.

    Raises:
        YamlError: it is not valid YAML.
    """
    documents = load_all(text)
    return documents[0] if documents else None


def load_all(text: str, duplicates: list[DuplicateKey] | None = None) -> list[Any]:
    """Every document of ``text`` as JSON values, None for an empty one. Keys given twice go into ``duplicates``.

    Raises:
        YamlError: it is not valid YAML, or holds more than any manifest (YamlLimitError).
    """
    parser = parser_of(text)
    try:
        return _Reader(parser.get_event, duplicates).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YamlError(error.problem or "not YAML", *where) from error
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise YamlError("nested too deep") from error
    finally:
        parser.dispose()


class _Plain(dict[str, Any]):
    """Memo of plain scalars: a render holds few different ones."""

    def __missing__(self, text: str) -> Any:
        value = resolve(text)
        if len(self) < 200_000:  # noqa: PLR2004 - bounds the memory, not the result
            self[text] = value
        return value


class _Reader:
    """Builds JSON values from events. One instance a stream."""

    def __init__(self, get: Callable[[], Any], duplicates: list[DuplicateKey] | None) -> None:
        self._get, self._duplicates = get, duplicates
        self._plain = _Plain()
        self._anchors: dict[str, Any] = {}
        self._open: set[str] = set()
        self._nodes, self._depth, self._lowest = 0, 0, 0
        self._sizes: dict[str, tuple[int, int]] = {}
        """Of each anchor: its nodes, and its levels."""

    def documents(self) -> list[Any]:
        documents: list[Any] = []
        while True:
            event = self._get()
            if event.__class__ is DocumentStartEvent:
                self._anchors = {}
                documents.append(self._value(self._get()))
            elif event.__class__ is StreamEndEvent:
                return documents

    def _value(self, event: Any) -> Any:
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        if event.anchor is not None:
            return self._anchored(event)
        self._depth += 1
        if self._depth > self._lowest:
            self._reach(event, self._depth)
        built: Any = self._map(event) if kind is MappingStartEvent else self._list(event)
        self._depth -= 1
        return built

    def _anchored(self, event: Any) -> Any:
        above, lowest, before = self._depth, self._lowest, self._nodes
        self._lowest = 0
        self._depth += 1
        self._reach(event, self._depth)
        built: Any = self._map(event) if event.__class__ is MappingStartEvent else self._list(event)
        self._sizes[event.anchor] = self._nodes - before, self._lowest - above
        self._open.discard(event.anchor)
        self._depth, self._lowest = above, max(lowest, self._lowest)
        return built

    def _reach(self, event: Any, depth: int) -> None:
        self._lowest = max(self._lowest, depth)
        if depth > DEEPEST:
            raise YamlError(f"nested too deep, below {DEEPEST} levels", event.start_mark.line + 1)

    def _scalar(self, event: Any) -> Any:
        if event.tag is not None:
            value = self._tagged(event)
        else:
            value = self._plain[event.value] if event.implicit[0] else event.value
        if value.__class__ is float and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124 - NaN
            raise YamlError("a number that JSON cannot hold", event.start_mark.line + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _tagged(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag in ("!", f"{_CORE}str"):
            return text
        if tag == f"{_CORE}binary":
            try:
                return base64.b64decode(text, validate=False).decode("utf-8", "replace")
            except (binascii.Error, ValueError) as error:
                raise YamlError(f"!!binary: {error}", event.start_mark.line + 1) from error
        value = resolve(text) if tag.startswith(_CORE) or event.implicit[0] or event.style is None else text
        return float(value) if tag == f"{_CORE}float" and type(value) is int else value

    def _alias(self, event: Any) -> Any:
        if event.anchor in self._open:
            raise YamlError("an anchor contains itself", event.start_mark.line + 1)
        if event.anchor not in self._anchors:
            raise YamlError(
                "an alias of an unknown anchor: a value that begins with * is one, unless it is quoted",
                event.start_mark.line + 1,
            )
        nodes, levels = self._sizes.get(event.anchor, (1, 0))
        self._count(event, nodes)
        self._reach(event, self._depth + levels)
        return self._anchors[event.anchor]

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            expanded = ", its aliases expanded" if self._anchors else ""
            raise YamlLimitError(f"over {_MAX_NODES:,} values{expanded}", event.start_mark.line + 1)

    def _list(self, event: Any) -> list[Any]:
        out: list[Any] = []
        self._enter(event, out)
        get, value = self._get, self._value
        while True:
            item = get()
            if item.__class__ is SequenceEndEvent:
                self._count(event, len(out))
                return out
            out.append(value(item))

    def _enter(self, event: Any, value: Any) -> None:
        if event.__class__ not in (MappingStartEvent, SequenceStartEvent):
            raise YamlError(f"unexpected {event.__class__.__name__}")
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._open.add(event.anchor)

    def _map(self, event: Any) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self._enter(event, out)
        get, value, plain = self._get, self._value, self._plain
        while True:
            item = get()
            if item.__class__ is MappingEndEvent:
                self._count(event, len(out))
                return out
            if item.__class__ is ScalarEvent and item.tag is None and item.anchor is None:
                key = item.value
                if item.implicit[0]:
                    if key == "<<":
                        self._merge(out, value(get()), item)
                        continue
                    key = plain[key]
            else:
                key = value(item)
            if key.__class__ is not str:
                key = self._key(key, item)
            if self._duplicates is not None and key in out:
                self._duplicates.append(DuplicateKey(key, item.start_mark.line + 1))
            out[key] = value(get())

    def _key(self, key: object, event: Any) -> str:
        try:
            return key_text(key)
        except ValueError as error:
            raise YamlError(str(error), event.start_mark.line + 1) from error

    def _merge(self, out: dict[str, Any], merged: Any, event: Any) -> None:
        """go-yaml v2 lets a merge override earlier keys; the first of several maps wins."""
        maps = list(reversed(merged)) if isinstance(merged, list) else [merged]
        if not all(isinstance(one, dict) for one in maps):
            raise YamlError("map merge requires map or sequence of maps as the value", event.start_mark.line + 1)
        for one in maps:
            out.update(one)
