"""Small charts that tests write to disk or pack."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

CHART_YAML = "apiVersion: v2\nname: web\nversion: 1.2.3\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: {{ .Values.mode | quote }}}\n"


def write_chart(root: Path, files: Mapping[str, str]) -> Path:
    """``files`` below ``root``; a Chart.yaml is added where there is none."""
    for name, text in ({"Chart.yaml": CHART_YAML} | dict(files)).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def pack(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> bytes:
    """A ``.tgz`` with exactly these entry names; ``links`` maps an entry to where it points."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()
