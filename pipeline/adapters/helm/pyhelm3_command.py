"""pyhelm3's Command and errors, without its models.

The package's own ``__init__`` builds pydantic models that nothing here uses: 0.13 s of a processor, as much as a
small render (``make benchmark-render`` measures it).
Its two modules are imported below a bare package; whoever imports pyhelm3 later gets all of it.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_PACKAGE = "pyhelm3"


def load() -> tuple[Any, Any]:
    """``pyhelm3.command.Command`` and the module ``pyhelm3.errors``.

    Raises:
        ImportError: pyhelm3 is not installed.
    """
    if _PACKAGE in sys.modules:
        return _parts()
    spec = find_spec(_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{_PACKAGE} is not installed")
    bare = ModuleType(_PACKAGE)
    bare.__path__ = list(spec.submodule_search_locations)
    sys.modules[_PACKAGE] = bare
    try:
        return _parts()
    finally:
        del sys.modules[_PACKAGE]


def _parts() -> tuple[Any, Any]:
    return import_module(f"{_PACKAGE}.command").Command, import_module(f"{_PACKAGE}.errors")
