"""A ConfigMap or Secret that is marked immutable changes, or a Secret's type does.

## Why it matters

The API server rejects it: ``immutable: true`` is permanent, data included, and a Secret's type can never change.

## What to do

Give the new object another name and update its users, or delete the old one in a separate step.
"""

from pipeline.core.analysis.immutable_fields import differing, immutable_check
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _refused(old: Body, new: Body, _minor: int) -> tuple[Path, ...]:
    paths: tuple[Path, ...] = (("type",),) if old.get("kind") == "Secret" else ()
    if old.get("immutable") is True:
        paths += (("immutable",), ("data",), ("binaryData",), ("stringData",))
    return differing(old, new, *paths)


check = immutable_check(_refused)


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: %s}\n%s\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("config-value-changed",),
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"ConfigMap", "Secret"}),
    cases=(
        speaks(
            "data of an immutable ConfigMap",
            ("blocker", "data.a"),
            before=_MAP % ("b", "immutable: true"),
            after=_MAP % ("c", "immutable: true"),
        ),
        speaks(
            "a Secret of another type",
            ("blocker", "type"),
            before="apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
            after="apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/tls\n",
        ),
        quiet("data of a mutable ConfigMap", before=_MAP % ("b", ""), after=_MAP % ("c", "")),
        quiet("it becomes immutable", before=_MAP % ("b", ""), after=_MAP % ("c", "immutable: true")),
    ),
)
