"""The pipeline.yaml of the protected branch, by which a branch is judged: not the one that it may have changed."""

from pipeline.core.config.model import FILE, Config
from pipeline.core.config.read import read
from pipeline.core.errors import ConfigError, UsageError
from pipeline.core.render.file_tree import Tree


def protected_config(tree: Tree, source: str) -> Config | None:
    """The configuration there; None where it has none yet. Its rules are not checked: it may be an older one.

    Raises:
        UsageError: it cannot be read, so that it is unknown what it would forbid.
    """
    data = tree.read([FILE]).get(FILE)
    if data is None:
        return None
    where = f"{FILE} of {source}"
    try:
        return read(data.decode(), file=where)
    except (ConfigError, UnicodeDecodeError) as error:
        hint = f"{where} decides what counts here: correct it there first, or compare with another state"
        raise UsageError(f"{where} cannot be read: {error}", hint=hint) from error
