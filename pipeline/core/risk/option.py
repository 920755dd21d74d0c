"""A setting of one rule, which a team states under ``policy.options`` of pipeline.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from pipeline.core.risk.upgrade import Upgrade  # pipeline.yaml is read by many verbs that judge nothing

T = TypeVar("T")
Options = Mapping[str, Mapping[str, Any]]
"""By a rule's id and an option's name, what a team says. The schema of pipeline.yaml holds the types."""


@dataclass(frozen=True, slots=True)
class RuleOption(Generic[T]):
    """``default`` is what holds where nobody states it, ``doc`` one sentence for people."""

    rule: str
    name: str
    default: T
    doc: str

    def of(self, upgrade: "Upgrade") -> T:
        """What holds in the upgrade's environment."""
        chosen: T = upgrade.facts.options.get(self.rule, {}).get(self.name, self.default)
        return chosen
