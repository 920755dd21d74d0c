"""The global options (--debug, --quiet, --timings, ...), which may come before the verb or after it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TextIO

import click

WHEN = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class Settings:
    """``color`` is what was asked for; ask ``colored`` for a stream's answer."""

    debug: bool = False
    quiet: bool = False
    color: str = "auto"
    no_cache: bool = False
    timings: bool = False
    no_pager: bool = False

    def colored(self, stream: TextIO) -> bool:
        return colored(self.color, stream, os.environ)


def settings() -> Settings:
    """The settings of the run. Outside of one: the defaults."""
    ctx = click.get_current_context(silent=True)
    return _of(ctx) if ctx else Settings()


def colored(when: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """--color > NO_COLOR > FORCE_COLOR, CLICOLOR_FORCE > GitHub's log, which shows colours > a terminal."""
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    forced = any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    if forced or environ.get("GITHUB_ACTIONS") == "true":
        return True
    return stream.isatty() and environ.get("TERM") != "dumb" and environ.get("CLICOLOR") != "0"


def interactive(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether a person watches ``stream``: then a progress bar may move and a question be asked."""
    return stream.isatty() and environ.get("TERM") != "dumb" and environ.get("CI", "") in ("", "false", "0")


def global_options(*, hidden: bool = False) -> list[click.Option]:
    """Fresh options, for the group or (hidden in its help, to keep that short) for a verb."""
    return [
        _option(["--debug"], "Show the traceback of an error.", hidden, is_flag=True),
        _option(["-q", "--quiet"], "No progress, only results and errors.", hidden, is_flag=True),
        _option(["--no-cache"], "Read and keep nothing in the cache folder.", hidden, is_flag=True),
        _option(["--no-pager"], "Show a long report without a pager.", hidden, is_flag=True),
        _option(["--timings"], "Say at the end, on stderr, what took how long.", hidden, is_flag=True),
        _option(["--color"], "Colours in the output.  [default: auto]", hidden, type=click.Choice(WHEN)),
    ]


def directory_option() -> click.Option:
    """``-C DIR`` before the verb, as Git has it."""
    return click.Option(
        ["-C", "--directory"],
        help="Run as if started in this folder.",
        type=click.Path(),
        metavar="DIR",
        expose_value=False,
        callback=_enter,
        envvar="PIPELINE_DIRECTORY",
    )


def _enter(ctx: click.Context, _parameter: click.Parameter, folder: str | None) -> None:
    if not folder or ctx.resilient_parsing:
        return
    before = os.getcwd()  # noqa: PTH109 - pathlib takes 10 ms that --help does not have
    try:
        os.chdir(folder)
    except OSError as error:
        raise click.BadParameter(f"{folder!r}: {(error.strerror or str(error)).lower()}", ctx) from error
    ctx.call_on_close(lambda: os.chdir(before))


def _option(names: list[str], text: str, hidden: bool, **more: Any) -> click.Option:  # noqa: FBT001
    variable = f"PIPELINE_{names[-1].removeprefix('--').replace('-', '_').upper()}"
    return click.Option(
        names, help=text, hidden=hidden, expose_value=False, callback=_remember, envvar=variable, **more
    )


def _remember(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if not value or parameter.name is None:
        return
    changed = replace(_of(ctx), **{parameter.name: value})  # type: ignore[arg-type]  # option names are fields
    root = ctx.find_root()
    root.meta[__name__] = changed
    if changed.no_cache:
        _without_cache(root)
    ctx.color = root.color = colored(changed.color, sys.stdout, os.environ)


def _without_cache(root: click.Context) -> None:
    from pipeline.adapters.cache.cache import CacheUse

    CacheUse.wanted = False
    root.call_on_close(lambda: setattr(CacheUse, "wanted", True))


def _of(ctx: click.Context) -> Settings:
    kept = ctx.find_root().meta.get(__name__)
    return kept if isinstance(kept, Settings) else Settings()
