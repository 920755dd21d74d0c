"""Whether what is written holds all that Helm printed: every archive of the corpus, read again, namespaces apart.

usage: python -m scripts.faithful [CORPUS]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.adapters.helm.engines import choose
from pipeline.core.errors import RenderError
from pipeline.core.kube.resource import Body, mapping
from pipeline.core.kube.scope import BUILT_IN
from pipeline.core.render.manifests import as_written, placed
from pipeline.core.render.order import RenderOrder
from pipeline.core.yaml.reader import load_all
from pipeline.core.yaml.writer import dump
from scripts.engine_parity import orders


def main(corpus: Path) -> int:
    """Print a line for each render that loses or changes something; exit 1 where there is one."""
    wanted = list(dict.fromkeys(orders(corpus)))
    failed = unlike = objects = 0
    for order, answer in zip(wanted, choose("auto", "").render_all(wanted), strict=True):
        if isinstance(answer, RenderError):
            failed += 1
            continue
        for line in differences(order, answer.text):
            unlike += 1
            print(f"{Path(order.chart).name}: {line}")
        objects += len(as_written(answer.text))
    print(f"{len(wanted)} renders ({failed} that Helm refuses), {objects} objects, {unlike} differ")
    return 1 if unlike else 0


def differences(order: RenderOrder, text: str) -> Iterator[str]:
    """Each object of Helm's output that the files do not hold as it is; the last of those rendered twice counts."""
    printed = as_written(text)
    found = placed(printed, order.namespace, BUILT_IN)
    files = [body for resource in found.resources for body in load_all(dump(resource.body))]
    if len(files) + len(found.duplicates) != len(printed):
        yield f"{len(printed)} objects are printed, {len(files)} written"
    expected = {id(resource): resource for resource in printed}
    twice = {id(resource.body) for resource in found.duplicates}
    kept = [resource.body for resource in expected.values() if id(resource.body) not in twice]
    mine, theirs = (sorted(map(_bare, bodies)) for bodies in (kept, files))
    if not twice:
        yield from (f"{a[:80]} became {b[:80]}" for a, b in zip(mine, theirs, strict=False) if a != b)


def _bare(body: Body) -> str:
    """Canonical, without the namespace."""
    metadata = {key: value for key, value in mapping(body.get("metadata")).items() if key != "namespace"}
    return dump({**body, "metadata": metadata})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/corpus")))
