"""What a shell offers for a parameter: the releases and environments of pipeline.yaml, the rules, kinds of sources."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pipeline.core.config.model import Config


def complete(parameter: click.Parameter, verb: str) -> None:
    """Give a parameter its completions, where its name says what it takes."""
    offer = _OFFERS.get((verb, parameter.name or "")) or _OFFERS.get(("", parameter.name or ""))
    if offer is not None:
        parameter._custom_shell_complete = _completer(offer)  # noqa: SLF001 - only a constructor sets it otherwise


def _completer(offer: Callable[[], Iterable[str]]) -> "Callable[..., list[CompletionItem]]":
    def completed(_context: click.Context, _parameter: click.Parameter, typed: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in sorted(offer()) if word.startswith(typed)]

    return completed


def _config() -> "Config | None":
    """None where there is no pipeline.yaml that can be read: then nothing is offered, and the verb says why."""
    from pipeline.core.errors import PipelineError
    from pipeline.wiring import repository

    try:
        return repository().config
    except PipelineError:
        return None


def _releases() -> Iterable[str]:
    config = _config()
    return [release.name for release in config.releases] if config else []


def _environments() -> Iterable[str]:
    config = _config()
    return list(config.environments) if config else []


def _rules() -> Iterable[str]:
    from pipeline import rules

    return [rule.id for rule in rules.load()]


def _sides() -> Iterable[str]:
    return ["worktree", "merge-base", "HEAD", *_releases(), *(f"cluster:{name}" for name in _environments())]


_OFFERS: dict[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("", "releases"): _releases,
    ("", "release"): _releases,
    ("", "named"): _releases,
    ("", "environments"): _environments,
    ("", "environment"): _environments,
    ("diff", "sides"): _sides,
    ("explain", "rule_id"): _rules,
    ("upgrade", "targets"): _releases,
}
