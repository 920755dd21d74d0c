"""A container's image changes.

## Why it matters

That is what upgrades are for. A new registry or repository must be reachable and allowed. Read the release notes if a
tag moves back, or to a new major version. Without a digest, or with the tag ``latest``, the registry decides what runs:
the same reference may name another image tomorrow.

## What to do

Check pull permissions and mirrors for a new registry or repository; read the release notes for a new major version.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.images import Image, grade, image, moves_back, names_image, retagged, unpinned
from pipeline.core.analysis.rule_helpers import FindingText, custom_check, pods_check
from pipeline.core.analysis.short_values import between
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_DIGEST = len("sha256:0123456789ab")
_BACK = "The version moves back: fixes are lost, and data written by the newer version may be unreadable."
_UNPINNED = "It is no longer pinned: whoever may push to the registry decides what the nodes run."
_PIN = "Pin the digest, or at least a version, with a value."
_OTHER = "It comes from another repository, and its version number is lower: it may be older, or a different build."
_COMPARE = "Compare the images; keep the old one with a value if the new one is older."
_RETAGGED = "The tag names another image now: built again, or replaced."
_VERIFY = "Verify the new digest with its publisher."
_SEE_WHY = "Find out why it moves back; keep the newer tag with a value if you can."


def _picks(field: FieldChange, path: Path) -> bool:
    return in_container(path, "image") and not path[3:] and isinstance(field.old, str) and isinstance(field.new, str)


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    return max(grade(image(str(field.old)), image(str(field.new))) for field in fields)


def _said(_change: ResourceChange, field: FieldChange) -> str:
    """``shop/web 1.0.0 -> 1.1.0``; both in full where more than the tag differs. A digest that is lost is shown."""
    old, new = image(str(field.old)), image(str(field.new))
    if old.digest and not new.digest:
        return f"{_short(field.old, old)} -> {field.new}"
    if old.digest and new.digest and str(field.old).partition("@")[0] == str(field.new).partition("@")[0]:
        return f"{_short(field.old, old)} -> {_cut(new)}"
    if (old.registry, old.repository) != (new.registry, new.repository) or old.tag == new.tag:
        return between(field.old, field.new)
    return f"{old.repository.removeprefix('library/')} {old.tag or 'no tag'} -> {new.tag or 'no tag'}"


def _short(text: object, pinned: Image) -> str:
    """With the first characters of the digest: ``x:1.2@sha256:0123456789ab…``."""
    return str(text).replace(pinned.digest, _cut(pinned))


def _cut(pinned: Image) -> str:
    return f"{pinned.digest[:_DIGEST]}…" if len(pinned.digest) > _DIGEST else pinned.digest


_WORDS = FindingText(
    "image changes",
    "Nodes must be able to pull the image, and policies must allow it.",
    "Check mirrors and policies for a new registry; read the notes of a new major version.",
    grade=_grade,
    say=_said,
)
_in_pods = pods_check(_picks, _WORDS)
_in_custom_resource = custom_check(_WORDS, names_image)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    others = (hit for change in upgrade.diff.changes for hit in _in_custom_resource(change, upgrade))
    for hit in (*_in_pods(upgrade), *others):
        pairs = _pairs(upgrade, hit) if hit.severity in (Severity.MEDIUM, Severity.HIGH) else []
        back = [pair for pair in pairs if moves_back(*pair)]
        if any(unpinned(*pair) for pair in pairs):
            yield replace(hit, impact=_UNPINNED, fix=_PIN)
        elif back:
            same = any(old.name == new.name for old, new in back)
            impact, fix = (_BACK, _SEE_WHY) if same else (_OTHER, _COMPARE)
            yield replace(hit, impact=impact, fix=fix)
        elif any(retagged(*pair) for pair in pairs):
            yield replace(hit, impact=_RETAGGED, fix=_VERIFY)
        else:
            yield hit


def _pairs(upgrade: Upgrade, hit: Hit) -> list[tuple[Image, Image]]:
    """The images of the finding, before and after."""
    paths = {(claim.id, claim.path) for claim in hit.claims}
    fields = (f for change in upgrade.diff.changes for f in change.fields if (change.id, f.path) in paths)
    return [(image(str(field.old)), image(str(field.new))) for field in fields]


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1.0.0'}]}}}\n"
)
_PINNED = f"x:1.2.0@sha256:{'0' * 64}"
_CR = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {agent: {image: 'y.io/x:%s'}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a new tag",
            ("info", "spec.template.spec.containers[name=a].image"),
            before=_WEB,
            after=_WEB.replace("x:1.0.0", "x:1.1.0"),
        ),
        speaks(
            "another registry",
            ("low", "spec.template.spec.containers[name=a].image"),
            before=_WEB,
            after=_WEB.replace("x:1", "y.io/x:1"),
        ),
        speaks(
            "another repository",
            ("medium", "spec.template.spec.containers[name=a].image"),
            before=_WEB.replace("x:1", "team/x:1"),
            after=_WEB.replace("x:1", "archive/x:1"),
        ),
        speaks(
            "another major version",
            ("medium", "spec.template.spec.containers[name=a].image"),
            before=_WEB,
            after=_WEB.replace("x:1.0.0", "x:2.0.0"),
        ),
        speaks(
            "a tag moves back",
            ("high", "spec.template.spec.containers[name=a].image"),
            before=_WEB,
            after=_WEB.replace("x:1.0.0", "x:0.9.0"),
        ),
        speaks(
            "another repository with a lower number",
            ("medium", "spec.template.spec.containers[name=a].image"),
            before=_WEB.replace("x:1.0.0", "team/x:1.0.0"),
            after=_WEB.replace("x:1.0.0", "other/x:0.9.0"),
        ),
        *(
            speaks(
                title,
                ("medium", "spec.template.spec.containers[name=a].image"),
                before=_WEB.replace("x:1.0.0", old),
                after=_WEB.replace("x:1.0.0", new),
            )
            for title, old, new in (
                ("the digest is removed", _PINNED, "x:1.2.0"),
                ("the digest is removed with a new tag", _PINNED, "x:1.2.1"),
                ("the tag latest in place of a digest", _PINNED, "x:latest"),
                ("the tag latest", "x:1.2.0", "x:latest"),
                ("no tag", "x:1.2.0", "x"),
            )
        ),
        speaks(
            "one tag, another digest",
            ("medium", "spec.template.spec.containers[name=a].image"),
            before=_WEB.replace("x:1.0.0", _PINNED),
            after=_WEB.replace("x:1.0.0", _PINNED.replace("0", "1").replace("1.2.1", "1.2.0")),
        ),
        speaks(
            "the digest is removed in a custom resource",
            ("medium", "spec.agent.image"),
            before=_CR % f"1.0.0@sha256:{'0' * 64}",
            after=_CR % "1.0.0",
        ),
        speaks("in a custom resource", ("info", "spec.agent.image"), before=_CR % "1.0.0", after=_CR % "1.1.0"),
        speaks(
            "a number after a date",
            ("low", "spec.template.spec.containers[name=a].image"),
            before=_WEB.replace("x:1.0.0", "x:v20231226"),
            after=_WEB.replace("x:1.0.0", "x:v1.4.1"),
        ),
        speaks(
            "two workloads change alike",
            ("info", "spec.template.spec.containers[name=a].image"),
            before=_WEB + "---\n" + _WEB.replace("name: web", "name: api"),
            after=(_WEB + "---\n" + _WEB.replace("name: web", "name: api")).replace("x:1.0.0", "x:1.1.0"),
        ),
        quiet("another name", before=_WEB, after=_WEB.replace("name: a,", "name: b,")),
    ),
)
