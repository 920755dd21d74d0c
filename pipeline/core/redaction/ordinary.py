"""Ordinary words that are not secret although a Secret contains them, because the manifests use them elsewhere.

Masking them would make a report unreadable and protect nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable

import orjson
from ahocorasick_rs import AhoCorasick

from pipeline.core.kube.resource import ManifestSet
from pipeline.core.redaction.forms import SHORTEST

WORD = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_PLACES_OF_NAMES = ("name", "namespace", "kind", "type", "key", "mountPath", "app", "component", "serviceAccountName")
_OFTEN = 5
"""A word that is a key so often is one of the format; once or twice it may be a secret that was put there."""
_NAME = re.compile(r"[\w.:-]+")
_DASH = re.compile(r"[.:-]")
_TOKEN = re.compile(r"(?=.*[0-9])\w{12,}")
"""Longer than the ten characters that Kubernetes and charts add to names to tell them apart."""
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z]).{10,}")
"""No name of an object but one of RBAC may hold a capital letter."""
_NUMBERED = re.compile(r"[A-Za-z]+[0-9]{1,4}")
COMMON = frozenset(
    """admin administrator change changed changeme cluster database default disabled enabled example kubernetes
    localhost missing namespace password postgres production release removed secret server service staging unknown
    username value values version""".split()  # noqa: SIM905 - a list of them would be thirty lines
)
"""Words that reports are full of."""


class OrdinaryWords:
    """Learns from manifests, Secrets masked, which words they use."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._manifests: list[ManifestSet] = []
        self._texts: list[str] = []

    @property
    def seen(self) -> int:
        return len(self._manifests) + len(self.names)

    def see(self, manifests: ManifestSet) -> None:
        self.name(*(name for identity in manifests.identities for name in (identity.name, identity.namespace)))
        self._manifests.append(manifests)

    def name(self, *names: str) -> None:
        """Of objects of a chart: one that can be no name, or holds what looks like a token, may be a Secret's value."""
        self.names |= {name for name in names if _NAME.fullmatch(name) and not self._holds_token(name)}

    def _holds_token(self, name: str) -> bool:
        return bool(_MIXED.fullmatch(name)) or any(map(self._is_token, _DASH.split(name)))

    def _is_token(self, part: str) -> bool:
        return part not in self.names and bool(_TOKEN.fullmatch(part)) and not _NUMBERED.fullmatch(part)

    def in_a_name(self, piece: str) -> bool:
        return any(piece in name for name in self.names)

    def among(self, values: Iterable[str]) -> frozenset[str]:
        """Those of ``values`` that are not secret."""
        exempt, words = set(), []
        for value in values:
            if value in self.names or value.lower() in COMMON:
                exempt.add(value)
            elif len(value) >= SHORTEST and WORD.fullmatch(value):
                words.append(value)
        return frozenset(exempt | self._used(words)) if words else frozenset(exempt)

    def _used(self, words: list[str]) -> set[str]:
        signs = {f'"{place}":"{word}"': word for word in words for place in _PLACES_OF_NAMES}
        signs |= {f"/{word}{end}": word for word in words for end in ":@"}
        keys = {f'"{word}":': word for word in words}
        used, often = set(), Counter[str]()
        patterns = [*signs, *keys]
        search = AhoCorasick(patterns)
        for text in self._everything():
            for n, _, _ in search.find_matches_as_indexes(text, overlapping=True):
                if n < len(signs):
                    used.add(signs[patterns[n]])
                else:
                    often[keys[patterns[n]]] += 1
        return used | {word for word, times in often.items() if times >= _OFTEN}

    def _everything(self) -> list[str]:
        """What was seen, as JSON."""
        self._texts += map(_dump, self._manifests[len(self._texts) :])
        return self._texts


def _dump(seen: ManifestSet) -> str:
    return "\n".join(orjson.dumps(resource.body).decode() for resource in seen.resources)
