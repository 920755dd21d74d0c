"""A changed path in a few words, as titles have it: ``memory 1Gi -> 2Gi``, ``env LEVEL removed``."""

import re
from collections.abc import Sequence

from pipeline.core.analysis.short_values import between, brief
from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.diff.text_diff import Hunk, hunks, is_text
from pipeline.core.kube.path import MISSING, Entry, Path, to_text
from pipeline.core.words import listed

_SHOWN = 3
_LONGEST_PATH = 60
_LABEL_KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?")


def all_shown(fields: Sequence[FieldChange]) -> list[str]:
    """Each as :func:`shown`; those that would read the same, with as many steps of their paths as tell them apart."""
    texts = list(map(shown, fields))
    lines = []
    for field, text in zip(fields, texts, strict=True):
        alike = [other.path for other, same in zip(fields, texts, strict=True) if same == text]
        steps = 0 if len(alike) == 1 else _steps(field.path, alike)
        lines.append(shown(field, steps=steps))
    return lines


def _steps(path: Path, alike: Sequence[Path]) -> int:
    """How many of a path's last steps no other path has, from a key on."""
    lengths = (n for n in range(2, len(path)) if isinstance(path[-n], str))
    return next((n for n in lengths if sum(path_alike[-n:] == path[-n:] for path_alike in alike) == 1), len(path))


def shown(field: FieldChange, *, steps: int = 0) -> str:
    """``replicas 1 -> 2``, ``app=web added``, ``env LEVEL removed``: a name or the last ``steps``, and the values."""
    name = to_text(field.path[-steps:]) if steps else _name(field)
    if field.op is Op.REORDERED:
        return f"order of {name} is now {brief(field.new)}"
    if field.old is MISSING:
        return f"{_with(name, field.new, field)} added"
    if field.new is MISSING:
        return f"{_with(name, field.old, field)} removed"
    if isinstance(field.old, str) and isinstance(field.new, str) and (is_text(field.old) or is_text(field.new)):
        return f"{name} {_lines(hunks(field.old, field.new))}"
    return f"{name} {between(field.old, field.new)}"


def sentence(field: FieldChange) -> str:
    """``spec.size changes from 1 to 2``: a title by itself, with the whole path, or the end of a long one."""
    name = to_text(field.path)
    name = name if len(name) <= _LONGEST_PATH else f"…{to_text(field.path[-2:])}"
    if field.op is Op.REORDERED:
        return f"the order of {name} changes to {brief(field.new)}"
    if field.old is MISSING:
        return f"{name} is added ({brief(field.new)})"
    if field.new is MISSING:
        return f"{name} is removed ({brief(field.old)})"
    old, arrow, new = between(field.old, field.new).partition(" -> ")
    return f"{name} changes from {old} to {new}" if arrow else f"{name} changes"


def entry_name(field: FieldChange) -> str:
    """Of an added or removed entry what names it, without its list: ``81/TCP (http)``; of a whole list all names."""
    entry = _entry(field)
    value = field.old if field.new is MISSING else field.new
    if entry is None:
        return brief(value).removeprefix("[").removesuffix("]") if isinstance(value, list) else _name(field)
    named = value.get("name") if len(entry.pairs) > 1 and isinstance(value, dict) else None
    return "/".join(str(step) for _, step in entry.pairs) + (f" ({brief(named)})" if isinstance(named, str) else "")


def _entry(field: FieldChange) -> Entry | None:
    return field.path[-1] if field.path and isinstance(field.path[-1], Entry) else None


def _name(field: FieldChange) -> str:
    """What names the path: its last step, of a list's entry the list and the entry, of a variable the variable."""
    last = field.path[-1] if field.path else ""
    if field.path[-3:-2] == ("env",) and isinstance(field.path[-2], Entry):
        return f"{field.path[-2].pairs[0][1]}"  # a variable, and not its field
    if entry := _entry(field):
        return f"{to_text(field.path[-2:-1])} {'/'.join(str(value) for _, value in entry.pairs)}"
    if isinstance(last, str) and _LABEL_KEY.fullmatch(last):
        return last  # in a path its dots need quotes, alone they do not
    return to_text(field.path[-1:] if isinstance(last, str) else field.path[-2:])


def _with(name: str, value: object, field: FieldChange) -> str:
    """The name and the value that was added or removed: ``app=web``, ``affinity {podAntiAffinity}``."""
    entry = _entry(field)
    if entry is not None:
        named = isinstance(value, dict) and len(entry.pairs) > 1 and value.get("name")
        return f"{name} {brief(named)}" if isinstance(named, str) else name
    return f"{name} {brief(value)}" if isinstance(value, dict | list) else f"{name}={brief(value)}"


def _lines(places: tuple[Hunk, ...]) -> str:
    """``line 3 a -> b``; where more differs ``line 3, lines 7-9 and 2 more places, +6 -2 lines``."""
    removed, added = (sum(map(len, side)) for side in zip(*((hunk[2], hunk[3]) for hunk in places), strict=True))
    if len(places) == removed == added == 1:
        return f"line {places[0].new} {between(places[0].removed[0], places[0].added[0])}"
    return f"{listed(map(str, places), _SHOWN, noun='place')}, +{added} -{removed} lines"
