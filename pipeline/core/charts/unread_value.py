"""A key of our values that nothing in the chart reads, as it is told; how it is found: unread_values.py."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class UnreadValue:
    """``file:line`` says where it is set; ``near`` is a similar key that the chart knows, empty where none is."""

    file: str
    line: int
    key: str
    near: str = ""

    def __str__(self) -> str:
        meant = f"; did you mean {self.near}?" if self.near else ""
        return f"{self.file}:{self.line}: the chart reads no value {self.key}{meant}"


def of_all_takers(
    values: Mapping[str, Sequence[UnreadValue]], takers: Mapping[str, frozenset[str]]
) -> Iterator[UnreadValue]:
    """By release, what it does not read; of a file that several releases take, only what none of them reads.

    ``takers`` are the releases by the file that they take. Of a release that is not in ``values`` nothing is known.
    """
    said = {(value.file, value.key): value for unread_values in values.values() for value in unread_values}
    unread = {title: {(value.file, value.key) for value in unread_values} for title, unread_values in values.items()}
    for place, one in said.items():
        if all(place in unread.get(title, ()) for title in takers.get(one.file, ())):
            yield one
