"""Nothing of who renders, where and on what changes a byte."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

from tests.support.platforms import platform, snapshot, verbs
from tests.support.tools import tool

CHART = {
    "charts/web/templates/x.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  t: '{{ now | date `2006-01-02` }}'\n"
        "  k: '{{ keys .Values | join `,` }}'\n  n: '{{ .Release.Namespace }}'\n"
        "  d: '{{ toDate `2006-01-02` `2020-01-01` }}'\n"
        "{{ (.Files.Glob `conf/**`).AsConfig | indent 2 }}\n"
    ),
    **{f"charts/web/conf/{folder}/{name}": f"{folder}ä\n" for folder in "abc" for name in ("same", f"{folder}.txt")},
    "charts/web/values.yaml": "port: 80\nb: 1\na: 2\nz: ß\n",
}
ELSEWHERE = {
    "LANG": "de_DE.ISO-8859-1",
    "LC_ALL": "C",
    "TZ": "Pacific/Kiritimati",
    "KUBECONFIG": "/nonexistent",
    "HELM_NAMESPACE": "other",
    "HELM_KUBECONTEXT": "other",
    "HELM_DEBUG": "true",
    "HELM_DRIVER": "memory",
    "GOMAXPROCS": "1",
    "PYTHONHASHSEED": "7",
}

RELEASES = "releases:\n" + "".join(
    f"  - {{name: {n}, chart: ./charts/web, namespace: shop}}\n" for n in ("web", "b", "a")
)


class Backwards:
    """A folder's entries in the order in which another file system may list them."""

    def __init__(self, folder: int | str | Path = ".") -> None:
        with _SCANDIR(folder) as entries:
            self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

    def __enter__(self) -> Iterator[os.DirEntry[str]]:
        return iter(self.entries)

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        return iter(self.entries)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


_SCANDIR = os.scandir


@pytest.mark.parametrize("engine", ["cli", "embedded"])
def test_surroundings_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    if engine == "cli":
        monkeypatch.setenv("PATH", f"{Path(tool('helm')).parent}:{os.environ['PATH']}")
    root = platform(tmp_path / "platform", {**CHART, "pipeline.yaml": f"{RELEASES}helm: {{engine: {engine}}}\n"})
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    before = snapshot(root / "rendered")
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    for name in ("HOME", "XDG_CACHE_HOME", "HELM_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(os, "scandir", Backwards)
    monkeypatch.setattr("pipeline.adapters.helm.side_by_side.worker_count", lambda: 5)
    old = os.umask(0o077)
    try:
        verbs("render --check", "render")
    finally:
        os.umask(old)
    monkeypatch.setattr(os, "scandir", _SCANDIR)
    assert snapshot(root / "rendered") == before
