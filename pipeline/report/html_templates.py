"""The page's templates, in an environment that escapes every text of a chart.

Autoescape holds for every value, and :func:`_shown` puts each on one line without control characters before that. The
exception is the filter ``whole``, which keeps lines and indentation and escapes all the same.
"""

from functools import cache
from pkgutil import get_data
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from pipeline.report import plain
from pipeline.report.safe_text import safe

LONGEST = 2_000
"""Characters of a value or a line: what is longer is truncated."""


def asset(name: str) -> str:
    """A file of ``pipeline/data``."""
    data = get_data("pipeline", f"data/{name}")
    assert data is not None, f"BUG: {name} is missing from the package"
    return data.decode()


def _shown(value: Any) -> Any:
    return plain.line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _whole(text: str) -> Markup:
    return escape(safe(text))


@cache
def template(name: str) -> Template:
    """A template of ``pipeline/data``. An unknown variable is an error, never an empty text."""
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(asset),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"whole": _whole}
    environment.globals |= {
        "anchor": plain.anchor,
        "elsewhere": plain.elsewhere,
        "place": plain.place,
        "release_name": plain.release_name,
        "resource": plain.resource,
        "waiver": plain.waiver,
    }
    return environment.get_template(name)
