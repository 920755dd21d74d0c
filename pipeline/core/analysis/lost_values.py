"""Which of our values stood in the old manifests and stand nowhere in the new ones, though both renders got them.

What a template reads is guessed from its text (core/charts/known_values.py); what a render did with a value is seen.
Only texts that are long enough to be found by more than accident are looked for.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.charts.known_values import default_at, leaves, scope_of
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.risk.finding import Place
from pipeline.core.risk.rule import at
from pipeline.core.risk.upgrade import Side, Upgrade

_SHORTEST = 5


def lost_values(upgrade: Upgrade) -> dict[ValuesPath, tuple[Place, ...]]:
    """Each path of ours whose value the new manifests do not hold any more, with the places where the old ones did."""
    wanted = {path: words for path, words in _ours(upgrade).items() if words}
    if not wanted:
        return {}
    stood = _stood(upgrade, frozenset(word for words in wanted.values() for word in words))
    left = _not_in(upgrade.after, frozenset(stood))
    places_of = {
        path: [place for word in words if word in left for place in stood[word]] for path, words in wanted.items()
    }
    return {path: tuple(dict.fromkeys(places)) for path, places in places_of.items() if places}


def _ours(upgrade: Upgrade) -> dict[ValuesPath, frozenset[str]]:
    """The texts of each value that both sides were rendered with, and that is not what the old chart has by default."""
    old, chart = _set(upgrade.before), upgrade.before.chart
    if chart is None or upgrade.after.chart is None:
        return {}
    scope = scope_of(chart)
    unchanged = {path: value for path, value in _set(upgrade.after).items() if path in old and old[path] == value}
    return {
        path: frozenset(word for word in _texts(value) if len(word) >= _SHORTEST)
        for path, value in unchanged.items()
        if default_at(scope, path) != value
    }


def _set(side: Side) -> Mapping[ValuesPath, Any]:
    return {path: value for layer in side.values for path, value in leaves(layer.data)}


def _stood(upgrade: Upgrade, words: frozenset[str]) -> dict[str, list[Place]]:
    """Where the old manifests held each word and the new ones differ."""
    places_of: dict[str, list[Place]] = {}
    for change in upgrade.diff.changes:
        for field, text in _changed_texts(change):
            for word in words:
                if word in text:
                    places_of.setdefault(word, []).append(at(change, field))
    return places_of


def _changed_texts(change: ResourceChange) -> Iterator[tuple[FieldChange | None, str]]:
    if change.action is Action.REMOVED and change.before is not None:
        yield from ((None, text) for text in _texts(change.before.body))
    for field in change.fields:
        if not field.noise:
            yield from ((field, text) for text in _texts(field.old))


def _not_in(side: Side, words: frozenset[str]) -> frozenset[str]:
    left = set(words)
    for resource in side.manifests.resources if words else ():
        for text in _texts(resource.body):
            left -= {word for word in left if word in text}
    return frozenset(left)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
