"""What took how long in this run, for ``--timings``: its steps by the clock, and each render of Helm."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipeline.cli.support.settings import settings

if TYPE_CHECKING:
    from pipeline.adapters.helm.timed import RenderRecord

_SHOWN = 10


class Timings:
    """Not frozen: it is told while the run goes on, by Helm's threads as well."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._steps: dict[str, float] = {}
        self._renders: list[RenderRecord] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What runs inside counts as ``name``; several of one name are added up."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._steps[name] = self._steps.get(name, 0.0) + time.perf_counter() - begun

    def rendered(self, record: "RenderRecord") -> None:
        self._renders.append(record)

    def text(self) -> str:
        """A table: the steps in their order, what is in none of them, and the charts that Helm was slowest with."""
        total = time.perf_counter() - self._begun
        rest = max(0.0, total - sum(self._steps.values()))
        rows = [*self._steps.items(), ("everything else", rest), ("in all", total)]
        lines = ["timings, in seconds", *(_row(seconds, name) for name, seconds in rows)]
        if self._renders:
            lines += self._slowest()
        return "\n".join(lines)

    def _slowest(self) -> Iterator[str]:
        from pipeline.core.words import counted, one_per_line

        together: dict[str, list[float]] = {}
        for one in self._renders:
            together.setdefault(f"{one.release} ({one.chart})", []).append(one.seconds)
        ordered = sorted(together.items(), key=lambda item: (-sum(item[1]), item[0]))
        spent = sum(timed.seconds for timed in self._renders)
        yield f"Helm: {counted(len(self._renders), 'render')}, {spent:.2f} seconds if one after the other"
        rows = (_row(sum(times), f"{name}, {counted(len(times), 'render')}") for name, times in ordered)
        yield from one_per_line(rows, _SHOWN, noun="release")


def timings() -> Timings:
    """Those of this run; outside of one, some that nobody reads."""
    ctx = click.get_current_context(silent=True)
    if ctx is None:
        return Timings()
    kept = ctx.find_root().meta.setdefault(__name__, Timings())
    assert isinstance(kept, Timings), "BUG: something else is kept as the timings"
    return kept


@contextmanager
def told_at_the_end() -> Iterator[None]:
    """Tells them on stderr when the verb is through, also when it fails."""
    here = timings()
    try:
        yield
    finally:
        if settings().timings:
            click.echo(here.text(), err=True)


def _row(seconds: float, name: str) -> str:
    return f"  {seconds:8.2f}  {name}"
