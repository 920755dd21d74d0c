"""The text formats that kube-apiserver requires in fields of built-in kinds, by name.

``scripts/derive_values.py`` finds out from a real server which of them each field has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.core.kube.validation.predicates import (
    MOST_LABEL,
    at_most,
    cidr,
    config_key,
    container_resource,
    environment,
    field_path,
    header,
    https,
    identifier,
    ip,
    json_path,
    label,
    label_1035,
    label_value,
    network,
    no_parents,
    old_environment,
    path_below,
    percent,
    port_name,
    qualified,
    quantity_text,
    quota_resource,
    relative,
    resource_name,
    segment,
    subdomain,
    sysctl,
    url_path,
    wildcard_domain,
    word,
)
from pipeline.core.kube.validation.times import schedule, time_zone


@dataclass(frozen=True, slots=True)
class Format:
    """``accepts`` says whether a text fits; ``wanted`` completes the sentence "it must be …"."""

    accepts: Callable[[str], bool]
    wanted: str


_DOMAIN_SEGMENTS = 2
FORMATS: Mapping[str, Format] = {
    "any": Format(lambda _text: True, "any text"),
    "nonempty": Format(lambda text: text != "", "not empty"),
    "label": Format(label, "a lowercase DNS label: letters, digits and -, at most 63 characters"),
    "label1035": Format(label_1035, "a lowercase DNS label that begins with a letter, at most 63 characters"),
    "subdomain": Format(subdomain, "a lowercase DNS name: letters, digits, - and ., at most 253 characters"),
    "subdomain52": Format(at_most(52, subdomain), "a lowercase DNS name of at most 52 characters"),
    "subdomain63": Format(at_most(63, subdomain), "a lowercase DNS name of at most 63 characters"),
    "subdomain3": Format(
        lambda text: subdomain(text) and text.count(".") >= _DOMAIN_SEGMENTS,
        "a lowercase DNS name of at least three segments",
    ),
    "subdomain2": Format(lambda text: subdomain(text) and "." in text, "a lowercase DNS name with a dot"),
    "label-value": Format(label_value, "a label value: letters, digits, -, _ and ., at most 63 characters"),
    "qualified": Format(qualified, "a name of at most 63 characters, with a DNS name and / before it at most"),
    "qualified-lower": Format(
        lambda text: qualified(text.lower()), "a name of at most 63 characters, with a DNS name and / before it at most"
    ),
    "domain-prefixed": Format(lambda text: "/" in text and qualified(text), "a name with a domain before it: a.b/c"),
    "domain-path": Format(
        lambda text: "/" in text and subdomain(text.partition("/")[0]) and text.partition("/")[2] != "",
        "a path with a domain before it: a.b/c",
    ),
    "port-name": Format(port_name, "a port name: at most 15 lowercase letters, digits and -, with at least one letter"),
    "ip": Format(ip, "an IP address"),
    "cidr": Format(cidr, "a network in CIDR notation"),
    "absolute": Format(lambda text: text.startswith("/"), "a path that begins with /"),
    "relative": Format(relative, "a relative path without .."),
    "no-parents": Format(no_parents, "a path without .."),
    "environment": Format(environment, "printable ASCII without ="),
    "environment-old": Format(
        old_environment,
        "letters, digits, _, - and ., and it must not begin with a digit",
    ),
    "url-path": Format(url_path, "a path of segments, each a lowercase DNS name"),
    "url-star": Format(lambda text: text == "*" or (text.startswith("/") and " " not in text), "a path, or *"),
    "label-star": Format(lambda text: text == "*" or label(text), "a lowercase DNS label, or *"),
    "subdomain-star": Format(lambda text: text == "*" or subdomain(text), "a lowercase DNS name, or *"),
    "network": Format(network, "a network in CIDR notation, without host bits"),
    "domain-host": Format(lambda text: wildcard_domain(text) and not ip(text), "a DNS name; *. may stand before it"),
    "time-zone": Format(time_zone, "a time zone by its name: Europe/Berlin"),
    "name-prefix": Format(
        lambda text: subdomain(text[:-1] + "a") if text.endswith("-") else subdomain(text), "a lowercase DNS name"
    ),
    "container-resource": Format(container_resource, "cpu, memory, ephemeral-storage, hugepages-SIZE or DOMAIN/NAME"),
    "resource-name": Format(resource_name, "a resource that Kubernetes has, or DOMAIN/NAME"),
    "quota-resource": Format(quota_resource, "a resource that quotas can count, or DOMAIN/NAME"),
    "field-path": Format(field_path, "a field that the downward API has: metadata.name, status.podIP, …"),
    "spec-path": Format(path_below(".spec."), "a JSON path below .spec"),
    "status-path": Format(path_below(".status."), "a JSON path below .status"),
    "json-path": Format(json_path, "a JSON path that begins with ."),
    "limit-type": Format(
        lambda text: text in {"Pod", "Container", "PersistentVolumeClaim"} or ("/" in text and qualified(text)),
        "Pod, Container, PersistentVolumeClaim or DOMAIN/NAME",
    ),
    "config-key": Format(config_key, "a key: letters, digits, -, _ and ., at most 253 characters"),
    "identifier": Format(identifier, "an identifier"),
    "segment": Format(segment, "a name without / and %"),
    "header": Format(header, "the name of an HTTP header"),
    "wildcard-domain": Format(wildcard_domain, "a lowercase DNS name; *. may stand before it"),
    "percent": Format(percent, "a number of percent: 25%"),
    "percent100": Format(lambda text: percent(text) and int(text[:-1]) <= 100, "from 0% to 100%"),  # noqa: PLR2004
    "mixed-label1035": Format(lambda text: label_1035(text.lower()), "letters, digits and -, at most 63 characters"),
    "word": Format(word, "letters, digits and -"),
    "driver": Format(
        lambda text: len(text) <= MOST_LABEL and subdomain(text.lower()),
        "a driver's name: letters, digits, - and ., at most 63 characters",
    ),
    "sysctl": Format(sysctl, "the name of a sysctl"),
    "group-version": Format(lambda text: text != "" and text.count("/") <= 1, "GROUP/VERSION or VERSION"),
    "one-line": Format(lambda text: text.strip() != "" and "\n" not in text and "\r" not in text, "one line"),
    "https": Format(https, "an https:// address with a host, without query and user"),
    "cron": Format(schedule, "a cron schedule of five fields"),
    "quantity": Format(quantity_text(None), "a quantity"),
    "quantity0": Format(quantity_text(0), "a quantity of at least 0"),
    "quantity1": Format(quantity_text(0, above=True), "a quantity above 0"),
    **{
        f"most{most}": Format(at_most(most, bool), f"not empty, and at most {most} characters")
        for most in (63, 128, 256, 253, 512, 1024)
    },
}
"""By the names that pipeline/data/values.json uses, the narrower formats of two that are alike first."""
