"""What is asked of ``pipeline diff`` of two trees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """What was asked of a comparison of trees: which releases, from where on it fails, which shard."""

    environments: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    fail_on: str | None = None
    shard: str | None = None
    double_check: bool = False
