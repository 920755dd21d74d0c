"""A chart that renders for ever, or to far too much, ends with its name and the limit, and takes no other with it."""

import time
from pathlib import Path

import pytest

from pipeline.adapters.helm.engines import choose
from pipeline.core.budget import Limits, RenderLimits
from pipeline.core.errors import RenderError
from pipeline.core.render.order import RenderOrder
from tests.support.charts import CONFIG, write_chart
from tests.support.tools import tool

LONG = "{{ range $a := until 100000 }}{{ range $b := until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}"
ENDLESS = {
    "nested loops": LONG,
    "loops in a partial": "{{ define `x` }}" + LONG + "{{ end }}{{ include `x` . }}",
    "partials of partials": "".join(
        f"{{{{ define `x{n}` }}}}{{{{ range until 99 }}}}{{{{ include `x{n + 1}` $ }}}}{{{{ end }}}}{{{{ end }}}}"
        for n in range(9)
    )
    + "{{ define `x9` }}{{ end }}{{ include `x0` . }}",
    "tpl": "{{ range until 100000 }}{{ range until 100000 }}{{ tpl `{{ until 1000 | len }}` $ }}{{ end }}{{ end }}",
    "regular expressions": "{{ range until 100000000 }}{{ regexMatch `(a*)*b` (repeat 5000 `a`) }}{{ end }}",
}
GREEDY = {
    "a text that doubles": "{{ $s := `xxxxxxxx` }}{{ range until 40 }}{{ $s = printf `%s%s` $s $s }}{{ end }}",
    "repeat": "{{ repeat 2000000000 `x` | len }}",
    "a long list": "{{ until 2000000000 | len }}",
    "output": "a: {{ range until 1000000 }}{{ repeat 100000 `x` }}{{ end }}",
    "a map that grows": "{{ $d := dict }}{{ range until 90000 }}{{ set $d (print .) (repeat 99999 `x`) }}{{ end }}",
}
LARGE = {
    "one document": "a: {{ repeat 3000000 `x` }}",
    "many documents": "{{ range until 3000 }}---\nkind: A\nmetadata: {name: a}\ndata: {{ repeat 1000 `x` }}\n{{ end }}",
    "comments": "kind: A\n{{ range until 3000 }}# {{ repeat 1000 `x` }}\n{{ end }}",
    "blank lines": "kind: A\nb: |\n{{ range until 3000 }}  {{ repeat 1000 ` ` }}x\n{{ end }}",
    "one line a letter": "{{ range until 700000 }}# x\n{{ end }}kind: A",
}
CASES = [
    *((RenderLimits(3, 16_384), text, "longer than 3 s", "seconds", name) for name, text in ENDLESS.items()),
    *((RenderLimits(60, 512), text, "more memory than 512 MiB", "memoryMiB", name) for name, text in GREEDY.items()),
    *((RenderLimits(60, 2048, 2), text, "more than 2 MiB", "outputMiB", name) for name, text in LARGE.items()),
]


@pytest.fixture(params=["cli", "embedded"])
def setting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    return str(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case[4] for case in CASES])
def test_a_chart_without_bounds_ends_with_its_name_and_the_limit(
    setting: str, tmp_path: Path, case: tuple[RenderLimits, str, str, str, str]
) -> None:
    limits, text, words, key, name = case
    bad = write_chart(tmp_path / "bad", {"templates/a.yaml": text})
    good = write_chart(tmp_path / "web", {"templates/config.yaml": CONFIG})
    engine, begun = choose(setting, "", Limits(render=limits)), time.monotonic()
    orders = [
        RenderOrder(release, "ns", str(chart)) for release, chart in (("one", good), ("two", bad), ("three", good))
    ]
    first, second, third = engine.render_all(orders)
    assert isinstance(second, RenderError), name
    assert "release 'two': chart bad does not render: it " in str(second)
    assert words in str(second)
    assert f"limits.render.{key}" in second.hint
    assert not isinstance(first, RenderError)
    assert not isinstance(third, RenderError)
    assert time.monotonic() - begun < 40
