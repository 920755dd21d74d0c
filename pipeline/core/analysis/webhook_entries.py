"""The webhooks of a configuration: which are added, removed, or only renamed, and what happens where one is down."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.resource import mapping


def fails_closed(webhook: Mapping[str, Any]) -> bool:
    """Whether requests are refused while it does not answer: the default, and so for whatever is not told to ignore."""
    return webhook.get("failurePolicy") != "Ignore"


def entries(change: ResourceChange) -> tuple[FieldChange, ...]:
    """The changes that are about a whole webhook of the list, or about all of the list."""
    return tuple(field for field in change.fields if field.path[:1] == ("webhooks",) and not field.path[2:])


def renamed(change: ResourceChange) -> dict[str, str]:
    """The new names by the old ones, where every webhook that went came back with nothing but another name."""
    removed = {_name(field.old): _rest(field.old) for field in entries(change) if field.new is MISSING}
    added = {_name(field.new): _rest(field.new) for field in entries(change) if field.old is MISSING}
    pairs = {old: new for old, rest in removed.items() for new, other in added.items() if rest == other}
    return pairs if len(set(pairs.values())) == len(removed) == len(added) == len(pairs) else {}


def _name(webhook: object) -> str:
    return str(mapping(webhook).get("name"))


def _rest(webhook: object) -> dict[str, Any]:
    return {key: value for key, value in mapping(webhook).items() if key != "name"}
