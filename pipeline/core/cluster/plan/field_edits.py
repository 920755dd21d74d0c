"""What an apply changes in a live object, path by path, without secret values."""

from collections.abc import Iterable
from typing import Any

import orjson

from pipeline.core.analysis.short_values import shortened
from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.plan import managed_fields as managed
from pipeline.core.cluster.plan.live_digest import stripped
from pipeline.core.cluster.plan.plan import FieldEdit
from pipeline.core.cluster.plan.policy import MANAGER
from pipeline.core.diff.change import Op
from pipeline.core.diff.compare import fields_of
from pipeline.core.kube.path import MISSING, to_text
from pipeline.core.kube.resource import Body, Resource, mapping
from pipeline.core.redaction.mask import Mask
from pipeline.core.words import listed

_LONGEST = 80
_MOST = 3
_KINDS = {Op.ADDED: "add", Op.REMOVED: "remove", Op.CHANGED: "change", Op.REORDERED: "reorder"}


def edits(existing: Body, predicted: Body, mask: Mask) -> tuple[FieldEdit, ...]:
    """Sorted by path. The label that marks an object as owned by us is left out."""
    before, after = (_shown(stripped(body), mask) for body in (existing, predicted))
    changes = fields_of(before, after)
    texts = {change.path: to_text(change.path) for change in changes}
    owners = _owners(existing)
    return tuple(
        FieldEdit(mask.text(texts[c.path]), _KINDS[c.op], *_texts(c.old, c.new, mask), _owner(c.path, owners))
        for c in sorted(changes, key=lambda change: texts[change.path])
        if "applyset.kubernetes.io/part-of" not in texts[c.path]
    )


def stored_otherwise(sent: Body, predicted: Body, left: Iterable[str]) -> tuple[str, ...]:
    """What the server drops of what we send, or stores as something else; paths only, for values may be secret.

    A feature that is off takes its fields along without a word, and admission changes values. ``left`` are fields, as
    conflicts name them, that the policy leaves to others.
    """
    texts: dict[Op, list[str]] = {Op.REMOVED: [], Op.CHANGED: []}
    prefixes = tuple(name.removeprefix(".") for name in left)
    for change in fields_of(*(Resource.of(stripped(body)) for body in (sent, predicted))):
        path = to_text(change.path)
        if change.op in texts and not change.noise and not path.startswith(prefixes or ("\0",)):
            texts[change.op].append(path)
    dropped, changed = (listed(sorted(texts[op]), _MOST) for op in (Op.REMOVED, Op.CHANGED))
    said = (f"the API server drops {dropped}" if dropped else "", f"the API server stores {changed} as another value")
    return tuple(text for text, paths in zip(said, (dropped, changed), strict=True) if paths)


def removed_with(managers: Iterable[str], existing: Body, predicted: Body, mask: Mask) -> tuple[FieldEdit, ...]:
    """Fields that only ``managers`` own and we do not send: they go once those entries are ours."""
    names = frozenset(managers)
    applied = managed.applied_by(predicted, MANAGER)
    removed = [path for path, owners in managed.owners(existing).items() if owners <= names and path not in applied]
    texts = (mask.text(managed.dotted(path).lstrip(".")) for path in sorted(removed))
    return tuple(FieldEdit(text, "remove", owner=", ".join(names)) for text in texts)


def _shown(body: Body, mask: Mask) -> Resource:
    return mask.resource(Resource.of(body))


def _texts(old: Any, new: Any, mask: Mask) -> tuple[str, str]:
    """Both on one line; what is left out is where they are alike."""
    return shortened(_line(old, mask), _line(new, mask), _LONGEST)


def _line(value: Any, mask: Mask) -> str:
    if value is MISSING:
        return ""
    return clean(mask.text(value if isinstance(value, str) else orjson.dumps(value).decode()))


def _owners(existing: Body) -> dict[tuple[str, ...], frozenset[str]]:
    """By the plain steps of their maps: lists of objects are matched at the list."""
    plain: dict[tuple[str, ...], frozenset[str]] = {}
    for path, names in managed.owners(existing).items():
        steps = []
        for step in path:
            if not step.startswith("f:"):
                break
            steps.append(step[2:])
        plain[tuple(steps)] = plain.get(tuple(steps), frozenset()) | names
    return plain


def _owner(path: Iterable[Any], owners: dict[tuple[str, ...], frozenset[str]]) -> str:
    steps: list[str] = []
    for step in path:
        if not isinstance(step, str):
            break
        steps.append(step)
    names = owners.get(tuple(steps), frozenset()) - {MANAGER}
    return ", ".join(sorted(names))


def differs(existing: Body, predicted: Body) -> bool:
    """Whether anything that the server stores differs, ownership of fields included."""
    same_fields = managed.applied_by(existing, MANAGER) == managed.applied_by(predicted, MANAGER)
    return not same_fields or _meaning(existing) != _meaning(predicted)


def _meaning(body: Body) -> bytes:
    return orjson.dumps(mapping(stripped(body)), option=orjson.OPT_SORT_KEYS)
