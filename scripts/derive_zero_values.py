"""Derives pipeline/data/zero_values.json: the fields of built-in kinds in which zero or empty is the same as absent.

usage: python -m scripts.derive_zero_values MODULES
  MODULES is the folder k8s.io of a Go module cache that holds api, apimachinery and kube-aggregator of one version

A field of Go that is not a pointer cannot say "absent": once the API server has decoded an object, ``""``, ``0``,
``false``, ``[]`` and ``{}`` in it are what an absent field is, and its defaulting treats both alike. Pointers are left
out: there a zero is a value. So are lists and maps that the defaulting code tests for nil (``TESTED_FOR_NIL``).
The table is ``{type: "field field"}`` with the type names of fields.json.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "pipeline" / "data" / "zero_values.json"
FIELDS = ROOT / "pipeline" / "data" / "fields.json"
STRUCT = re.compile(r"^type (\w+) struct \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\t(?:(\w+)[ \t]+)?([*\[\]\w.]+)[ \t]+`[^`]*json:\"([^\"]*)\"", re.MULTILINE)
TESTED_FOR_NIL = {("HPAScalingRules", "policies")}
"""pkg/apis/autoscaling/v2/defaults.go: rules without policies get the default ones, an empty list is refused."""
Structs = dict[tuple[str, str], list[tuple[str, str, str]]]  # package, name -> (Go name or "", type, JSON name)


def main(modules: Path) -> None:
    known = json.loads(FIELDS.read_text())["types"]
    found = dict(_structs(modules))
    table = {}
    for package, name in sorted(found):
        fields = [field for field in _plain(found, package, name) if (name, field) not in TESTED_FOR_NIL]
        kept = [field for field in fields if field in known.get(f"{package}.{name}", {})]
        if kept:
            table[f"{package}.{name}"] = " ".join(sorted(set(kept)))
    TARGET.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n")
    print(
        f"{len(table)} types, {sum(len(one.split()) for one in table.values())} fields, {TARGET.stat().st_size} bytes"
    )


def _structs(modules: Path) -> Iterator[tuple[tuple[str, str], list[tuple[str, str, str]]]]:
    """Every struct of the API, with its fields as written; the package is ``core.v1``."""
    roots = ("api@*/*/*/types*.go", "apimachinery@*/pkg/apis/meta/v1/types.go")
    roots += ("kube-aggregator@*/pkg/apis/apiregistration/v1*/types.go",)
    for file in (file for pattern in roots for file in sorted(modules.glob(pattern))):
        package = f"{file.parent.parent.name}.{file.parent.name}"
        for name, body in STRUCT.findall(file.read_text()):
            yield (package, name), FIELD.findall(body)


def _plain(structs: Structs, package: str, name: str) -> Iterator[str]:
    """The JSON names of the fields that are not pointers, those of embedded structs included."""
    for _, kind, tag in structs.get((package, name), []):
        field, *options = tag.split(",")
        if "inline" in options:
            inner_package, _, inner = kind.rpartition(".")
            known = {"": package, "metav1": "meta.v1", "v1": "core.v1"}
            yield from _plain(structs, known.get(inner_package, inner_package), inner)
        elif field and field != "-" and not kind.startswith("*"):
            yield field


if __name__ == "__main__":
    main(Path(sys.argv[1]))
