"""Nothing is ignored in silence: files that no release takes, keys given twice, Secrets left out."""

from pathlib import Path

import pytest

from tests.support.platforms import CONFIG, platform, verbs, write

RESOURCES = "resources: [chart.yaml]\n"
UNREAD = {
    "an environment": (
        "values/web/defualt.yaml",
        "a: b\n",
        "no release takes this file; did you mean values/web/default.yaml?",
    ),
    "a release": (
        "values/wep/common.yaml",
        "a: b\n",
        "no release takes this file; did you mean values/web/common.yaml?",
    ),
    "an ending": (
        "values/web/common.yml",
        "a: b\n",
        "no release takes this file; did you mean values/web/common.yaml?",
    ),
    "a folder": ("values/web/default/x.yaml", "a: b\n", "no release takes this file"),
    "an overlay's release": (
        "overlays/wep/kustomization.yaml",
        RESOURCES,
        "no release builds this overlay; did you mean overlays/web?",
    ),
    "an overlay's environment": (
        "overlays/web/defualt/kustomization.yaml",
        RESOURCES,
        "no release builds this overlay; did you mean overlays/web/default?",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor")
    return root


@pytest.mark.parametrize(("path", "text", "said"), UNREAD.values(), ids=UNREAD)
def test_a_file_that_no_release_takes_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], path: str, text: str, said: str
) -> None:
    write(here, {path: text})
    verbs("render")
    assert f"warning: {path}: {said}" in capsys.readouterr().err


def test_what_is_taken_is_not_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        here, {"values/web/common.yaml": "port: 1\n", "values/web/default.yaml": "port: 2\n", "values/README.md": "x"}
    )
    verbs("render")
    assert "no release" not in capsys.readouterr().err


def test_a_key_given_twice_is_named_with_its_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "port: 1\nname: a\nport: 2\n"})
    verbs("render", "render")
    said = capsys.readouterr().err
    assert said.count("values/web/common.yaml:3: the key port is given twice; the last one counts") == 2


def test_secrets_that_are_left_out_are_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {a: b}\n"
    write(here, {"charts/web/templates/s.yaml": secret, "pipeline.yaml": CONFIG + "secrets: {rendered: omit}\n"})
    verbs("vendor", "render")
    assert "create them in the cluster: Secret shop/login" in capsys.readouterr().err


def test_a_value_that_nothing_reads_is_named_at_every_render(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, {"values/web/common.yaml": "# ports\nprot: 81\n"})
    line = "warning: values/web/common.yaml:2: the chart reads no value prot; did you mean port?\n"
    for _ in range(2):  # the second time nothing is rendered
        verbs("render")
        assert capsys.readouterr().err.count(line) == 1
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    assert "reads no value" not in capsys.readouterr().err


def test_an_object_without_a_name_of_its_own_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: run-\n"
    write(here, {"charts/web/templates/j.yaml": job})
    verbs("vendor --update", "render")
    what = "ConfigMap shop/run- has generateName and no name: a cluster makes another one each time"
    assert f"warning: default/web: web/templates/j.yaml:4: {what}\n" in capsys.readouterr().err
