"""The API server rejects a CRD as it is now.

## Why it matters

The apply stops there, and everything that needs its custom resources fails. The checks are those of
apiextensions.k8s.io/v1: the name, exactly one stored version, version names, a schema of type object for each version,
valid defaults, the settings of a conversion webhook, and the approval that groups of Kubernetes itself need.

## What to do

Correct the overlay or value that changes the CRD, or report it to the chart's maintainers.
"""

from collections import Counter
from collections.abc import Iterator

from pipeline.core.crd.case_crds import crd, field, version
from pipeline.core.crd.definition import Definition, schema_path, version_path
from pipeline.core.crd.pairs import CrdPair, claim, pairs
from pipeline.core.crd.schema.changes import PROPERTY, changed_crds, is_removed, node_after
from pipeline.core.crd.schema.relaxations import narrows
from pipeline.core.crd.schema.structural import misfits, untyped
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import counted

_APPROVAL = "api-approved.kubernetes.io"
_OURS = ("k8s.io", "kubernetes.io")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for pair in pairs(upgrade):
        after = pair.after
        if after is None or after.within or after.rewritten:
            continue
        known = {what for _, what in _wrong(pair.before)} if pair.before else set()
        wrong = [(path, what) for path, what in _wrong(after) if what not in known]
        wrong += dict(_of_schema(upgrade, pair)).items()
        if wrong:
            paths = [path for path, _ in wrong]
            yield Hit(
                pair.place(paths[0]),
                title=f"CRD {pair.name} is not valid ({'; '.join(what for _, what in wrong)})",
                impact="The API server rejects it, and the apply stops there.",
                fix="Correct the overlay or value that causes this, or tell the chart's maintainers.",
                also=tuple(pair.place(path) for path in paths[1:]),
                claims=claim(pair, *paths),
            )


def _of_schema(upgrade: Upgrade, pair: CrdPair) -> Iterator[tuple[Path, str]]:
    """Fields without a type, and defaults that do not fit, of what comes or changes."""
    schema = next((edited.telling for edited in changed_crds(upgrade) if edited.pair is pair), ())
    for change in schema:
        if change.combined:
            continue
        comes = change.keyword == PROPERTY and not is_removed(change) and change.path[-1] != "properties"
        where = change.path if comes else change.path[:-1]
        node = node_after(pair, change.version, where[5:])
        if comes or (change.keyword == "type" and is_removed(change)):
            yield from (((*where, *path), f"{change.field} has no type") for path in untyped(node))
        if comes or change.keyword == "default" or narrows(change):
            for path, impact in misfits(node, below=comes):
                yield (*where, *path), f"the default of {change.field} ({change.version}) is not valid: {impact}"


def _wrong(crd_: Definition) -> Iterator[tuple[Path, str]]:
    asked = f"{crd_.names.get('plural')}.{crd_.group}"
    if crd_.name != asked:
        yield ("metadata", "name"), f"its name must be {asked}"
    if crd_.spec.get("scope") not in ("Namespaced", "Cluster"):
        yield ("spec", "scope"), f"scope is {crd_.spec.get('scope')} but must be Namespaced or Cluster"
    if crd_.spec.get("preserveUnknownFields"):
        yield ("spec", "preserveUnknownFields"), "preserveUnknownFields must be false"
    yield from _versions(crd_)
    yield from _conversion(crd_)
    approval = str(mapping(crd_.metadata.get("annotations")).get(_APPROVAL) or "")
    protected = crd_.group in _OURS or crd_.group.endswith(tuple(f".{group}" for group in _OURS))
    if protected and not approval.startswith(("http://", "https://", "unapproved")):
        yield ("metadata", "annotations"), f"the group {crd_.group} needs the annotation {_APPROVAL}"


def _versions(crd_: Definition) -> Iterator[tuple[Path, str]]:
    entries = [mapping(entry) for entry in sequence(crd_.spec.get("versions"))]
    names = Counter(str(entry.get("name")) for entry in entries)
    if len(names) != len(entries):
        yield ("spec", "versions"), f"version {names.most_common(1)[0][0]} appears twice"
    stored = sum(1 for entry in entries if entry.get("storage") is True)
    if stored != 1:
        yield ("spec", "versions"), f"{counted(stored, 'version')} marked as stored instead of exactly 1"
    for name in crd_.versions:
        if not crd_.schema(name):
            yield version_path(name, "schema"), f"version {name} has no schema"
        elif crd_.schema(name).get("type") != "object":
            yield schema_path(name), f"the schema of version {name} is not of type object"


def _conversion(crd_: Definition) -> Iterator[tuple[Path, str]]:
    conversion = mapping(crd_.spec.get("conversion"))
    if conversion.get("strategy") == "Webhook":
        webhook = mapping(conversion.get("webhook"))
        missing = [key for key in ("clientConfig", "conversionReviewVersions") if not webhook.get(key)]
        if missing:
            yield ("spec", "conversion"), f"its conversion webhook lacks {' and '.join(missing)}"


_WEBHOOK = "  conversion: {strategy: Webhook, webhook: {%s}}\n"
_WHOLE = "clientConfig: {url: 'https://a'}, conversionReviewVersions: [v1]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("crd-field-added", "crd-version-added"),
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "two versions are stored",
            ("blocker", "spec.versions"),
            before=crd(),
            after=crd(version(), version("v2")),
        ),
        speaks("no version is stored", ("blocker", "spec.versions"), before=crd(), after=crd(version(storage=False))),
        speaks(
            "a new CRD has the wrong name",
            ("blocker", "metadata.name"),
            after=crd().replace("name: widgets.example.com", "name: widgets.example.org"),
        ),
        speaks(
            "it would preserve unknown fields",
            ("blocker", "spec.preserveUnknownFields"),
            before=crd(),
            after=crd() + "  preserveUnknownFields: true\n",
        ),
        speaks(
            "a default beyond its limit",
            ("blocker", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer, default: 3}"),
            after=field("a: {type: integer, default: 3, maximum: 2}"),
        ),
        speaks(
            "a field without a type",
            ("blocker", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.b"),
            before=field("a: {type: integer}"),
            after=field("a: {type: integer}, b: {description: anything}"),
        ),
        quiet(
            "a field of any type",
            before=field("a: {type: integer}"),
            after=field("a: {type: integer}, b: {x-kubernetes-preserve-unknown-fields: true}"),
        ),
        speaks("an unknown scope", ("blocker", "spec.scope"), after=crd(scope="Global")),
        speaks(
            "a webhook without review versions",
            ("blocker", "spec.conversion"),
            before=crd(),
            after=crd() + _WEBHOOK % "clientConfig: {url: 'https://a'}",
        ),
        speaks(
            "a group of Kubernetes without approval",
            ("blocker", "metadata.annotations"),
            after=crd().replace("example.com", "example.k8s.io"),
        ),
        quiet("a webhook with all it needs", before=crd(), after=crd() + _WEBHOOK % _WHOLE),
        quiet("a valid version is new", before=crd(), after=crd(version(), version("v2", storage=False))),
        quiet(
            "it was as wrong before",
            before=crd(version(), version("v2")),
            after=crd(version(), version("v2"), names="shortNames: [w]"),
        ),
    ),
)
