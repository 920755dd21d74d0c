"""What must be written before an apply where a definition changes: which fields, and by which patch."""

from typing import Any

import pytest

from pipeline.core.cluster.plan.definition_changes import (
    change_of,
    first_by_patch,
    is_patched,
    merge_patch,
    nulls_to_omit,
    patched,
)
from pipeline.core.cluster.plan.definition_halves import first_half, with_storage_of
from pipeline.core.cluster.plan.field_repairs import loses_versions, repaired, taken_over, version_of_both

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"]}


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def many(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


MAP = fields(m={"type": "object", "additionalProperties": NUMBER})


def crd(spec: Any = None, *, versions: tuple[str, ...] = ("v1",), storage: str = "v1", **more: Any) -> dict[str, Any]:
    schema = {"openAPIV3Schema": fields(spec=spec or {"type": "object"})}
    entries = [{"name": name, "served": True, "storage": name == storage, "schema": schema} for name in versions]
    names = {"kind": "Widget", "plural": "widgets"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "names": names, "scope": "Namespaced", "versions": entries, **more},
    }


def widget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": spec}


@pytest.mark.parametrize(
    ("before", "after", "found", "wanted", "paths"),
    [
        (fields(p=TEXT), fields(p=NUMBER), {"p": "80"}, {"p": 80}, ["f:p"]),
        (fields(p=TEXT), fields(p=TEXT), {"p": "80"}, {"p": "81"}, []),
        (fields(p=NUMBER), fields(p={"type": "number"}), {"p": 80}, {"p": 80.5}, []),
        (fields(p=TEXT), fields(p={"x-kubernetes-int-or-string": True}), {"p": "80"}, {"p": 80}, []),
        (many(fields(q=TEXT)), many(fields(q=NUMBER)), [{"q": "1"}], [{"q": 1}], [""]),
        (many(fields(n=TEXT)), many(fields(n=TEXT), **BY_NAME), [{"n": "1"}, {"n": "2"}], [{"n": "1"}], [""]),
        (many(fields(n=TEXT), **BY_NAME), many(fields(n=TEXT)), [{"n": "1"}, {"n": "2"}], [{"n": "1"}], [""]),
        (many(fields(n=TEXT)), many(fields(n=TEXT), **BY_NAME), [{"n": "1"}], [{"n": "1"}], []),
        (MAP, MAP, {"m": {"z": 1}}, {"m": {}}, ["f:m"]),
        (MAP, MAP, {"m": {"z": 1}}, {"o": 1}, []),
        (many(TEXT), many(TEXT), ["x"], [], [""]),
    ],
)  # fmt: skip
def test_the_fields_that_an_apply_cannot_write_by_itself(
    before: Any, after: Any, found: Any, wanted: Any, paths: list[str]
) -> None:
    change = change_of(crd(fields(a=before)), crd(fields(a=after)))
    old, new = widget(a=found, kept=1), widget(a=wanted, kept=2)
    first = first_by_patch(change, "v1", old, new)
    assert first == tuple(("f:spec", "f:a", *([path] if path else [])) for path in paths)
    if first:
        assert not is_patched(old, new, first)
        done = patched(old, merge_patch(old, new, first))
        assert is_patched(done, new, first)
        assert done["spec"]["a"] == wanted
        assert done["spec"]["kept"] == 1, "only what must go first goes first"


def test_nulls_are_left_out_where_the_schema_does_not_take_them() -> None:
    schema = fields(spec=fields(a=TEXT, b=TEXT | {"nullable": True}, l=many(fields(c=TEXT))))
    found = nulls_to_omit(schema, widget(a=None, b=None, l=[{"c": None}, {"c": "x"}]))
    assert found == (("f:spec", "f:a"), ("f:spec", "f:l", "i:0", "f:c"))


def managed(*entries: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    rows = [
        {"manager": manager, "operation": "Apply", "apiVersion": f"example.org/{version}", "fieldsV1": {"f:spec": spec}}
        for manager, version, spec in entries
    ]
    return {"metadata": {"managedFields": rows}}


def test_entries_of_a_gone_version_are_repaired_and_nothing_else() -> None:
    change = change_of(crd(fields(a=TEXT, x=TEXT), versions=("v1beta1", "v1")), crd(fields(a=TEXT)))
    assert loses_versions(change)
    assert version_of_both(change) == "v1"
    other: tuple[str, str, dict[str, Any]] = ("other", "v1", {"f:x": {}})
    body = managed(("one", "v1beta1", {"f:a": {}, "f:x": {}}), ("one", "v1", {"f:a": {}}), other)
    found = repaired(change.after, body, "v1")
    assert found == managed(("one", "v1", {"f:a": {}}), other)["metadata"]["managedFields"]
    assert repaired(change.after, managed(("one", "v1", {"f:a": {}})), "v1") is None


def test_a_definition_that_only_gains_versions_asks_for_no_repair() -> None:
    assert not loses_versions(change_of(crd(fields(a=TEXT)), crd(fields(b=TEXT), versions=("v1", "v2"))))


def test_fields_of_a_patch_become_ours_in_one_entry() -> None:
    body = managed(
        ("pipeline", "v1", {"f:a": {}}), ("pipeline-before-apply", "v1", {"f:p": {}}), ("k", "v1", {"f:z": {}})
    )
    found = taken_over(body, frozenset({"pipeline-before-apply"}))
    assert found is not None
    assert {(one["manager"], tuple(one["fieldsV1"]["f:spec"])) for one in found} == {
        ("pipeline", ("f:a", "f:p")),
        ("k", ("f:z",)),
    }


HOOK = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "a", "namespace": "b"}}}}
OTHER = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "c", "namespace": "b"}}}}


@pytest.mark.parametrize(
    ("found", "wanted", "half"),
    [
        (crd(), crd(), None),
        (crd(versions=("v1",)), crd(versions=("v1", "v2"), storage="v1", conversion=HOOK), None),
        (crd(conversion=HOOK), crd(versions=("v1", "v2"), storage="v2", conversion=HOOK), ("v1", HOOK)),
        (crd(), crd(versions=("v1", "v2"), storage="v2", conversion=HOOK), ("v1", HOOK)),
        (crd(conversion={"strategy": "None"}), crd(conversion=HOOK), ("v1", {"strategy": "None"})),
        (crd(conversion=HOOK), crd(conversion=OTHER), ("v1", HOOK)),
    ],
)
def test_a_first_step_keeps_the_storage_version_and_a_conversion_that_works(found: Any, wanted: Any, half: Any) -> None:
    made = first_half(found, wanted)
    if half is None:
        assert made is None
        return
    assert made is not None
    stored = [entry["name"] for entry in made["spec"]["versions"] if entry["storage"]]
    assert ([half[0]], half[1]) == (stored, made["spec"]["conversion"])
    assert len(made["spec"]["versions"]) == len(wanted["spec"]["versions"]), "the new versions are there"
    assert first_half(made, wanted) == made, "done twice it is the same"


def test_a_version_that_goes_stays_until_nothing_is_stored_in_it() -> None:
    made = with_storage_of(crd(versions=("v2",), storage="v2"), crd(versions=("v1",)))
    assert [(entry["name"], entry["storage"]) for entry in made["spec"]["versions"]] == [("v2", True), ("v1", False)]


def test_objects_are_stored_anew_by_the_definition_that_they_were_written_with() -> None:
    """Not by the schema and the conversion that the plan brings, which may refuse them or not work yet."""
    found = crd(fields(p=TEXT), versions=("v1beta1", "v1"), storage="v1beta1")
    made = with_storage_of(crd(fields(p=NUMBER), conversion=HOOK), found)
    assert [(entry["name"], entry["storage"]) for entry in made["spec"]["versions"]] == [
        ("v1beta1", False),
        ("v1", True),
    ]
    assert [entry["schema"] for entry in made["spec"]["versions"]] == [
        one["schema"] for one in found["spec"]["versions"]
    ]
    assert "conversion" not in made["spec"]
