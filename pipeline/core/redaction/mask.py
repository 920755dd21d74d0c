"""Keeps secret values out of everything that is shown: first by structure, then by taint.

By structure: what is under ``data`` and ``stringData`` of a Secret is replaced before anything is compared, so that
no rule and no presentation ever holds it. Equal values get equal numbers, so a change is still seen as one. By taint:
the same values are replaced wherever else they turn up in what is shown (a ConfigMap's copy, an environment variable),
in whatever form (core/redaction/forms.py), also where they were cut short.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from pipeline.core.kube.marks import note_on, with_note
from pipeline.core.kube.resource import Body, ManifestSet, Resource
from pipeline.core.kube.secrets import LAST_APPLIED, is_secret, secrets_within
from pipeline.core.redaction import run
from pipeline.core.redaction.forms import SHORTEST, decoded, forms, plain_forms
from pipeline.core.redaction.fragments import Fragments
from pipeline.core.redaction.json_values import APART, as_json_text, joined, replaced_within
from pipeline.core.redaction.ordinary import COMMON, OrdinaryWords
from pipeline.core.redaction.packed import packed
from pipeline.core.redaction.parts import inner, leaves, looks_random, named, parts
from pipeline.core.redaction.readings import readings
from pipeline.core.redaction.search import CUT, Match, Search, apart


class Mask:
    """Numbers each secret value on first sight. Not frozen: it learns while the snapshots are read."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._pieces: set[str] = set()
        self._unsought: list[str] = []
        self._search = Search()
        self._fragments = Fragments()
        self._ordinary = OrdinaryWords()
        self._exempt: tuple[tuple[int, int], frozenset[int]] = ((0, 0), frozenset())
        self._held: list[str] = []
        run.remember(self)

    def manifests(self, manifests: ManifestSet) -> ManifestSet:
        """The same with masked Secrets."""
        masked = ManifestSet(*(tuple(map(self.resource, of)) for of in (manifests.resources, manifests.duplicates)))
        self.seen(masked)
        return masked

    def seen(self, masked: ManifestSet) -> None:
        """Their names, and the words that these use, Secrets masked, are no secrets."""
        self._ordinary.see(masked)

    def resource(self, resource: Resource) -> Resource:
        """The same, masked where it is a Secret; what another object holds of Secrets in its texts is learnt."""
        self._ordinary.name(resource.id.name, resource.id.namespace)
        if not is_secret(resource):
            for secret in secrets_within(resource):
                self.resource(secret)
            return resource
        masked: Body = {
            key: self._data(key, resource.body[key]) for key in ("data", "stringData") if resource.body.get(key)
        }
        note = resource.annotations.get(LAST_APPLIED)
        if note is not None:
            for secret in secrets_within(resource):
                self.resource(secret)
            annotations = {**resource.annotations, LAST_APPLIED: self.label(str(note))}
            masked["metadata"] = {**resource.metadata, "annotations": annotations}
        return resource.with_body({**resource.body, **masked}) if masked else resource

    def values(self, data: Mapping[str, Any]) -> None:
        """Learn what stands under keys that sound secret, in values that people set on a chart."""
        for text in named(data):
            self._learn(text)

    def taken(self, data: Mapping[str, Any]) -> None:
        """Learn which of the values that people set on a chart a Secret has taken into a text of its own."""
        texts = dict.fromkeys(text for text in leaves(data) if len(text.strip()) >= SHORTEST)
        unknown = [text for text in texts if text not in self._numbers and looks_random(text)]
        if unknown and self._held:
            within = Search()
            for number, text in enumerate(unknown):
                within.add(plain_forms(text), number)
            for held in self._held:
                for hit in within.hits(held):
                    if not hit.part:
                        self._learn(unknown[hit.number])

    def hidden(self, texts: Iterable[str]) -> None:
        """Learn values that are known to be secret."""
        for text in texts:
            self._learn(text)

    def public(self, names: Iterable[str]) -> None:
        """Words that are in the open anyway: names of releases and environments."""
        self._ordinary.names |= set(names)

    def assigned(self, text: str) -> None:
        """Learn what a text of ours gives to names that sound secret (``password=…``)."""
        self._learn_parts(parts(text))

    def text(self, text: str) -> str:
        """``text`` with every known value replaced."""
        hits = self._hits(text)
        if not hits:
            return text
        out, last = [], 0
        for hit in hits:
            mark = CUT if hit.part and not text.startswith((CUT, "..."), hit.end) else ""
            out += [text[last : hit.start], f"<secret #{hit.number}>{mark}"]
            last = hit.end
        return "".join([*out, text[last:]])

    def shows(self, text: str) -> bool:
        """Whether ``text`` gives away a value, or as much of its beginning as is not shown."""
        return bool(self._hits(text))

    def holds_json(self, value: Any) -> bool:
        """Whether a JSON value may hold one anywhere; quickly."""
        self._seek()
        text = as_json_text(value)
        return not text or any(True for _ in self._places_in_json(text))

    def covered(self, parts: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Lists of JSON values with every known value replaced, in keys and numbers too.

        Most entries hold none: they are searched as JSON text, and only the others are taken apart.
        """
        if not self._numbers:
            return dict(parts)
        self._seek()
        places = [(key, number) for key, entries in parts.items() for number in range(len(entries))]
        texts = [as_json_text(parts[key][number]) for key, number in places]
        starts, whole = joined(texts)
        doubted = {bisect_left(starts, at + 1) - 1 for at in self._places_in_json(whole)}
        doubted |= {n for n, text in enumerate(texts) if not text}
        out = {key: list(entries) for key, entries in parts.items()}
        for n in sorted(doubted):
            key, number = places[n]
            out[key][number] = replaced_within(parts[key][number], self.text)
        return out

    def label(self, value: str) -> str:
        if value not in self._numbers:
            self._numbers[value] = len(self._numbers) + 1
            self._unsought.append(value)
        return f"<secret #{self._numbers[value]}>"

    def _data(self, key: str, data: Any) -> Any:
        """Of the wrong shape it is a Secret's data all the same."""
        return (
            {name: self._entry(key, value) for name, value in data.items()}
            if isinstance(data, dict)
            else (self._entry(key, data))
        )

    def _entry(self, key: str, value: Any) -> str:
        note = note_on(key, value)
        if isinstance(value, (dict, list)):
            for text in leaves(value):
                self._learn(decoded(text) if key == "data" else text)
                self._learn(text)
            return with_note(self.label(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()), note)
        text = value if isinstance(value, str) else "" if value is None else str(value)
        return with_note(self._learn(decoded(text) if key == "data" else text), note)

    def _learn(self, value: str) -> str:
        if value in self._numbers and value not in self._pieces:
            return self.label(value)
        label = self.label(value)
        if value in self._pieces:  # until now only a piece of another
            self._pieces.discard(value)
            self._unsought.append(value)
        self._held.append(value)
        self._learn_parts(inner(value))
        return label

    def _learn_parts(self, parts_found: Iterator[str]) -> None:
        for part in parts_found:
            if len(part) >= SHORTEST and part not in self._numbers:
                self.label(part)
                self._pieces.add(part)

    def _seek(self) -> None:
        """Look for what was learnt since the last time, too."""
        unsought, self._unsought = self._unsought, []
        for value in unsought:
            if len(value.strip()) >= SHORTEST:
                self._search.add(plain_forms(value) if value in self._pieces else forms(value), self._numbers[value])
                self._fragments.add(value, self._numbers[value])

    def _hits(self, text: str) -> list[Match]:
        self._seek()
        if not self._numbers or len(text) < SHORTEST:
            return []
        hits = self._hits_as_it_stands(text)
        for reading in readings(text, words=False):
            for hit in self._hits_as_it_stands(reading.text):
                if place := reading.in_source(hit.start, hit.end):
                    hits.append(replace(hit, start=place[0], end=place[1]))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return apart(hits)

    def _hits_as_it_stands(self, text: str) -> list[Match]:
        """Sorted; what is packed is one hit, even if a part of it happens to look like a value."""
        hits = [hit for hit in self._search.hits(text) if self._counts(hit, text)]
        hits += self._fragments_in(text)
        for start, end, number in packed(text, self._first):  # what is unpacked may be a text of its own
            if not any(hit.start <= start and end <= hit.end for hit in hits):
                hits = [hit for hit in hits if hit.end <= start or end <= hit.start]
                hits.append(Match(start, end, number))
        return hits

    def _places_in_json(self, text: str) -> Iterator[int]:
        """Where JSON text may hold a value."""
        yield from self._places_as_they_stand(text)
        for reading in readings(text, words=False, apart=APART):
            for at in self._places_as_they_stand(reading.text):
                yield reading.source_of(at)

    def _places_as_they_stand(self, text: str) -> Iterator[int]:
        yield from (hit.start for hit in self._search.hits_in_json(text) if self._counts(hit, text))
        yield from (hit.start for hit in self._fragments_in(text))
        yield from (start for start, _, _ in packed(text, self._first))

    def _fragments_in(self, text: str) -> list[Match]:
        hits = [hit for hit in self._fragments.hits(text) if self._counts(hit, text)]
        return [hit for hit in hits if not self._ordinary.in_a_name(text[hit.start : hit.end])]

    def _first(self, text: str) -> int:
        """The number of the first value that ``text`` holds as a whole; 0 for none."""
        for read in (text, *(reading.text for reading in readings(text))):
            for hit in self._search.hits(read):
                if not hit.part and self._counts(hit, read):
                    return hit.number
            for hit in self._fragments_in(read):
                return hit.number
        return 0

    def _counts(self, hit: Match, text: str) -> bool:
        """Names of objects are public anyway, and so are words that manifests use for something else."""
        state = (len(self._numbers), self._ordinary.seen)
        if self._exempt[0] != state:
            exempt = self._ordinary.among(value.strip() for value in self._numbers)
            self._exempt = (state, frozenset(n for value, n in self._numbers.items() if value.strip() in exempt))
        if hit.number in self._exempt[1]:
            return False
        shown = text[hit.start : hit.end]
        return shown not in self._ordinary.names and shown.lower() not in COMMON
