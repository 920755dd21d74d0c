"""A rendered text contains an error message of Go's formatting: ``%!d(float64=9121)``.

## Why it matters

The chart's template formats a value of the wrong type, or with too few or too many values. The message stands where the
program expects a port, an address or a flag.

## What to do

Give the value the type that the template expects, often a whole number in quotes, or correct the template.
"""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

# The fmt package, "Format errors": a wrong type, too few, too many, bad width or precision, an invalid index, a panic.
_ERROR = re.compile(r"%!(?:[a-zA-Z]?\([^()]*(?:\([^()]*\)[^()]*)*\)|\((?:NOVERB|BADWIDTH|BADPREC|BADINDEX)\))")
_LONGEST = 60


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.after is None or change.id.kind == CRD_KIND:  # a CRD's descriptions may explain it
        return
    known = {text for _, text in _errors((), change.before.body)} if change.before is not None else set[str]()
    errors = [(path, text) for path, text in _errors((), change.after.body) if text not in known]
    if errors:
        path, text = errors[0]
        shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        yield Hit(
            place(change.after, path),
            title=f"{change.id.kind} {change.id.name}: rendered text contains the format error {shown}",
            impact="A Go error text is where the program expects a value.",
            fix="Give the value the type that the template expects, or correct the template.",
            also=tuple(place(change.after, other) for other, _ in errors[1:]),
            claims=(Claim(change.id, ("not explained by a format error",)),),
        )


def _errors(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "%!" in value and (error := _ERROR.search(value)):
            yield path, error.group()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _errors((*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _errors((*path, number), item)


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {listen: '%s'%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    cases=(
        speaks(
            "a wrong type", ("medium", "data.listen"), before=_MAP % (":80", ""), after=_MAP % (":%!d(float64=80)", "")
        ),
        speaks("nothing to format", ("medium", "data.listen"), after=_MAP % ("%!s(<nil>):80", "")),
        speaks("too many values", ("medium", "data.listen"), after=_MAP % ("a%!(EXTRA string=b)", "")),
        speaks("no verb", ("medium", "data.listen"), after=_MAP % ("50%!(NOVERB)", "")),
        quiet("it was like that before", before=_MAP % ("%!s(<nil>)", ""), after=_MAP % ("%!s(<nil>)", ", a: b")),
        quiet("percent signs", after=_MAP % ("100%! (really)", "")),
    ),
)
