"""The view of whole meshes is what Istio's own discovery code answers for them."""

import json

import pytest

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.view import mesh_views
from pipeline.core.mesh.view_json import view_json
from pipeline.core.yaml.reader import load_all
from tests.support.tools import CORPUS

_MESHES = sorted(path.stem for path in (CORPUS / "mesh").glob("*.yaml"))


def test_the_corpus_holds_meshes() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS} (PIPELINE_CORPUS)")
    assert _MESHES


@pytest.mark.parametrize("name", _MESHES)
def test_as_istio_computes_it(name: str) -> None:
    documents = load_all((CORPUS / "mesh" / f"{name}.yaml").read_text())
    truth = json.loads((CORPUS / "mesh" / f"{name}.json").read_text())
    assert view_json(mesh_views(Mesh.of(Resource.of(document) for document in documents if document))) == truth
