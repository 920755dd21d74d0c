"""A credential is stored in plain text: in a ConfigMap, in an argument, or in the literal value of a variable.

Recognised by the key's name (``password``, ``clientSecret``, ``api_key``), or by the value: a private key, or a URL
that contains a password. A reference to a credential (``${…}``, a path, a Secret's name) is not reported.

## Why it matters

The rendered tree is committed: whoever can read the repository or the namespace's ConfigMaps has the credential.

## What to do

Move the credential to a Secret that sops or an external store protects, and rotate it if it was ever pushed.
"""

from collections.abc import Iterator

from pipeline.core.analysis.credentials import in_the_open, looks_secret, may_hold
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Entry, Path, to_text
from pipeline.core.kube.pods import WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, listed


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.after is None:
        return
    exposed = list(_open(change.after, change.before))
    known = set(_open(change.before)) if exposed and change.before is not None else set()
    exposed = [path for path in exposed if path not in known]
    if exposed:
        like = f"{agreeing(len(exposed), 'looks')} like a credential"
        names = listed(map(_name, exposed))
        yield Hit(
            place(change.after, exposed[0]),
            title=f"{change.id.kind} {change.id.name}: {names} {like} in plain text",
            impact="Whoever can read the repository or the object has the credential.",
            fix="Move the credential to a Secret (sops, an external store); rotate it if it was ever pushed.",
            also=tuple(place(change.after, path) for path in exposed[1:]),
        )


def _name(path: Path) -> str:
    """The variable of a value, the list of an argument, the key of anything else."""
    if isinstance(path[-2], Entry) and path[-1] == "value":
        return str(path[-2].pairs[0][1])
    return to_text(path[-2:] if isinstance(path[-1], int) else path[-1:])


def _open(resource: Resource, before: Resource | None = None) -> Iterator[Path]:
    """Where it holds one; of a ConfigMap only in what ``before`` does not hold."""
    if resource.kind == "ConfigMap":
        old = mapping(before.body.get("data")) if before is not None else {}
        for key, value in mapping(resource.body.get("data")).items():
            if value != old.get(key) and may_hold(key, value):
                yield from in_the_open(value, ("data", key))
        return
    spec, base = pod_spec(resource), (*(template_path(resource) or ()), "spec")
    for group in ("containers", "initContainers"):
        for container in map(mapping, sequence(spec.get(group))):
            step = Entry.of(name=container.get("name"))
            for variable in map(mapping, sequence(container.get("env"))):
                name, value = variable.get("name"), variable.get("value")
                if isinstance(name, str) and isinstance(value, str) and looks_secret(name, value):
                    yield (*base, group, step, "env", Entry.of(name=name), "value")
            for index, text in enumerate(sequence(container.get("args"))):
                flag, sign, value = str(text).partition("=")
                if sign and looks_secret(flag, value):
                    yield (*base, group, step, "args", index)


_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  app.yaml: |\n    user: shop\n    %s\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, env: [{name: %s, value: '%s'}]}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("config-value-changed",),
    severity=Severity.MEDIUM,
    confidence=Confidence.HINT,
    each=check,
    kinds=WORKLOADS | {"ConfigMap"},
    cases=(
        speaks(
            "a password in a file",
            ("medium", 'data["app.yaml"].password'),
            before=_MAP % "password: ${PASSWORD}",
            after=_MAP % "password: hunter22",
        ),
        speaks(
            "a variable's value",
            ("medium", "spec.template.spec.containers[name=a].env[name=DB_PASSWORD].value"),
            after=_WEB % ("DB_PASSWORD", "hunter22"),
        ),
        speaks(
            "a URL that contains one",
            ("medium", "spec.template.spec.containers[name=a].env[name=DSN].value"),
            after=_WEB % ("DSN", "postgres://shop:hunter22@db:5432/shop"),
        ),
        quiet("it existed before", before=_MAP % "password: hunter22", after=_MAP % "password: hunter23"),
        quiet("it names a file", after=_WEB % ("DB_PASSWORD_FILE", "/run/secrets/password")),
        quiet("it names a Secret", after=_WEB % ("DB_SECRET", "shop-db-credentials")),
        quiet("it refers to another", after=_WEB % ("DSN", "postgres://shop:$(PASSWORD)@db:5432/shop")),
    ),
)
