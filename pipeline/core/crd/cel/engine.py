"""The CEL engine, with Kubernetes' functions. What it cannot evaluate is left to the API server."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from pipeline.core.crd.cel.functions import functions


class Absent:
    """No old value: the field was not set before."""


@dataclass(frozen=True, slots=True)
class Old:
    """What ``oldSelf`` is. ``optional`` says whether the rule takes it as an optional value (optionalOldSelf)."""

    value: Any
    optional: bool = False


NO_OLD: Final = Old(Absent())


def evaluate(text: str, value: Any, old: Old) -> Any:
    """The rule's result for ``self``; None for what does not compile or fails."""
    program = _compiled(text)
    if program is None:
        return None
    context = _context()
    context.add_variable("self", value)
    context.add_variable("oldSelf", _old(old))
    try:
        return program.execute(context)
    except BaseException as error:  # noqa: BLE001 - an error is the server's to tell
        _pass_on(error)
        return None


def _old(old: Old) -> Any:
    import cel  # noqa: PLC0415 - as below

    if not old.optional:
        return None if isinstance(old.value, Absent) else old.value
    return cel.OptionalValue.none() if isinstance(old.value, Absent) else cel.OptionalValue.of(old.value)


@cache
def _context() -> Any:
    """One for all: to fill it costs more than most rules."""
    import cel  # noqa: PLC0415 - as below

    context = cel.Context()
    for name, function in functions().items():
        context.add_function(name, function)
    return context


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Any:
    import cel  # noqa: PLC0415 - costs a quarter of a second, and few upgrades have rules to evaluate

    try:
        return cel.compile(text)
    except BaseException as error:  # noqa: BLE001 - as above
        _pass_on(error)
        return None


def _pass_on(error: BaseException) -> None:
    """A panic of the engine, which is no Exception, is an error like any other; an interrupt is none."""
    if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
