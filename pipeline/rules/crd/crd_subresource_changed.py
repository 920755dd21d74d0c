"""A CRD gains or loses its status or scale subresource.

## Why it matters

Without ``status``, controllers that write it get 404. Without ``scale``, autoscalers of the kind stop. With a new
``status``, what is written to .status through the resource itself is dropped in silence.

## What to do

Check autoscalers that target the kind, and tools of yours that write its status.
"""

from collections.abc import Iterator

from pipeline.core.crd.definition import version_path
from pipeline.core.crd.examples import crd, version
from pipeline.core.crd.pairs import claim, edited
from pipeline.core.finding import Severity
from pipeline.core.resource import mapping
from pipeline.core.rule import Hit, Rule, quiet, speaks
from pipeline.core.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited(upgrade):
        for name in sorted(before.versions.keys() & after.versions.keys()):
            old, new = (mapping(side.versions[name].get("subresources")) for side in (before, after))
            if old == new:
                continue
            gone, came = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
            path = version_path(name, "subresources")
            words = [f"loses {key}" for key in gone] + [f"gains {key}" for key in came]
            yield Hit(
                pair.place(path),
                title=f"CRD {pair.name}: version {name} {', '.join(words) or 'scales by other paths'}",
                why=f"Who uses /{gone[0]} of the kind gets 404."
                if gone
                else "What is written to .status through the resource itself is dropped from now on.",
                remedy="Check autoscalers of the kind, and tools that write its status.",
                severity=Severity.HIGH if gone else Severity.LOW,
                claims=claim(pair, path),
            )


_STATUS = version(rest="subresources: {status: {}}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("status goes", ("high", "spec.versions[name=v1].subresources"), before=crd(_STATUS), after=crd()),
        speaks("status comes", ("low", "spec.versions[name=v1].subresources"), before=crd(), after=crd(_STATUS)),
        quiet("status stays", before=crd(_STATUS), after=crd(_STATUS, version("v2", storage=False))),
    ),
)
