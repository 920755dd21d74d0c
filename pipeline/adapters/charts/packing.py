"""Packs charts for Helm: an archive is rendered as it was packaged, a folder is not.

In a folder, .helmignore, a rule of Helm's own (``templates/.?*``) and links decide what Helm sees. A vendored chart is
therefore read once, checked against its digest, and given to Helm as an archive of exactly those bytes.
"""

import tarfile
import zlib
from collections.abc import Mapping

_BASE = b"chart/"
_LONGEST = 100
"""Bytes of a name in the header itself."""
_BLOCK = tarfile.BLOCKSIZE
_NUMBERS = b"0000644\0" + b"0000000\0" * 2
_GZIP = 31


def pack(files: Mapping[str, bytes]) -> bytes:
    """A ``.tgz`` of a chart's files; equal files give equal bytes. It is not compressed: only Helm reads it, once."""
    parts: list[bytes] = []
    for name, data in files.items():
        parts += [_header(name, len(data)), data, b"\0" * (-len(data) % _BLOCK)]
    parts.append(b"\0" * _BLOCK * 2)
    stream = zlib.compressobj(0, wbits=_GZIP)
    return stream.compress(b"".join(parts)) + stream.flush()


def _header(name: str, size: int) -> bytes:
    encoded = _BASE + name.encode()
    if len(encoded) > _LONGEST:
        info = tarfile.TarInfo(encoded.decode())
        info.size = size
        return info.tobuf(tarfile.PAX_FORMAT)
    head = encoded.ljust(_LONGEST, b"\0") + _NUMBERS + b"%011o\0" % size + b"00000000000\0"
    tail = b"0" + b"\0" * 100 + b"ustar\x0000"
    checksum = sum(head) + 8 * ord(" ") + sum(tail)
    return (head + b"%06o\0 " % checksum + tail).ljust(_BLOCK, b"\0")
