"""Derives pipeline/data/gated_fields.json: fields that a default API server drops silently, by type, with their gate.

From a table of one minor, tab-separated (API version, kind, path, value sent, two answers of a default server, that of
a server with all feature gates on, warning, gate, its stage), made by asking two servers of one binary for each field
of the published schema. Run: ``python -m scripts.derive_gated_fields 37 TABLE.tsv``; it keeps the other minors' tables.
Without arguments it writes only what scripts/gated_until.yaml states: fields that older minors drop.
"""

import csv
import json
import sys
from pathlib import Path

import yaml

from pipeline.core.kube.fields import code_at, type_of

DATA = Path(__file__).parent.parent / "pipeline/data/gated_fields.json"
UNTIL = Path(__file__).parent / "gated_until.yaml"


def main() -> None:
    known = json.loads(DATA.read_text(encoding="utf-8")) if DATA.exists() else {}
    if len(sys.argv) > 1:
        known[sys.argv[1]] = dropped_by(int(sys.argv[1]), Path(sys.argv[2]))
    known["until"] = stated()
    DATA.write_text(json.dumps(known, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


def stated() -> dict[str, dict[str, list[str | int]]]:
    """By type and field: the gate, and the first minor in which it is on."""
    found: dict[str, dict[str, list[str | int]]] = {}
    for name, row in yaml.safe_load(UNTIL.read_text(encoding="utf-8")).items():
        owner, _, field = name.rpartition(".")
        found.setdefault(owner, {})[field] = row
    return found


def dropped_by(minor: int, source: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with source.open(encoding="utf-8") as text:
        rows = list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
        dropped = {tuple(row[:3]) for row in rows}
        for row in rows:
            version, kind, path, gate, stage = row[0], row[1], row[2], row[8], row[9]
            parts = path.split(".")
            below = any(
                (version, kind, ".".join(parts[:end]).removesuffix("[]")) in dropped for end in range(1, len(parts))
            )
            if below or not type_of(version, kind) or not stage.startswith(("alpha", "beta, off")):
                continue
            *parents, field = path.replace("[]", ".[]").split(".")
            steps = tuple(0 if step == "[]" else step for step in parents)
            owner = code_at(version, kind, steps, minor)
            assert owner.startswith("#"), row
            found.setdefault(owner[1:], {})[field] = gate
    return found


if __name__ == "__main__":
    main()
