"""Any file at all in an overlay is taken, or refused with its name: it never breaks what looks at it."""

import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.render.overlay import Overlay
from pipeline.core.render.overlay_references import OverlayError, check
from pipeline.core.yaml.writer import dump
from tests.support.odd_manifests import FILES, ODD

CASES = int(os.environ.get("PIPELINE_FUZZ", "300"))
KEYS = (
    *("resources", "bases", "components", "crds", "configurations", "openapi", "patches", "patchesStrategicMerge"),
    *(
        "generators",
        "transformers",
        "validators",
        "configMapGenerator",
        "secretGenerator",
        "replacements",
        "helmCharts",
    ),
    *("path", "files", "envs", "apiVersion", "kind", "metadata", "annotations", "config.kubernetes.io/function"),
)
TEXTS = st.one_of(st.sampled_from(["chart.yaml", "../x", "a\n", "{", "builtin", "https://x", "k=v", ""]), st.text())
BODIES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=12,
)


def said(name: str, data: bytes) -> OverlayError | None:
    try:
        check(Overlay("web", "overlays/web", {name: data}))
    except OverlayError as error:
        return error
    return None


def check_ends_well(name: str, data: bytes) -> None:
    error = said(name, data)
    assert error is None or (error.file == f"web/{name}" and str(error))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["kustomization.yaml", "a/b/Kustomization", "plugin.yaml"])
@pytest.mark.parametrize("name", ODD)
def test_odd_files(name: str, place: str) -> None:
    check_ends_well(place, ODD[name].encode("utf-8", "surrogatepass") + b"\n# builtin")


@pytest.mark.slow
@settings(max_examples=CASES)
@given(data=FILES, place=st.sampled_from(["kustomization.yml", "plugin.yaml"]))
def test_any_file(data: bytes, place: str) -> None:
    check_ends_well(place, data + b"\n# builtin")


@pytest.mark.slow
@settings(max_examples=CASES)
@given(body=BODIES, place=st.sampled_from(["kustomization.yml", "plugin.yaml"]))
def test_any_kustomization(body: object, place: str) -> None:
    with suppress(ValueError):  # what is no map cannot be written
        check_ends_well(place, dump(body).encode("utf-8", "replace") + b"\n# builtin")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resources: [gone.yaml]", "it refers to 'gone.yaml', which is not a file below overlays/"),
        ("resources: ['https://example.com/a']", "it refers to 'https://example.com/a', which is outside of this"),
        ("a: [", "it is not valid YAML: "),
        ("\x00", "it is not valid YAML: "),
        ("helmCharts: []", "helmCharts would fetch a chart"),
    ],
)
def test_the_message_says_what_and_why(text: str, words: str) -> None:
    with pytest.raises(OverlayError) as caught:
        check(Overlay("web", "overlays/web", {"kustomization.yaml": text.encode()}))
    assert words in str(caught.value)
