"""Helm's record of a release: what its newest revision lists, and what is no record."""

import base64
import gzip
import json
from typing import Any

import pytest

from pipeline.core.cluster.plan import helm_record
from pipeline.core.cluster.plan.helm_record import is_record, listed


def secret(revision: int, packed: bytes) -> dict[str, Any]:
    data = base64.b64encode(base64.b64encode(packed)).decode()
    labels = {"owner": "helm", "name": "web", "version": str(revision)}
    return {"type": "helm.sh/release.v1", "metadata": {"labels": labels}, "data": {"release": data}}


def record(revision: int, name: str, **more: Any) -> dict[str, Any]:
    manifest = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
    return secret(revision, gzip.compress(json.dumps({"manifest": manifest} | more).encode()))


def test_the_newest_revision_counts_by_its_number_and_not_by_its_name() -> None:
    found = listed([record(9, "old"), record(10, "new"), record(2, "older")], "shop")
    assert [str(rid) for rid in found] == ["ConfigMap shop/new"]


@pytest.mark.parametrize(
    "packed",
    [b"", b"text", gzip.compress(b"{"), gzip.compress(b'{"manifest": "a: [}"}')],
    ids=["empty", "text", "cut JSON", "no YAML"],
)
def test_what_helm_does_not_write_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not as Helm writes it"):
        listed([secret(1, packed)], "shop")


def test_one_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_record, "_LARGEST", 1000)
    with pytest.raises(ValueError, match="larger than"):
        listed([record(1, "big", notes="x" * 10_000)], "shop")


def test_another_secret_with_helms_labels_is_no_record() -> None:
    assert not is_record(record(1, "a") | {"type": "Opaque"})
