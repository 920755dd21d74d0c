"""The names of a CRD's kind that only people and scripts use: short names and categories."""

from collections.abc import Callable, Iterator

from pipeline.core.crd.definition import Definition
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.resource import sequence
from pipeline.core.risk.rule import Hit, WholeCheck
from pipeline.core.risk.upgrade import Upgrade

_KEYS = ("shortNames", "categories")
NameComplaints = Callable[[Definition, Definition, str], list[str]]
"""What to tell of a CRD before and after, for one key of ``spec.names``."""


def removed_names(before: Definition, after: Definition, key: str) -> list[str]:
    """The names that are no longer there."""
    new = set(map(str, sequence(after.names.get(key))))
    return [name for name in map(str, sequence(before.names.get(key))) if name not in new]


def added_names(before: Definition, after: Definition, key: str) -> list[str]:
    """The new names, or the same ones in another order, where none is gone."""
    old, new = (sequence(side.names.get(key)) for side in (before, after))
    return (
        []
        if old == new or removed_names(before, after, key)
        else removed_names(after, before, key) or list(map(str, new))
    )


def names_check(told: NameComplaints, verb: str, impact: str, fix: str) -> WholeCheck:
    """One finding per CRD, about those of its short names and categories that ``told`` picks."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        for pair, before, after in edited_pairs(upgrade):
            names_of = {key: names for key in _KEYS if (names := told(before, after, key))}
            named = (field.path for field in pair.fields if field.path[1:2] == ("names",))
            paths = [path for path in named if path[2:] and path[2] in names_of]
            if paths:
                listed = ", ".join(name for names in names_of.values() for name in names)
                yield Hit(
                    pair.place(paths[0]),
                    title=f"CRD {pair.name} {verb} {' and '.join(names_of)}: {listed}",
                    impact=impact,
                    fix=fix,
                    also=tuple(pair.place(path) for path in paths[1:]),
                    claims=claim(pair, *paths),
                )

    return check
