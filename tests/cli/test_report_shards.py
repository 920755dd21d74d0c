"""A repository in 8 shards, with the real verbs: together they are the bytes of one run (1,000: test_formats.py)."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, verbs, write

RELEASES = 40
SHARDS = 8
TEMPLATES = {
    "charts/web/templates/a.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\n"
        "spec: {ports: [{name: http, port: {{ .Values.port }}}]}\n"
    ),
    "charts/web/templates/b.yaml": (
        "{{- range until (int .Values.more) }}\n---\napiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: {{ $.Release.Name }}-{{ . }}}\ndata: {a: {{ $.Values.port | quote }}}\n{{- end }}\n"
    ),
    "charts/web/templates/c.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}-login}\n"
        "stringData: {password: canary-{{ .Release.Name }}-{{ .Values.port }}}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-copy}\n"
        "data: {password: canary-{{ .Release.Name }}-{{ .Values.port }}}\n"
    ),
}


def config(releases: int) -> str:
    rows = "".join(
        f"  - {{name: r{n}, chart: ./charts/web, namespace: n{n % 7}, environments: [e{n % 3}]}}\n"
        for n in range(releases)
    )
    waivers = (
        "policy:\n  waivers:\n"
        "    - {rule: service-port-removed, release: r3, reason: agreed with all, owner: ada, expires: 2999-01-01}\n"
        "    - {rule: service-port-removed, release: r4, reason: nobody asked, owner: ada, expires: 2020-01-01}\n"
        "    - {rule: crd-removed, reason: there is none, owner: ada, expires: 2999-01-01}\n"
    )
    environments = "environments: {e0: {}, e1: {kubeVersion: '1.33'}, e2: {kubeVersion: '1.34'}}\n"
    return f"{environments}releases:\n{rows}{waivers}helm: {{engine: embedded}}\nsecrets: {{rendered: allow}}\n"


def values(releases: int, port: int) -> dict[str, str]:
    return {
        f"values/r{n}/common.yaml": f"port: {port if n % 5 else 80}\nmore: {n % 13 if n % 40 else 9}\n"
        for n in range(releases)
    }


def test_a_repository_in_eight_shards_are_the_bytes_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = platform(tmp_path / "r", {"pipeline.yaml": config(RELEASES)} | TEMPLATES | values(RELEASES, 80))
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    write(root, values(RELEASES, 81))
    verbs("render")
    out = tmp_path / "out"
    out.mkdir()
    capsys.readouterr()
    assert run(["ci", "shards", "--max", str(SHARDS)]) == 0
    shards = json.loads(capsys.readouterr().out)
    assert shards == [f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)]
    files = [out / f"{shard[0]}.json" for shard in shards]
    for shard, file in zip(shards, files, strict=True):
        run(["diff", "ref:HEAD", "worktree", "--shard", shard, "-o", f"json={file}"])
    run(["diff", "ref:HEAD", "worktree", "-o", f"json={out / 'whole.json'}", "-o", f"html={out / 'whole.html'}"])
    verbs(f"report {' '.join(map(str, reversed(files)))} -o json={out / 'merged.json'} -o html={out / 'merged.html'}")
    whole = (out / "whole.json").read_bytes()
    assert (out / "merged.json").read_bytes() == whole
    assert (out / "merged.html").read_bytes() == (out / "whole.html").read_bytes()
    assert b"canary" not in whole
    assert json.loads(whole)["summary"]["releases"] == RELEASES
    sizes = [sum(sum(r["objects"].values()) for r in json.loads(file.read_bytes())["releases"]) for file in files]
    assert max(sizes) <= 1.25 * min(sizes)
    assert git(root, "status", "--porcelain", "--", "pipeline.yaml") == ""
