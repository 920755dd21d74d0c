"""A printer column of a CRD has a path that the API server takes and cannot read.

## Why it matters

``kubectl get`` shows neither this column nor those behind it, down to the name alone, without a word of warning
(apiextensions' table converter stops at the first path that does not parse).

## What to do

Correct the path: each bracket holds ``*``, numbers, a slice, a name in single quotes, or a filter ``?(...)``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.crd.definition import Definition, version_path
from pipeline.core.crd.pairs import pairs
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.kube.validation.predicates import readable_json_path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEY = "additionalPrinterColumns"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair in pairs(upgrade):
        known = _unreadable(pair.before)
        for version_, column in _unreadable(pair.after):
            if (version_, column) not in known:
                yield Hit(
                    pair.place(version_path(version_, _KEY)),
                    title=f"CRD {pair.name}: the path of printer column {column} of {version_} cannot be read",
                    impact="kubectl get shows neither this column nor those behind it.",
                    fix=f"CRD {pair.name}: correct the jsonPath of column {column}.",
                )


def _unreadable(definition: Definition | None) -> list[tuple[str, str]]:
    """Version and name of each such column."""
    versions: Mapping[str, Mapping[str, Any]] = definition.versions if definition else {}
    return [
        (name, str(column.get("name")))
        for name, version_ in versions.items()
        for column in map(mapping, sequence(version_.get(_KEY)))
        if not readable_json_path(str(column.get("jsonPath")))
    ]


def _columns(*paths: str) -> str:
    columns = ", ".join(f'{{name: C{number}, type: string, jsonPath: "{path}"}}' for number, path in enumerate(paths))
    return version(rest=f"additionalPrinterColumns: [{columns}]")


_PATH = "spec.versions[name=v1].additionalPrinterColumns"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    shares=("crd-printer-columns-changed",),
    cases=(
        speaks(
            "a filter is not closed",
            ("low", _PATH),
            before=crd(),
            after=crd(_columns(".spec.size", ".status.conditions[?(@.type=='Ready')")),
        ),
        speaks("a new CRD names a key without quotes", ("low", _PATH), after=crd(_columns(".spec.a[b]"))),
        quiet("it was so before", before=crd(_columns(".a[")), after=crd(_columns(".a[", ".b"))),
        quiet(
            "a filter, a slice, a key",
            before=crd(),
            after=crd(_columns(".a[?(@.b=='c')].d", ".a[0:2]", ".a['b.c/d']", ".a[*].b")),
        ),
    ),
)
