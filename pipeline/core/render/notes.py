"""Facts about a render that its index keeps: non-deterministic paths, and the effects of the overlay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.diff.change import Op
from pipeline.core.kube.path import Path, from_json, to_json
from pipeline.core.kube.resource import ResourceId, mapping, sequence
from pipeline.core.redaction.copied import Copied, Copies
from pipeline.core.render.overlay_effects import Effect

NO_COPIES = Copies()


@dataclass(frozen=True, slots=True)
class VolatilePath:
    """``whole`` is false where only a part of a text is another at each render."""

    id: ResourceId
    path: Path
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Notes:
    """``volatile`` are the paths of which nothing is any fact, None where no one looked; ``functions`` what made them.

    ``frozen`` says that the committed values were kept there. ``overlaid`` is None where no one looked, empty where
    there is no overlay.
    """

    volatile: tuple[VolatilePath, ...] | None = None
    functions: tuple[str, ...] = ()
    frozen: bool = False
    overlaid: tuple[Effect, ...] | None = None
    copies: Copies = NO_COPIES
    """Of Secrets that the rendered tree does not hold in the open."""

    def covers(self, rid: ResourceId, path: Path) -> bool:
        """Whether ``path`` is volatile as a whole, or below one that is."""
        return any(one.whole and rid == one.id and path[: len(one.path)] == one.path for one in self.volatile or ())


NOTHING = Notes()


def to_data(notes: Notes) -> dict[str, Any]:
    """The keys ``volatile``, ``overlaid`` and ``copies`` of an index; what no one looked at is left out."""
    data: dict[str, Any] = {}
    if notes.volatile is not None:
        paths = [
            {"object": _object(path.id), "path": to_json(path.path), "whole": path.whole} for path in notes.volatile
        ]
        full = {"functions": list(notes.functions), "frozen": notes.frozen, "paths": paths}
        data["volatile"] = full if paths else {}
    if notes.overlaid is not None:
        data["overlaid"] = [
            {"object": _object(effect.id), "op": str(effect.op), "path": to_json(effect.path)}
            for effect in notes.overlaid
        ]
    if notes.copies != NO_COPIES:
        places = [
            {
                "object": _object(place.id),
                "path": to_json(place.path),
                "credential": place.credential,
                "below": place.below,
            }
            for place in notes.copies.places
        ]
        data["copies"] = {"places": places, "values": [to_json(path) for path in notes.copies.values]}
    return data


def from_data(data: Mapping[str, Any]) -> Notes:
    """What an index says. Older ones say nothing.

    Raises:
        ValueError: an entry is not what ``to_data`` writes.
    """
    raw, overlaid = data.get("volatile"), data.get("overlaid")
    volatile = mapping(raw)
    return Notes(
        None if raw is None else tuple(_paths(sequence(volatile.get("paths")))),
        tuple(map(str, sequence(volatile.get("functions")))),
        volatile.get("frozen") is True,
        None if overlaid is None else tuple(_effect(mapping(entry)) for entry in sequence(overlaid)),
        _copies(mapping(data.get("copies"))),
    )


def _copies(data: Mapping[str, Any]) -> Copies:
    maps = map(mapping, sequence(data.get("places")))
    places = (
        Copied(_id(m), from_json(sequence(m.get("path"))), m.get("credential") is not False, m.get("below") is True)
        for m in maps
    )
    return Copies(tuple(places), tuple(from_json(sequence(path)) for path in sequence(data.get("values"))))


def _paths(entries: Iterable[Any]) -> Iterable[VolatilePath]:
    maps = (mapping(entry) for entry in entries)
    return (VolatilePath(_id(m), from_json(sequence(m.get("path"))), m.get("whole") is not False) for m in maps)


def _effect(entry: Mapping[str, Any]) -> Effect:
    return Effect(_id(entry), Op(str(entry.get("op"))), from_json(sequence(entry.get("path"))))


def _object(rid: ResourceId) -> dict[str, str]:
    return {"group": rid.group, "kind": rid.kind, "namespace": rid.namespace, "name": rid.name}


def _id(entry: Mapping[str, Any]) -> ResourceId:
    fields = mapping(entry.get("object"))
    return ResourceId(*(str(fields.get(key) or "") for key in ("group", "kind", "namespace", "name")))
