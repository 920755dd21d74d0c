"""Derives pipeline/data/values.json: what the fields of built-in kinds may hold, from a real API server's answers.

usage: python -m scripts.derive_values [BINARIES]
  the folder of etcd and kube-apiserver; the one of the tests by default. Takes two to five minutes.

For each field a format of core/kube/validation/formats.py is looked for that gives the server's answer to every text of
the battery; for numbers the bounds that the server's messages name. Where no format fits, the field is printed
and left out, unless scripts/value_facts.yaml states it.
"""

import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.kube.fields import entries, fields_at, type_of
from pipeline.core.kube.validation.formats import FORMATS
from scripts.value_probes import ROOT, Answer, Steps, answers, objects
from tests.cluster.binaries import folder
from tests.cluster.control_plane_connection import ControlPlaneConnection

TARGET = ROOT / "pipeline" / "data" / "values.json"
FACTS = ROOT / "scripts" / "value_facts.yaml"
MINOR = 37
UNJUDGED = "yt"  # base64 and times: field_check's
META = "meta.v1.ObjectMeta"
Verdicts = dict[Any, set[bool]]


class Field:
    """Everything that was answered about one field of one type."""

    def __init__(self) -> None:
        self.values: Verdicts = defaultdict(set)
        self.keys: Verdicts = defaultdict(set)
        self.messages: set[str] = set()
        self.words: set[str] = set()
        self.removed: Counter[str] = Counter()

    def take(self, answer: Answer) -> None:
        where = text_of(answer.path)
        own = [cause for cause in answer.causes if _about(cause[1], where, answer)]
        if answer.what.startswith("removed"):
            missing = any(cause[0] == "FieldValueRequired" and cause[1] == where for cause in own)
            inside = answer.what == "removed map" and own and all(c[1].startswith(where) for c in answer.causes)
            self.removed["ok" if answer.accepted else "required" if missing or inside else "other"] += 1
        elif answer.what == "key":
            self.keys[answer.value].add(not own)
        else:
            self.values[answer.value].add(not own and (answer.accepted or answer.code != 400))  # noqa: PLR2004
            for _reason, _field, message in own:
                self.messages.add(message)
                _, said, words = message.partition("supported values:")
                self.words |= set(re.findall(r'"([^"…]+)"', words)) if said else set()


def main(binaries: Path) -> None:
    fields: dict[str, Field] = defaultdict(Field)
    with tempfile.TemporaryDirectory() as scratch:
        plane = ControlPlaneConnection(binaries, Path(scratch) / "plane")
        try:
            for answer in answers(plane, objects()):
                if answer.code and (name := name_of(answer)):
                    fields[name].take(answer)
        finally:
            plane.close()
    TARGET.write_text(json.dumps(table(fields), indent=0, sort_keys=True) + "\n")
    print(f"{len(fields)} fields, {TARGET.stat().st_size} bytes")


def name_of(answer: Answer) -> str:
    """``core.v1.Container.name``; an object's own name by its kind. Empty for what is not judged."""
    root = type_of(answer.api_version, answer.kind)
    owner, field, code = root, "", f"#{root}"
    for step in answer.path:
        if code[0] == "#":
            owner, field = code[1:], str(step)
            code = fields_at(owner, MINOR).get(field, "")
        else:
            code = entries(code)[1] if code[0] in "[{" else ""
        if not code:
            return ""
    if code[0] in UNJUDGED:
        return ""
    own_name = owner == META and answer.path == ("metadata", "name")
    return f"{root}.metadata.name" if own_name else f"{owner}.{field}"


def text_of(path: Steps) -> str:
    """As the server writes it: ``spec.ports[0].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _about(field: str, where: str, answer: Answer) -> bool:
    """Whether a cause is about the value that was changed, and not about another field that it no longer fits."""
    keyed = f"{where.rpartition('.')[0]}[{answer.path[-1]}]"
    below = field.startswith(f"{where}[") or (answer.what != "value" and field.startswith(f"{where}."))
    return field in (where, keyed) or below


def table(fields: Mapping[str, Field]) -> dict[str, Any]:
    facts = yaml.safe_load(FACTS.read_text())
    values = {name: code for name, field in fields.items() if (code := _values(name, field, facts["values"]))}
    keys = {name: code for name, field in fields.items() if field.keys and (code := _text(field.keys))}
    required = {name for name, field in fields.items() if set(field.removed) == {"required"}}
    required |= set(facts["required"])
    dropped = {name for name in required if name.endswith((".metadata", ".metadata.name"))} | set(facts["not_required"])
    plain = {name: code for name, code in keys.items() if code.lstrip("?") != "any"}
    return {"values": values | facts["values"], "keys": plain | facts["keys"], "required": sorted(required - dropped)}


def _values(name: str, field: Field, stated: Mapping[str, str]) -> str:
    sure = {value: True in verdicts for value, verdicts in field.values.items() if len(verdicts) == 1}
    texts = {value: {taken} for value, taken in sure.items() if isinstance(value, str)}
    numbers = {value: taken for value, taken in sure.items() if isinstance(value, int)}
    if field.words and texts:
        return ("?" if True in texts.get("", ()) else "") + "=" + ",".join(sorted(field.words))
    code = _text(texts) if texts else _bounds(numbers, field.messages) if numbers else ""
    if code is None and name not in stated:
        print(f"no format fits {name}: {sorted(field.messages)[:1]}")
    return code if code and code.lstrip("?") != "any" else ""


def _text(verdicts: Mapping[Any, set[bool]]) -> str | None:
    """The first format that gives each answer; None where there is none."""
    sure = {text: True in found for text, found in verdicts.items() if len(found) == 1}
    empty = sure.pop("", None)
    for name in FORMATS:
        if all(FORMATS[name].accepts(text) is taken for text, taken in sure.items()):
            return "nonempty" if name == "any" and empty is False else f"{'?' if empty else ''}{name}"
    return None


def _bounds(numbers: Mapping[int, bool], messages: Iterable[str]) -> str | None:
    """``1..65535``: each end where the server's message names a number between the last refused and the first taken."""
    taken = sorted(number for number, fits in numbers.items() if fits)
    if len(taken) in (0, len(numbers)):
        return "" if taken else None
    named = [int(found) for message in messages for found in re.findall(r"(?<![\w.])-?\d+", message)]
    below = [number for number in numbers if number < taken[0]]
    above = [number for number in numbers if number > taken[-1]]
    low = [number for number in named if below and max(below) < number <= taken[0]]
    high = [number for number in named if above and taken[-1] <= number < min(above)]
    if below and not low and taken[0] in (0, 1):
        low = [taken[0]]
    if (below and not low) or (above and not high) or len(below) + len(above) + len(taken) != len(numbers):
        return None
    return f"{low[0] if low else ''}..{max(high) if high else ''}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else folder())
