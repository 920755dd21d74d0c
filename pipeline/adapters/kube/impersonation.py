"""Whom a kubeconfig's user acts as: ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``, as kubectl sends them.

The Kubernetes client reads none of them (37.0.2): every request would have the rights of the user behind.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kubernetes.config.kube_config import KubeConfigMerger

from pipeline.core.kube.resource import mapping, sequence

_PARTS = {"as-uid": "Impersonate-Uid", "as-groups": "Impersonate-Group"}
_TOKEN = "!#$%&'*+^`|"  # noqa: S105 - what a header's name may hold (RFC 9110), less what quote() never changes


def impersonation_headers(files: str, context: str) -> dict[str, tuple[str, ...]]:
    """The headers of each request, with all values of each; none where the user acts as itself.

    Raises:
        ValueError: what a user is to act with is there, and not as whom; or it is no text of one line.
    """
    user = _user(files, context)
    name, extra = user.get("as"), mapping(user.get("as-user-extra"))
    if not name:
        if more := [key for key in (*_PARTS, "as-user-extra") if user.get(key)]:
            raise ValueError(f"users.*.user has {more[0]} without as")
        return {}
    headers = {"Impersonate-User": _texts(name)}
    headers |= {header: _texts(user[key]) for key, header in _PARTS.items() if user.get(key)}
    headers |= {f"Impersonate-Extra-{quote(str(key), safe=_TOKEN)}": _texts(values) for key, values in extra.items()}
    return headers


def _user(files: str, context: str) -> Mapping[str, Any]:
    merged = mapping(KubeConfigMerger(files).config.value)  # type: ignore[no-untyped-call]
    name = mapping(_named(merged, "contexts", context).get("context")).get("user")
    return mapping(_named(merged, "users", name).get("user"))


def _named(merged: Mapping[str, Any], part: str, name: Any) -> Mapping[str, Any]:
    entries = (mapping(entry.value) for entry in sequence(merged.get(part)))
    return next((entry for entry in entries if entry.get("name") == name), {})


def _texts(value: Any) -> tuple[str, ...]:
    texts = tuple(map(str, value)) if isinstance(value, list) else (str(value),)
    for text in texts:
        if not text.isprintable() or not text.isascii():
            raise ValueError(f"users.*.user acts as {text!r:.60}, which no header can hold")
    return texts
