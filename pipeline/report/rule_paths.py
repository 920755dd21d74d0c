"""Which rules report a path: in their own cases, or of a made-up change of that path."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any

from pipeline.core.diff.compare import compare
from pipeline.core.judge.case_findings import findings
from pipeline.core.judge.judge import claimed
from pipeline.core.kube.apis import kinds, newest
from pipeline.core.kube.fields import code_at, type_of
from pipeline.core.kube.path import Entry, Path, to_text
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.finding import Place
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side, Upgrade

_ENTRY = re.compile(r"\[[^\]\"]*\]")
_STEP = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<entry>[^\]]*)\]|(?P<key>[^.\[\]]+)')
_ABSENT = object()
_VALUES = (_ABSENT, 1, 2, "a", "b", False, True, {"a": "b"}, {"a": "c"}, [{"name": "a"}], [{"name": "b"}])
"""A rule may look at the type of what it finds, so that many are tried, one against another."""


def reporting(rules: Iterable[Rule], wanted: str) -> tuple[Rule, ...]:
    """The rules that report ``wanted``: ``spec.replicas``, or with its kind ``Deployment spec.replicas``.

    The entries of lists are all alike: ``containers[].image`` is ``containers[name=web].image``. A rule that reports a
    path explains everything below it.
    """
    every = tuple(rules)
    kind, _, text = wanted.strip().rpartition(" ")
    path, judging = _plain(text), [rule for rule in every if rule.last is None]
    ids = {rule.id for rule in judging if _reports(rule, every, kind.strip(), path)}
    for upgrade in _made_up(kind.strip(), text, judging):
        ids |= {rule.id for rule in judging if rule.id not in ids and any(claimed(rule, upgrade).values())}
    return tuple(rule for rule in every if rule.id in ids)


def _made_up(kind: str, text: str, rules: Iterable[Rule]) -> Iterator[Upgrade]:
    """Changes of the path and of nothing else, in objects of ``kind``; without one, of each kind that a rule names.

    Of a kind of Kubernetes itself, only where its schema has the path.
    """
    steps = [_step(match) for match in _STEP.finditer(text)]
    path: Path = tuple(Entry.of(**step) if isinstance(step, dict) else step for step in steps)
    named = [kind] if kind else sorted({name for rule in rules for name in rule.kinds})
    values = _VALUES if kind else _VALUES[:3]
    for name, (old, new) in product(named if steps else (), product(values, values)):
        api = _api_version(name, path, stated=bool(kind))
        if old is not new and api:
            body = {"apiVersion": api, "kind": name, "metadata": {"name": "a"}}
            before, after = (Side(ManifestSet.of([Resource.of(_with(body, steps, value))])) for value in (old, new))
            yield Upgrade("web", "shop", before, after, compare(before.manifests, after.manifests))


@cache
def _api_version(kind: str, path: Path, *, stated: bool) -> str:
    """One in which a built-in kind has the path; empty for none. Of other kinds, any, if the kind was ``stated``."""
    served = [f"{api.group}/{api.version}".removeprefix("/") for api in kinds() if api.kind == kind]
    known = [version for version in served if type_of(version, kind)]
    if not known:
        return "example.org/v1" if stated else ""
    return next((version for version in known if code_at(version, kind, path, newest())), "")


def _step(match: re.Match[str]) -> str | dict[str, Any]:
    """A key, or the entry of a list with its merge key: ``{}`` where the path says nothing of it."""
    if match["entry"] is None:
        return match["key"] if match["quoted"] is None else match["quoted"].replace('\\"', '"')
    pairs = (part.partition("=") for part in match["entry"].split(",") if "=" in part)
    return {key: int(value) if value.isdigit() else value for key, _, value in pairs} or {"name": "a"}


def _with(inside: Any, steps: list[str | dict[str, Any]], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, dict):
        return [{**step, **_with(dict(step), rest, value)} if rest else value if value is not _ABSENT else step]
    before = dict(inside) if isinstance(inside, dict) else {}
    below = _with(before.get(step), rest, value)
    return before if below is _ABSENT else before | {step: below}


def _reports(rule: Rule, every: tuple[Rule, ...], kind: str, path: str) -> bool:
    if kind and rule.kinds and kind not in rule.kinds:
        return False
    for case in rule.cases if any(case.expect for case in rule.cases) else ():
        for finding in findings(rule, case, every):
            places = (finding.place, *finding.also)
            if any(_of_kind(rule, place, kind) and _covers(_plain(to_text(place.path)), path) for place in places):
                return True
    return False


def _of_kind(rule: Rule, place: Place, kind: str) -> bool:
    """Of workloads each stands for all: their pods are alike."""
    own = place.resource.kind
    return bool(place.path) and (kind in ("", own, *rule.kinds) or {kind, own} <= WORKLOADS)


def _covers(reported: str, path: str) -> bool:
    return path == reported or path.startswith((f"{reported}.", f"{reported}["))


def _plain(path: str) -> str:
    return _ENTRY.sub("[]", path)
