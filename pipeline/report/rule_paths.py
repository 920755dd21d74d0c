"""Which rules report a path, according to the findings of their own cases."""

import re
from collections.abc import Iterable

from pipeline.core.judge.case_findings import findings
from pipeline.core.kube.path import to_text
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.risk.finding import Place
from pipeline.core.risk.rule import Rule

_ENTRY = re.compile(r"\[[^\]\"]*\]")


def reporting(rules: Iterable[Rule], wanted: str) -> tuple[Rule, ...]:
    """The rules that report ``wanted``: ``spec.replicas``, or with its kind ``Deployment spec.replicas``.

    The entries of lists are all alike: ``containers[].image`` is ``containers[name=web].image``. A rule that reports a
    path explains everything below it.
    """
    every = tuple(rules)
    kind, _, path = wanted.strip().rpartition(" ")
    return tuple(rule for rule in every if rule.last is None and _reports(rule, every, kind.strip(), _plain(path)))


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
