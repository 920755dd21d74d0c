"""A key is gone from a ConfigMap or Secret.

## Why it matters

Pods that mount the key as a file or read it as a variable find nothing; with optional: false they do not start.

## What to do

Search volumes and variables of yours for the key.
"""

from pipeline.core.change import MISSING, FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, object_check
from pipeline.core.rule import Rule, quiet, speaks

_DATA = frozenset({"data", "binaryData", "stringData"})


def _key(path: Path) -> bool:
    """A key as a whole, or all of them."""
    return path[:1] != () and path[0] in _DATA and not path[2:]


def _picks(field: FieldChange, path: Path) -> bool:
    return _key(path) and field.new is MISSING


check = object_check(
    _picks,
    Words(
        "a key is gone", "Who mounts or reads it finds nothing.", "Search volumes and variables of yours for the key."
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"ConfigMap", "Secret"}),
    cases=(
        speaks("a key goes", ("low", "data.b"), before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
        quiet("a key comes", before=_MAP % ("", "a: x"), after=_MAP % ("", "a: x, b: y")),
    ),
)
