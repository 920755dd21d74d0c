"""Custom resources of a CRD can be selected by another field.

## Why it matters

Nothing breaks. The API server supports selectable fields by default since Kubernetes 1.31.

## What to do

Nothing.
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
            added = [field for field in new if field not in old] if set(old) <= set(new) else []
            if added:
                path = version_path(name, _KEY)
                yield Hit(
                    pair.place(path),
                    title=f"CRD {pair.name}: {name} can be selected by {', '.join(added)}",
                    impact="Nothing breaks.",
                    fix="Nothing to do.",
                    claims=claim(pair, path),
                )


def _fields(version_: Mapping[str, Any]) -> list[str]:
    return [str(mapping(entry).get("jsonPath")) for entry in sequence(version_.get(_KEY))]


_ONE = version(rest="selectableFields: [{jsonPath: .spec.size}]")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("it is added", ("info", "spec.versions[name=v1].selectableFields"), before=crd(), after=crd(_ONE)),
        quiet("it is removed", before=crd(_ONE), after=crd()),
    ),
)
