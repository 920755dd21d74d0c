"""Keeps secret values out of everything that is shown: first by structure, then by taint.

By structure: what stands under ``data`` and ``stringData`` of a Secret is replaced before anything is compared, so that
no rule and no presentation ever holds it. Equal values get equal numbers, so a change is still seen as one. By taint:
the same values are replaced wherever else they turn up in what is shown (a ConfigMap's copy, an environment variable),
in whatever form (core/redaction/forms.py), also where they were cut short.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import orjson

from pipeline.core.kube.resource import Body, ManifestSet, Resource
from pipeline.core.kube.secrets import SECRET
from pipeline.core.redaction.forms import SHORTEST, decoded, forms, leaves, named, parts

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CUT = "…"
_BOUNDED = 8
"""A value of fewer letters and digits is looked for as a word only."""
_WORD = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_PLACES_OF_NAMES = ("name", "namespace", "kind", "type", "key", "mountPath", "app", "component", "serviceAccountName")
_COMMON = frozenset(
    """admin administrator change changed changeme cluster database default disabled enabled example kubernetes
    localhost missing namespace password postgres production release removed secret server service staging unknown
    username value values version""".split()  # noqa: SIM905 - a list of them would be thirty lines
)
"""Words that reports are full of: as a secret they protect nothing, and masking them would make a report unreadable."""


class Mask:
    """Numbers each secret value on first sight. Not frozen: it learns while the snapshots are read."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: set[str] = set()
        self._seen: list[ManifestSet] = []
        self._dumped: list[str] = []
        self._known: tuple[tuple[int, int], dict[str, int]] = ((0, 0), {})

    def manifests(self, manifests: ManifestSet) -> ManifestSet:
        """The same with masked Secrets."""
        masked = ManifestSet(self._all(manifests.resources), self._all(manifests.duplicates))
        self._seen.append(masked)
        return masked

    def resource(self, resource: Resource) -> Resource:
        """The same, masked where it is a Secret."""
        self._names |= {resource.id.name, resource.id.namespace}
        if resource.kind != SECRET or resource.group:
            return resource
        masked: Body = {
            key: self._data(key, resource.body[key]) for key in ("data", "stringData") if resource.body.get(key)
        }
        note = resource.annotations.get(_LAST_APPLIED)
        if note is not None:
            annotations = {**resource.annotations, _LAST_APPLIED: self.label(str(note))}
            masked["metadata"] = {**resource.metadata, "annotations": annotations}
        return resource.with_body({**resource.body, **masked}) if masked else resource

    def values(self, data: Mapping[str, Any]) -> None:
        """Learn what stands under keys that sound secret, in values that people set on a chart."""
        for text in named(data):
            self._learn(text)

    def assigned(self, text: str) -> None:
        """Learn what a text of ours gives to names that sound secret (``password=…``)."""
        for part in parts(text):
            if len(part) >= SHORTEST:
                self.label(part)

    def text(self, text: str) -> str:
        """``text`` with every known value replaced."""
        replaced = self._replacing((text,))
        return replaced(text) if replaced else text

    def covered(self, parts: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Lists of JSON values with every known value replaced, in keys and numbers too.

        Most entries hold none: they are searched as JSON text, and only the others are taken apart.
        """
        if not self._taints():
            return dict(parts)
        texts = {key: list(map(_json, entries)) for key, entries in parts.items()}
        whole = "\0".join(text for several in texts.values() for text in several)
        signs = [_CUT, *(sign for form in self._taints() if (sign := _json(form)[1:-1]) and sign in whole)]
        doubted = [
            (key, number)
            for key, several in texts.items()
            for number, text in enumerate(several)
            if not text or any(sign in text for sign in signs)
        ]
        replaced = self._replacing(frozenset(text for key, n in doubted for text in _texts(parts[key][n])))
        out = {key: list(entries) for key, entries in parts.items()}
        if replaced:
            for key, number in doubted:
                out[key][number] = _walk(parts[key][number], replaced)
        return out

    def label(self, value: str) -> str:
        return f"<secret #{self._numbers.setdefault(value, len(self._numbers) + 1)}>"

    def _all(self, resources: Iterable[Resource]) -> tuple[Resource, ...]:
        return tuple(map(self.resource, resources))

    def _data(self, key: str, data: Any) -> Any:
        """Of the wrong shape it is a Secret's data all the same."""
        return (
            {name: self._entry(key, value) for name, value in data.items()}
            if isinstance(data, dict)
            else (self._entry(key, data))
        )

    def _entry(self, key: str, value: Any) -> str:
        if isinstance(value, (dict, list)):
            for text in leaves(value):
                self._learn(text)
            return self.label(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
        text = value if isinstance(value, str) else "" if value is None else str(value)
        return self._learn(decoded(text) if key == "data" else text)

    def _learn(self, value: str) -> str:
        label = self.label(value)
        self.assigned(value)
        return label

    def _taints(self) -> Mapping[str, int]:
        """What to look for, with the number of its value. Names of objects are in the open anyway."""
        state = (len(self._numbers), len(self._seen))
        if self._known[0] != state:
            found: dict[str, int] = {}
            for value, number in self._numbers.items():
                bare = value.strip()
                if len(bare) >= SHORTEST and bare not in self._names and not self._ordinary(bare):
                    for form in forms(value):
                        if len(form) >= SHORTEST:
                            found.setdefault(form, number)
            self._known = (state, found)
        return self._known[1]

    def _ordinary(self, value: str) -> bool:
        """Whether it is a word, and one that the manifests use for something else than a value."""
        if not _WORD.fullmatch(value):
            return False
        if value.lower() in _COMMON:
            return True
        signs = [f'"{value}":', f"/{value}:", f"/{value}@", *(f'"{place}":"{value}"' for place in _PLACES_OF_NAMES)]
        return any(sign in text for text in self._everything() for sign in signs)

    def _everything(self) -> list[str]:
        """What was seen, as JSON: it is searched for one value after another."""
        self._dumped += map(_dump, self._seen[len(self._dumped) :])
        return self._dumped

    def _replacing(self, texts: Collection[str]) -> Callable[[str], str] | None:
        """What replaces all that is found in ``texts``; None where nothing is."""
        taints = self._taints()
        everything = "\0".join(texts)
        found = {form: number for form, number in taints.items() if form in everything}
        if _CUT in everything:
            cut = [text for text in texts if _CUT in text]
            found |= dict(_cut_short({f: n for f, n in taints.items() if f[:SHORTEST] in everything}, cut))
        if not found:
            return None
        longest_first = sorted(found, key=lambda form: (-len(form), form))
        pattern = re.compile("|".join(map(_pattern, longest_first)))
        return lambda text: pattern.sub(lambda match: f"<secret #{found[match.group()]}>{_end(match.group())}", text)


def _cut_short(taints: Mapping[str, int], texts: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Beginnings of a value, with the mark that says that more stood there."""
    for text in texts:
        for cut in re.finditer(_CUT, text):
            for form, number in taints.items():
                start = text.find(form[:SHORTEST], 0, cut.start())
                while start >= 0:
                    if form.startswith(text[start : cut.start()]):
                        yield text[start : cut.end()], number
                        break
                    start = text.find(form[:SHORTEST], start + 1, cut.start())


def _end(found: str) -> str:
    return _CUT if found.endswith(_CUT) else ""


def _pattern(form: str) -> str:
    bounded = len(form) < _BOUNDED and form.isalnum()
    return rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])" if bounded else re.escape(form)


def _json(value: Any) -> str:
    """As JSON text; empty for what is none, half a surrogate pair."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return ""


def _dump(seen: ManifestSet) -> str:
    return "\n".join(orjson.dumps(resource.body).decode() for resource in seen.resources)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from data
        yield from (text for item in data.values() for text in _texts(item))
    elif isinstance(data, list):
        yield from (text for item in data for text in _texts(item))
    elif isinstance(data, (int, float)) and abs(data) >= 10 ** (SHORTEST - 1):
        yield str(data)


def _walk(value: Any, replaced: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, list):
        return [_walk(item, replaced) for item in value]
    if isinstance(value, dict):
        return {replaced(key): _walk(item, replaced) for key, item in value.items()}
    if isinstance(value, (int, float)) and abs(value) >= 10 ** (SHORTEST - 1):
        text = replaced(str(value))
        return value if text == str(value) else text
    return value
