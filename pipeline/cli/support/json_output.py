"""What verbs print with ``-o json``, but for reports: a value as JSON text that drives no terminal and no runner."""

from typing import Any

import click


def print_json(data: Any) -> None:
    """To stdout, keys sorted, one newline at the end."""
    import orjson

    from pipeline.cli.support.log_lines import unheard_json
    from pipeline.core.json_text import escaped

    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    click.echo(unheard_json(escaped(orjson.dumps(data, option=options).decode())), nl=False)
