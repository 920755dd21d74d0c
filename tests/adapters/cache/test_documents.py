"""Kept documents equal parsed ones, hold no secrets, and never get in the way."""

from pathlib import Path

from pipeline.adapters.cache.documents import DocumentCache
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.render.manifests import parse
from pipeline.core.yaml.reader import load_all

CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n" + "".join(
    f"  k{n}: [1, 1.0, '1', true, null]\n" for n in range(2000)
)
WORDS = "kind: CustomResourceDefinition\n" * 700
SECRETS = (
    f"kind: Secret\nstringData:\n  note: |\n{''.join(f'    {line}' for line in WORDS.splitlines(keepends=True))}",
    f"# {WORDS.splitlines()[0]}\nkind: Secret\nstringData: {{a: {'x' * 20_000}}}\n",
    f"{CRD}data: {{password: hunter2-canary}}\n",
    f"{CRD}---\nkind: Secret\nstringData: {{a: hunter2-canary}}\n",
    f"- {CRD.splitlines()[1]}\n- kind: Secret\n- {'x' * 20_000}\n",
)


def test_what_was_kept_is_what_was_parsed(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path / "new")
    assert cache.get(CRD) is None
    cache.put(CRD, load_all(CRD))
    assert repr(DocumentCache(tmp_path / "new").get(CRD)) == repr(load_all(CRD))
    assert cache.get(f"{CRD}\n") is None
    assert (tmp_path / "new").stat().st_mode & 0o77 == 0


def test_only_crds_are_kept(tmp_path: Path) -> None:
    text = CRD.replace("CustomResourceDefinition", "Secret")
    DocumentCache(tmp_path).put(text, load_all(text))
    DocumentCache(tmp_path).put("kind: CustomResourceDefinition", [])
    for text in SECRETS:
        DocumentCache(tmp_path).put(text, load_all(text))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_or_unwritable_cache_is_no_cache(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path)
    cache.put(CRD, load_all(CRD))
    next(tmp_path.iterdir()).write_text("{")
    assert cache.get(CRD) is None
    file = tmp_path / "file"
    file.write_text("")
    DocumentCache(file / "below").put(CRD, load_all(CRD))
    assert DocumentCache(file / "below").get(CRD) is None


def test_a_parser_asks_what_was_kept_first_and_keeps_the_rest(tmp_path: Path) -> None:
    body = f"metadata: {{name: a}}\n{CRD}"
    assert parse(body, namespace="", kept=DocumentCache(tmp_path)) == parse(body, namespace="")
    assert len(list(tmp_path.iterdir())) == 1
    DocumentCache(tmp_path).put(body, [{"apiVersion": "apiextensions.k8s.io/v2", "kind": CRD_KIND}])
    (found,) = parse(f"{body}", namespace="", kept=DocumentCache(tmp_path)).resources
    assert found.api_version == "apiextensions.k8s.io/v2"
