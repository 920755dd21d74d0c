"""Changed paths that no rule explains: reported as findings, one per object, so that no one overlooks them."""

from collections.abc import Callable, Iterator, Mapping

from pipeline.core.analysis.change_text import all_shown
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.resource import ResourceId
from pipeline.core.risk.rule import Hit, at
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import in_a_title

_SHOWN = 3


def unexplained(
    upgrade: Upgrade, left: Mapping[ResourceId, tuple[int, ...]], taken: Callable[[ResourceChange], bool]
) -> Iterator[Hit]:
    """One hit for each object that is ``taken`` and has something left."""
    for change in upgrade.diff.changes:
        if change.id not in left or not taken(change):
            continue
        fields = [change.fields[index] for index in left[change.id] if index >= 0]
        what = f"{change.id.kind} {change.id.name} is {change.action}; no rule explains it"
        texts = all_shown(fields) or [""]
        places = [at(change, field) for field in fields] or [at(change)]
        yield Hit(
            places[0],
            title=in_a_title(_with(what), texts, _SHOWN, between="; "),
            impact="Its effect is unknown: it may be harmless, or cause an outage.",
            fix="Read the change, and look it up in the release notes.",
            also=tuple(places[1:]),
        )


def _with(what: str) -> Callable[[str], str]:
    return lambda said: f"{what} ({said})" if said else what
