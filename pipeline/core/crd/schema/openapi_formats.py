"""Text formats that the API server checks in custom resources: reports a value only if it is certainly invalid.

The server's are those of k8s.io/kube-openapi/pkg/validation/strfmt (apiextensions/v1, JSONSchemaProps.format); formats
that are not listed here are not checked.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping

_DATE = r"\d{4}-\d{2}-\d{2}"
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\r\n-]*={0,2}[\r\n]*")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return fits


_FITS: Mapping[str, Callable[[str], object]] = {
    "date": re.compile(_DATE).fullmatch,
    "date-time": re.compile(rf"{_DATE}[Tt].+").fullmatch,
    "uuid": _UUID.fullmatch,
    "byte": _BASE64.fullmatch,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "cidr": _parses(lambda text: ipaddress.ip_network(text, strict=False)),
}


def misfit(name: object, text: str) -> bool:
    """Whether ``text`` certainly does not have the format."""
    fits = _FITS.get(str(name))
    return fits is not None and not fits(text)
