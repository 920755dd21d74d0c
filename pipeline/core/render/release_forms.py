"""The two forms of a chart: what ``helm install`` renders and what ``helm upgrade`` does, and what asks the cluster.

Templates ask ``.Release.IsInstall`` and ``.Release.IsUpgrade``. ``lookup`` finds nothing without a cluster, so what it
guards is always rendered here, while an upgrade that finds the object may leave it out, which deletes it.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline.core.charts.template_tokens import TemplateAction, TokenKind, parts
from pipeline.core.kube.resource import CRD_KIND, ManifestSet
from pipeline.core.render.random_functions import template_of
from pipeline.core.words import listed

INSTALL, UPGRADE = "install", "upgrade"
AS_INSTALL = "it does not render as an upgrade, so it is rendered as an install"
_ASKS = re.compile(r"\bIs(?:Install|Upgrade)\b")
_ASSIGNED = re.compile(r"\$\w+")
_GUARDS = frozenset({"if", "with", "else"})


def asks_form(files: Mapping[str, bytes]) -> bool:
    """Whether a template of the chart, packed charts included, may ask which form it is."""
    return any(
        path.endswith(".tgz") or ("templates/" in path and _ASKS.search(data.decode(errors="replace")) is not None)
        for path, data in files.items()
    )


def differences(install: ManifestSet, upgrade: ManifestSet) -> Iterator[str]:
    """One line for each way in which the forms differ. What both hold counts as equal where its text varies anyway."""
    installed, theirs = install.by_id(), upgrade.by_id()
    later = [str(rid) for rid in theirs if rid not in installed]
    once = [str(rid) for rid in installed if rid not in theirs]
    other = [str(rid) for rid, resource in installed.items() if rid in theirs and resource.body != theirs[rid].body]
    if later:
        yield f"rendered by upgrades only (.Release.IsUpgrade): {listed(later)}"
    if once:
        yield f"rendered by installs only (.Release.IsInstall): {listed(once)}"
    if other:
        yield f"another for an upgrade than for an install: {listed(other)}"


def guarded_by_lookup(files: Mapping[str, bytes], manifests: ManifestSet) -> Iterator[str]:
    """A line for each template with objects in this render that asks the cluster whether to render something."""
    objects: dict[str, list[str]] = {}
    for resource in manifests.resources:
        objects.setdefault(template_of(resource), []).append(str(resource.id))
    for path in sorted(objects):
        data = files.get(path, b"")
        line = _guard(data.decode(errors="replace")) if b"lookup" in data else 0
        if line:
            crd = any(shown.startswith(CRD_KIND) for shown in objects[path])
            grave = ", and with a CRD all its custom resources" if crd else ""
            yield (
                f"{path}:{line}: lookup decides whether it is rendered; here it finds nothing, while helm upgrade may "
                f"leave out and delete{grave}: {listed(objects[path])}"
            )


def _guard(text: str) -> int:
    """The line of the first condition that depends on ``lookup``; 0 where there is none."""
    asked: set[str] = set()
    line = 1
    for part in parts(text):
        if isinstance(part, str):
            line += part.count("\n")
            continue
        words = part.words
        looks = any(token.kind is TokenKind.WORD and token.text == "lookup" for token in words)
        names = {name for token in words if token.kind is TokenKind.FIELD for name in _ASSIGNED.findall(token.text)}
        if words and words[0].text in _GUARDS and (looks or names & asked):
            return line
        if looks and words[0].kind is TokenKind.FIELD:
            asked.add(words[0].text)
        line += _lines(part)
    return 0


def _lines(action: TemplateAction) -> int:
    return sum(token.text.count("\n") for token in action.tokens)
