"""Label selectors, checked against the labels of a pod template as kube-apiserver does."""

from typing import Any


def matches(selector: Any, labels: Any) -> bool:
    """Whether a LabelSelector (``matchLabels``, ``matchExpressions``) selects what has ``labels``."""
    labels = labels if isinstance(labels, dict) else {}
    selector = selector if isinstance(selector, dict) else {}
    equal = selector.get("matchLabels")
    wanted = equal.items() if isinstance(equal, dict) else ()
    rules = selector.get("matchExpressions")
    return all(labels.get(key) == value for key, value in wanted) and all(
        _holds(rule, labels) for rule in (rules if isinstance(rules, list) else ()) if isinstance(rule, dict)
    )


def empty(selector: Any) -> bool:
    """Whether it selects everything: neither labels nor expressions."""
    return not (isinstance(selector, dict) and (selector.get("matchLabels") or selector.get("matchExpressions")))


def _holds(rule: dict[str, Any], labels: dict[str, Any]) -> bool:
    key, values = rule.get("key"), rule.get("values") or []
    match rule.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True
