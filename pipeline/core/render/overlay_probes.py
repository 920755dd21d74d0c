"""Which rules of an overlay match nothing: asked of Kustomize itself, which passes over them without a word.

The overlay is built once more with a mark beside each patch with a target, in each image's tag, in each target of a
replacement and for each field of a label. A mark that is nowhere in the output belongs to a rule that matches nothing.
Rules of components that several releases share may match in some of them only, and are not asked.
"""

import json
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.charts.suggest import nearest
from pipeline.core.kube.pods import containers
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.render.overlay import FOLDER, Overlay
from pipeline.core.render.overlay_references import kustomizations_built
from pipeline.core.yaml.positions import Steps, mark
from pipeline.core.yaml.reader import YamlError, load, load_all

_PATCHES = ("patches", "patchesJson6902")
_FIELD = "field of a label"


@dataclass(frozen=True, slots=True)
class OverlayRule:
    """``steps`` lead to it in the kustomization ``file`` (below ``overlays/``); ``names`` are what it looks for."""

    file: str
    steps: Steps
    mark: str
    kind: str
    names: Mapping[str, str]


def probed(overlay: Overlay) -> tuple[Overlay, tuple[OverlayRule, ...]]:
    """The overlay with marks, and the rules that they belong to; none where nothing is to be asked."""
    rules: list[OverlayRule] = []
    files = dict(overlay.files)
    for path in kustomizations_built(overlay):
        name = path.removeprefix(f"{overlay.release}/")
        if name == path:
            continue
        try:
            body = load(files[name].decode())
        except (YamlError, UnicodeDecodeError):
            continue
        if isinstance(body, dict):
            marked = _Marking(overlay, path, rules).body(body)
            files[name] = json.dumps(marked).encode()
    return replace(overlay, files=files), tuple(rules)


def idle(rules: tuple[OverlayRule, ...], built: str) -> tuple[OverlayRule, ...]:
    """Those whose mark is not in the output. A label is in each object's own labels, whatever fields it names."""
    own: Counter[str] = Counter()
    if any(rule.kind == _FIELD for rule in rules):
        own.update(
            key for body in load_all(built) for key in mapping(mapping(mapping(body).get("metadata")).get("labels"))
        )
    return tuple(rule for rule in rules if built.count(rule.mark) == (own[rule.mark] if rule.kind == _FIELD else 0))


def words(rule: OverlayRule, overlay: Overlay, chart: list[Resource]) -> str:
    """``overlays/web/kustomization.yaml:3: this patch matches nothing: … did you mean web?``."""
    text = overlay.by_path[rule.file].decode(errors="replace")
    asked = ", ".join(f"{key} {value}" for key, value in rule.names.items()) or "no target"
    near = ""
    if rule.kind == "image":
        near = nearest(rule.names.get("name", ""), {name for r in chart for name in _images(r)})
    elif "name" in rule.names:
        kinds = [r for r in chart if r.kind == rule.names.get("kind", r.kind)]
        near = nearest(rule.names["name"], {r.id.name for r in kinds})
    elif "kind" in rule.names:
        near = nearest(rule.names["kind"], {r.kind for r in chart})
    meant = f"; did you mean {near}?" if near else ""
    return f"{FOLDER}/{rule.file}:{mark(text, rule.steps).line}: this {rule.kind} matches nothing: {asked}{meant}"


def _images(resource: Resource) -> Iterator[str]:
    """Without tag and digest."""
    for container in containers(resource):
        folder, slash, name = str(container.get("image") or "").partition("@")[0].rpartition("/")
        yield f"{folder}{slash}{name.partition(':')[0]}"


class _Marking:
    """Marks one kustomization; what it marked goes into ``rules``."""

    def __init__(self, overlay: Overlay, path: str, rules: list[OverlayRule]) -> None:
        self._files, self._path, self._found = overlay.by_path, path, rules

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        out = dict(body)
        for key in _PATCHES:
            if key in body:
                out[key] = [
                    patch_marked
                    for n, entry in enumerate(sequence(body[key]))
                    for patch_marked in self._patch(key, n, entry)
                ]
        if "patchesStrategicMerge" in body:
            out["patchesStrategicMerge"] = [
                patch for patch in sequence(body["patchesStrategicMerge"]) if not self._ends(patch)
            ]
        if "images" in body:
            images = [mapping(entry) for entry in sequence(body["images"])]
            out["images"] = [self._image(n, entry, images) for n, entry in enumerate(images)]
        if "replacements" in body:
            replacements = enumerate(sequence(body["replacements"]))
            out["replacements"] = [
                replacement for n, entry in replacements for replacement in self._replacements(n, mapping(entry))
            ]
        if "labels" in body:
            labels = enumerate(map(mapping, sequence(body["labels"])))
            out["labels"] = [label for n, entry in labels for label in self._label(n, entry)]
        return out

    def _patch(self, key: str, number: int, entry: Any) -> Iterator[Any]:
        target = mapping(mapping(entry).get("target"))
        if target:
            mark_here = self._mark((key, number), "patch", target)
            patch = json.dumps([{"op": "add", "path": f"/{mark_here}", "value": "x"}])
            yield {"target": dict(target), "patch": patch}
        if not self._ends(mapping(entry).get("patch") or mapping(entry).get("path")):
            yield entry

    def _beside(self, name: str) -> str:
        """The key among the overlay's files of what the kustomization names."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._path), name))

    def _ends(self, patch: Any) -> bool:
        """Whether it deletes what it matches: the marks on that would be gone."""
        if not isinstance(patch, str):
            return False
        path = self._beside(patch)
        text = self._files[path].decode(errors="replace") if path in self._files else patch
        return "$patch" in text and "delete" in text

    def _image(self, number: int, entry: Mapping[str, Any], images: list[Mapping[str, Any]]) -> dict[str, Any]:
        same = {entry.get("name"), entry.get("newName")}
        if not entry.get("name") or any(follower.get("name") in same for follower in images[number + 1 :]):
            return dict(entry)  # a later entry takes this one's mark away
        out = {key: value for key, value in entry.items() if key not in ("digest", "tagSuffix")}
        return out | {"newTag": self._mark(("images", number), "image", {"name": entry["name"]})}

    def _replacements(self, number: int, entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Marked targets, and then ``entry`` itself, which may be in a file of its own."""
        if isinstance(entry.get("path"), str):
            file = self._beside(entry["path"])
            try:
                body = load(self._files[file].decode()) if file in self._files else None
            except (YamlError, UnicodeDecodeError):
                body = None
            for steps, one in enumerate(body) if isinstance(body, list) else [(None, body)]:
                yield from self._targets(file, () if steps is None else (steps,), mapping(one))
        else:
            yield from self._targets(self._path, ("replacements", number), entry)
        yield entry

    def _targets(self, file: str, steps: Steps, entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        source = {
            key: value for key, value in mapping(entry.get("source")).items() if key not in ("fieldPath", "options")
        }
        for index, target in enumerate(map(mapping, sequence(entry.get("targets")))):
            select = mapping(target.get("select"))
            if source and select:
                here = self._mark((*steps, "targets", index), "target of a replacement", select, file)
                asked = {key: target[key] for key in ("select", "reject") if key in target}
                probe = asked | {"fieldPaths": [f"metadata.annotations.{here}"], "options": {"create": True}}
                yield {"source": source, "targets": [probe]}

    def _label(self, number: int, entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield entry
        for index, field in enumerate(map(mapping, sequence(entry.get("fields")))):
            if field.get("path") != "metadata/labels":  # where every label is
                here = self._mark(("labels", number, "fields", index), _FIELD, field)
                yield {"pairs": {here: "x"}, "fields": [dict(field)]}

    def _mark(self, steps: Steps, kind: str, names: Mapping[str, Any], file: str = "") -> str:
        here = f"pipelineProbe{len(self._found)}x"
        said = {
            str(key): str(value) for key, value in names.items() if isinstance(value, str | int) and value is not True
        }
        self._found.append(OverlayRule(file or self._path, steps, here, kind, said))
        return here
