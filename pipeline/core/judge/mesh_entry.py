"""A changed route, listener or cluster of an Istio mesh, as report.json has it."""

from msgspec import Struct


class MeshEntry(Struct, frozen=True):
    """``old`` and ``new`` are words for people, empty on the side that lacks it; ``proxies`` are those that change."""

    environment: str
    proxies: tuple[str, ...]
    kind: str
    subject: str
    old: str
    new: str

    @property
    def sign(self) -> str:
        return "+" if not self.old else "-" if not self.new else "~"
