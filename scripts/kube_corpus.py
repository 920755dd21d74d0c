"""``upgrade --to-kube`` against a real API server: ``python -m scripts.kube_corpus CORPUS [ARCHIVE...]``.

server-verdicts.yaml of CORPUS says what kube-apiserver 1.37 refuses of each old render. Each archive is committed for
the oldest Kubernetes of three that it renders for, and asked to 1.37. It prints each kind that the server does not
serve, that the chart still renders for it, and that no blocker names; and each blocker of that sort about a kind that
the server takes.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import yaml

from pipeline.cli.support.kube_raise import kube_plans
from pipeline.core.errors import PipelineError
from pipeline.core.upgrade.judged import JudgedVersion
from pipeline.wiring import repository
from scripts.judge_corpus import platform

Kind = tuple[str, str]
"""API version and kind."""
TARGET = "1.37"
BEFORE = ("1.21.0", "1.28.0", "1.34.0")
_GONE = 404
_NO_LONGER = re.compile(r"no longer served|not served|is removed|does not serve")


def refused(corpus: Path) -> dict[str, set[Kind]]:
    """By archive what the server has no resource for, of those that render by default."""
    truth = yaml.load((corpus / "truth.yaml").read_text(), yaml.CSafeLoader)
    plain = {entry["id"] for entry in truth if not entry.get("values") and not entry.get("kube_version")}
    found: dict[str, set[Kind]] = {}
    for row in yaml.load((corpus / "server-verdicts.yaml").read_text(), yaml.CSafeLoader)["upgrades"]:
        if "refused" in row and {*row["ids"]} & plain:
            gone = (one for one in row.get("refused_old") or () if one["status"] == _GONE)
            kinds = {("/".join(filter(None, (one["group"], one["version"]))), one["kind"]) for one in gone}
            found.setdefault(row["from"], set()).update(kinds)
    return found


def disagreements(corpus: Path, archive: str, gone: set[Kind]) -> Iterator[str]:
    """A line for each thing that the server says otherwise."""
    said = _judged(corpus / "charts" / archive)
    if said is None:
        yield f"{archive}: it renders for none of {', '.join(BEFORE)}"
        return
    kinds = {kind for version, kind in gone & _rendered(corpus / "charts" / archive)}
    titles = [finding.title for finding in said.blocking]
    missing = [kind for kind in sorted(kinds) if not any(kind in title for title in titles)]
    if missing:
        yield f"{archive}: no blocker names {', '.join(missing)}: {titles or said.problem or said.verdict}"
    odd = [title for title in titles if _NO_LONGER.search(title) and not any(kind in title for kind in kinds)]
    if odd:
        yield f"{archive}: the server serves it: {odd}"


def _judged(archive: Path) -> JudgedVersion | None:
    chart, _, version = archive.stem.rpartition("-")
    for kube in BEFORE:
        try:
            with platform(chart, {version: archive}, kube) as place, chdir(place):
                (plan,) = kube_plans(repository(), TARGET, (), ())
                return plan.moves[0].refused
        except (PipelineError, SystemExit):
            continue
    return None


def _rendered(archive: Path) -> set[Kind]:
    """What the chart makes of the new Kubernetes."""
    chart, _, version = archive.stem.rpartition("-")
    with platform(chart, {version: archive}, f"{TARGET}.0") as place:
        texts = (path.read_text() for path in (place / "rendered").rglob("*.yaml"))
        documents = (one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader) if isinstance(one, dict))
        return {(str(one.get("apiVersion")), str(one.get("kind"))) for one in documents}


def main(corpus: Path, wanted: list[str]) -> int:
    """What disagrees; the exit code says whether anything does."""
    expected, lines = refused(corpus), list[str]()
    for archive in wanted or sorted(expected):
        lines += disagreements(corpus, archive, expected[archive])
    print(f"{len(wanted or expected)} archives, {len(lines)} disagreements", *lines, sep="\n  ")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
