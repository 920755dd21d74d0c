"""The events of a YAML text, from libyaml where PyYAML has it."""

import operator
from functools import cache
from importlib import import_module
from typing import Any

import yaml
from yaml.constructor import BaseConstructor
from yaml.resolver import BaseResolver


def parser_of(text: str) -> Any:
    """A parser that does nothing but emit events: libyaml's where PyYAML has it, else PyYAML's own."""
    if not hasattr(yaml, "CSafeLoader"):
        return yaml.SafeLoader(text)
    return _c_parser_class()(text)


@cache
def _c_parser_class() -> Any:
    """The C parser without tag resolution: its three hooks become calls that C makes and nothing happens in."""
    cyaml = import_module("yaml.cyaml")  # absent from a PyYAML that was built without libyaml
    hooks = {
        "resolve": slice,
        "descend_resolver": operator.is_,
        "ascend_resolver": dict,
        "__init__": cyaml.CParser.__init__,
    }
    return type("Events", (cyaml.CParser, BaseConstructor, BaseResolver), hooks)
