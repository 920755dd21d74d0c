"""Custom resources of a CRD can no longer be selected by a field.

## Why it matters

Field selectors that use it fail: ``field label not supported``. Programs that watch by it stop working.

## What to do

Select by labels instead, and look for programs that watch the kind by that field.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEY = "selectableFields"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        for name in sorted(before.versions.keys() & after.versions.keys()):
            old, new = _fields(before.versions[name]), _fields(after.versions[name])
            removed = [field for field in old if field not in new]
            if removed:
                path = version_path(name, _KEY)
                yield Hit(
                    pair.place(path),
                    title=f"CRD {pair.name}: {name} can no longer be selected by {', '.join(removed)}",
                    impact="Field selectors that use it fail, and so do programs that watch by it.",
                    fix="Select by labels instead, also in programs that watch the kind.",
                    claims=claim(pair, path),
                )


def _fields(version_: Mapping[str, Any]) -> list[str]:
    return [str(mapping(entry).get("jsonPath")) for entry in sequence(version_.get(_KEY))]


_ONE = version(rest="selectableFields: [{jsonPath: .spec.size}]")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("it is removed", ("medium", "spec.versions[name=v1].selectableFields"), before=crd(_ONE), after=crd()),
        quiet("it is added", before=crd(), after=crd(_ONE)),
    ),
)
