"""A small CRD for the cases of rules."""

_CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: %(scope)s
  names: {kind: Widget, plural: widgets, listKind: WidgetList, singular: widget%(names)s}
  versions:
%(versions)s"""
MINE = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine}\nspec: {%s}\n"
"""A custom resource of it, to be completed with the fields of its spec."""
_VERSION = """  - name: %(name)s
    served: %(served)s
    storage: %(storage)s
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {%(fields)s}%(more)s}
%(rest)s"""


def version(
    name: str = "v1",
    fields: str = "size: {type: integer}",
    *,
    served: bool = True,
    storage: bool = True,
    more: str = "",
    rest: str = "",
) -> str:
    """An entry of ``spec.versions``. ``fields`` are spec's properties, ``more`` its other keywords."""
    values = {"name": name, "fields": fields, "served": str(served).lower(), "storage": str(storage).lower()}
    return _VERSION % (values | {"more": f", {more}" if more else "", "rest": f"    {rest}\n" if rest else ""})


def crd(*versions: str, scope: str = "Namespaced", names: str = "") -> str:
    values = {"versions": "".join(versions or (version(),)), "scope": scope, "names": f", {names}" if names else ""}
    return _CRD % values


def field(text: str, more: str = "") -> str:
    """A CRD whose one version has these properties under spec."""
    return crd(version(fields=text, more=more))
