"""Which texts kube-apiserver accepts as a name, a key, an address, a path: one function each, all linear in time.

Source: k8s.io/apimachinery/pkg/util/validation, k8s.io/apimachinery/pkg/api/validation/path and
k8s.io/kubernetes/pkg/apis/core/validation.
"""

import ipaddress
import re
from collections.abc import Callable

from pipeline.core.kube.quantity import quantity

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV = re.compile(r"[ -<>-~]+")
_ENV_OLD = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[-A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z](?:[-A-Za-z0-9]*[A-Za-z0-9])?")
_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_FILTER = re.compile(r"\[\?\([^\]]*\)\]")
_KEYED_PATH = re.compile(r"metadata\.(?:labels|annotations)\['[^']+'\]")
_FIELD_PATHS = {
    *("metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"),
    *("spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
}
_PERCENT = re.compile(r"[0-9]+%")
_URL_HOST = re.compile(r"https://[^/\s?#@]+(?:/[^?#@\s]*)?")
MOST_LABEL, MOST_SUBDOMAIN, _MOST_PORT_NAME = 63, 253, 15


def label(text: str) -> bool:
    """An RFC 1123 label."""
    return len(text) <= MOST_LABEL and _LABEL.fullmatch(text) is not None


def label_1035(text: str) -> bool:
    """An RFC 1035 label."""
    return len(text) <= MOST_LABEL and _LABEL_1035.fullmatch(text) is not None


def subdomain(text: str) -> bool:
    """An RFC 1123 subdomain: its labels may be longer than 63 characters, as the server has it."""
    return len(text) <= MOST_SUBDOMAIN and all(map(_LABEL.fullmatch, text.split(".")))


def qualified(text: str) -> bool:
    """The key of a label: a name, and before a slash perhaps the domain that it belongs to."""
    prefix, slash, name = text.rpartition("/")
    fits = len(name) <= MOST_LABEL and _NAME.fullmatch(name) is not None
    return fits and (not slash or subdomain(prefix))


def label_value(text: str) -> bool:
    return text == "" or (len(text) <= MOST_LABEL and _NAME.fullmatch(text) is not None)


def port_name(text: str) -> bool:
    """IANA_SVC_NAME: at most 15 characters, at least one letter, no two hyphens in a row."""
    return (
        len(text) <= _MOST_PORT_NAME
        and _LABEL.fullmatch(text) is not None
        and "--" not in text
        and any("a" <= letter <= "z" for letter in text)
    )


def ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def cidr(text: str) -> bool:
    address, slash, bits = text.partition("/")
    if not (slash and bits.isdecimal() and bits.isascii()):
        return False
    try:
        ipaddress.ip_network(f"{address}/{bits}", strict=False)
    except ValueError:
        return False
    return True


def segment(text: str) -> bool:
    """A path segment: the names of RBAC objects and of what metrics refer to."""
    return text not in ("", ".", "..") and "/" not in text and "%" not in text


def no_parents(text: str) -> bool:
    return text != "" and ".." not in text.split("/")


def relative(text: str) -> bool:
    """A path inside a volume."""
    return no_parents(text) and not text.startswith("/")


def config_key(text: str) -> bool:
    fits = len(text) <= MOST_SUBDOMAIN and _CONFIG_KEY.fullmatch(text) is not None
    return fits and text != "." and not text.startswith("..")


def wildcard_domain(text: str) -> bool:
    return subdomain(text.removeprefix("*."))


def percent(text: str) -> bool:
    return _PERCENT.fullmatch(text) is not None


def quantity_text(least: int | None, *, above: bool = False) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        value = quantity(text.strip())
        return value is not None and (least is None or (value > least if above else value >= least))

    return fits


def at_most(most: int, inner: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: len(text) <= most and inner(text)


def https(text: str) -> bool:
    return _URL_HOST.fullmatch(text) is not None


def url_path(text: str) -> bool:
    """As webhooks have it: ``/a/b``, no empty segment but the last."""
    if not text.startswith("/"):
        return False
    segments = text.removesuffix("/")[1:].split("/")
    return text == "/" or all(map(subdomain, segments))


def network(text: str) -> bool:
    """A CIDR whose address has no bits beyond the mask."""
    if not cidr(text):
        return False
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def container_resource(text: str) -> bool:
    if text in _COMPUTE or text.startswith("hugepages-"):
        return qualified(text)
    return "/" in text and qualified(text)


def resource_name(text: str) -> bool:
    return container_resource(text) or text in {"storage", "pods"}


def quota_resource(text: str) -> bool:
    base = text.removeprefix("requests.").removeprefix("limits.")
    return text in _COUNTED or resource_name(base) or ("/" in text and qualified(text.rpartition(".")[0] or text))


_COMPUTE = {"cpu", "memory", "ephemeral-storage"}
OBJECT_COUNTS = {
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
}
"""What a ResourceQuota counts by the piece."""
_COUNTED = OBJECT_COUNTS | {"requests.storage"}


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


environment = _full(_ENV)
identifier = _full(_IDENTIFIER)
header = _full(_HEADER)
word = _full(_WORD)


def old_environment(text: str) -> bool:
    """The name of an environment variable before Kubernetes 1.32."""
    return _ENV_OLD.fullmatch(text) is not None and text != "." and not text.startswith("..")


def sysctl(text: str) -> bool:
    return len(text) <= MOST_SUBDOMAIN and _SYSCTL.fullmatch(text) is not None


def json_path(text: str) -> bool:
    """A simple JSON path, as printer columns have it: blanks stand in filters only."""
    plain = _FILTER.sub("", text)
    return plain.startswith(".") and plain != "." and " " not in plain


_ENTRY = r"(?:\*|'[^']*'|-?[0-9]*(?::-?[0-9]*){0,2})"
_BRACKET = re.compile(rf"\[(?:{_ENTRY}(?: *, *{_ENTRY})*|\?\((?:'[^']*'|\"[^\"]*\"|[^'\"])*?\))\]")


def readable_json_path(text: str) -> bool:
    """Whether client-go's jsonpath can read each bracket of a path.

    >>> readable_json_path(".a[?(@.b=='c')].d"), readable_json_path(".a[0]['b']"), readable_json_path('.a["b"]')
    (True, True, False)
    """
    return "[" not in _BRACKET.sub("", text)


def field_path(text: str) -> bool:
    """What the downward API can tell of a pod."""
    return text in _FIELD_PATHS or _KEYED_PATH.fullmatch(text) is not None


def path_below(prefix: str) -> Callable[[str], bool]:
    """A simple JSON path below a field: of ``.spec`` or ``.status``."""
    return lambda text: text.startswith(prefix) and text != prefix and json_path(text)
