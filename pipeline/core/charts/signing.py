"""By whom charts must be signed, and what a Helm provenance file says of the chart that it was made for."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import mapping
from pipeline.core.yaml.reader import YamlError, load

_BETWEEN = "\n...\n"
"""As Helm splits it: after three dots YAML would want three dashes."""


class SignatureError(WorldError):
    """A chart is not signed as pipeline.yaml demands."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """``signedBy`` of pipeline.yaml: the path of a keyring of gpg, or of cosign's public key; empty: not demanded."""

    keyring: str = ""
    cosign_key: str = ""

    def __bool__(self) -> bool:
        return bool(self.keyring or self.cosign_key)

    def __str__(self) -> str:
        return self.keyring or self.cosign_key


def check_statement(text: bytes, name: str, version: str, archive: str, title: str) -> None:
    """That the signed text of a ``.prov`` file is of this chart and of this archive (``sha256:…``).

    It is Chart.yaml, a line of three dots, and ``files:`` with a digest by file name (helm.sh/docs/topics/provenance).

    Raises:
        SignatureError: it is of another chart, version or archive.
    """
    try:
        metadata, *others = [mapping(load(part)) for part in text.decode().replace("\r\n", "\n").split(_BETWEEN)]
    except (UnicodeDecodeError, YamlError) as error:
        raise SignatureError(f"{title}: what was signed is no provenance of Helm: {error}", hint=HINT) from error
    files: Mapping[str, object] = mapping(others[0].get("files")) if len(others) == 1 else {}
    said = f"{metadata.get('name')} {metadata.get('version')}"
    if said != f"{name} {version}":
        raise SignatureError(f"{title}: the signature is of {said[:100]}, not of {name} {version}", hint=HINT)
    if archive not in files.values():
        digest = next((str(file) for file in files.values()), "no archive")
        raise SignatureError(f"{title}: the signature is of {digest[:100]}, and the archive is {archive}", hint=HINT)


ANYBODY = SigningKeys()
"""No signature is demanded."""
HINT = "do not use this chart; ask its publisher"
