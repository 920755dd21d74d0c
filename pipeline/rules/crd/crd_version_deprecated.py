"""A version of a CRD is deprecated, or its deprecation warning changes.

## Why it matters

It will be removed; kubectl warns at each use.

## What to do

Move your custom resources to another version now, while both work.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, crd, version
from pipeline.core.crd.custom_resources import at_version, naming
from pipeline.core.crd.definition import version_path
from pipeline.core.crd.pairs import claim, edited_pairs
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair, before, after in edited_pairs(upgrade):
        for name, entry in after.versions.items():
            old = before.versions.get(name, {})
            paths = [
                version_path(name, key)
                for key in ("deprecated", "deprecationWarning")
                if old.get(key) != entry.get(key)
            ]
            if name not in before.versions or not paths:
                continue
            now = bool(entry.get("deprecated"))
            users = at_version(upgrade, after, name) if now and not old.get("deprecated") else []
            yield Hit(
                pair.place(paths[0]),
                title=f"CRD {pair.name}: version {name} is {'deprecated' if now else 'no longer deprecated'}"
                + (f", and {naming(users)} {agreeing(len(users), 'uses')} it" if users else ""),
                impact="It will be removed; kubectl warns at each use."
                if now
                else "It is no longer about to be removed.",
                fix="Move your custom resources to another version." if now else "Nothing to do.",
                severity=Severity.MEDIUM if users else None if now else Severity.INFO,
                also=(
                    *(pair.place(path) for path in paths[1:]),
                    *(place(user, ("apiVersion",)) for user in users),
                ),
                claims=claim(pair, *paths),
            )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a version is deprecated",
            ("low", "spec.versions[name=v1].deprecated"),
            before=crd(),
            after=crd(version(rest="deprecated: true")),
        ),
        speaks(
            "a version in use is deprecated",
            ("medium", "spec.versions[name=v1].deprecated"),
            before=crd() + MINE % "size: 1",
            after=crd(version(rest="deprecated: true")) + MINE % "size: 1",
        ),
        quiet(
            "it was before", before=crd(version(rest="deprecated: true")), after=crd(version(rest="deprecated: true"))
        ),
    ),
)
