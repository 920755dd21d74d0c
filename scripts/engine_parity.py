"""Renders real charts with both engines and says where their canonical output differs.

usage: python -m scripts.engine_parity [CORPUS]: each archive with its defaults, then each side of
truth.yaml as its entry says.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.adapters.helm.engines import choose
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import DEFAULT_KUBE_VERSION, RenderedChart, RenderOrder
from pipeline.core.yaml.reader import load
from pipeline.core.yaml.writer import dump


def main(corpus: Path) -> int:
    """Print a line for each difference; exit 1 where there is one that no template's randomness explains."""
    wanted = list(dict.fromkeys(orders(corpus)))
    cli, embedded = choose("cli", ""), choose("embedded", "")
    differing = 0
    answers = zip(wanted, cli.render_all(wanted), cli.render_all(wanted), embedded.render_all(wanted), strict=True)
    for order, first, again, other in answers:
        unlike = differences(canonical(order, first), canonical(order, other))
        random = set(differences(canonical(order, first), canonical(order, again)))
        real = [name for name in unlike if name not in random]
        if real:
            differing += 1
            print(f"{Path(order.chart).name} {order.values and order.values[0].text!r}: {', '.join(real)}")
    print(f"{len(wanted)} renders, {differing} differ (cli {cli.version}, embedded {embedded.version})")
    return 1 if differing else 0


def canonical(order: RenderOrder, answer: RenderedChart | RenderError) -> dict[str, str]:
    """Each object's canonical text by name; a failure is one entry with template and line."""
    if isinstance(answer, RenderError):
        return {"error": f"{answer.template}:{answer.line}"}
    manifests = parse(answer.text, namespace=order.namespace)
    found = {
        f"{resource.id} {resource.delivery} {resource.source}": dump(resource.body) for resource in manifests.resources
    }
    return found | {"order": " ".join(found)}


def differences(left: dict[str, str], right: dict[str, str]) -> list[str]:
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def orders(corpus: Path) -> Iterator[RenderOrder]:
    """Each archive with its defaults, then each side of each truth entry as it says."""
    for archive in sorted((corpus / "charts").glob("*.tgz")):
        yield RenderOrder("rel", "ns", str(archive))
    for entry in load((corpus / "truth.yaml").read_text()):
        yield from entry_orders(corpus, entry)


def entry_orders(corpus: Path, entry: dict[str, Any]) -> Iterator[RenderOrder]:
    how = entry["render_with"]
    for side in ("from", "to"):
        text = entry.get("values_to") if side == "to" and entry.get("values_to") else entry.get("values")
        yield RenderOrder(
            how["release"],
            how["namespace"],
            str(corpus / "charts" / entry[f"{side}_archive"].removeprefix("charts/")),
            values=(ValuesLayer("values.yaml", text, load(text) or {}),) if text else (),
            kube_version=how.get("kube_version") or DEFAULT_KUBE_VERSION,
            api_versions=tuple(how.get("api_versions") or ()),
        )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/corpus")))
