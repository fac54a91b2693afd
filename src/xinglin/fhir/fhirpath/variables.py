"""`$this`, `$index`, `$total` and the constants after `%` (FHIRPath 2.0, Environment Variables; FHIR R4, FHIRPath)."""

from typing import Any

from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, Collection, Node, resource_node
from xinglin.fhir.fhirpath.registry import Evaluate

_CONSTANTS = {
    "%ucum": "http://unitsofmeasure.org",
    "%sct": "http://snomed.info/sct",
    "%loinc": "http://loinc.org",
}
_BASES = {"%vs-": "http://hl7.org/fhir/ValueSet/", "%ext-": "http://hl7.org/fhir/StructureDefinition/"}


def variable(node: tree.Variable) -> Evaluate:
    """The closure of a variable; an unknown `%name` raises `FhirPathError` when it is evaluated without a value."""
    name = node.name
    if name in _SCOPED:
        return _SCOPED[name]
    if name.startswith("$"):
        raise FhirPathError(f"There is no variable {name}; accepted are $this, $index and $total")
    constant = _CONSTANTS.get(name)
    for prefix, base in _BASES.items():
        if name.startswith(prefix):
            constant = base + name.removeprefix(prefix)
    value: Collection | None = None if constant is None else [constant]

    def lookup(env: Environment, _: Collection) -> Collection:
        if name[1:] in env.variables:
            return _collection(env.variables[name[1:]])
        if value is None:
            raise FhirPathError(f"The variable {name} has no value")
        return value

    return lookup


def _collection(value: Any) -> Collection:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [resource_node(item) if isinstance(item, dict) and "resourceType" in item else item for item in items]


def _resource(env: Environment, _: Collection) -> Collection:
    return EMPTY if env.resource is None else [env.resource]


def _root(env: Environment, _: Collection) -> Collection:
    root: Node | None = env.root or env.resource
    return EMPTY if root is None else [root]


_SCOPED: dict[str, Evaluate] = {
    "$this": lambda _, focus: focus,
    "$index": lambda env, _: EMPTY if env.index is None else [env.index],
    "$total": lambda env, _: env.total,
    "%resource": _resource,
    "%rootResource": _root,
    "%context": lambda env, _: env.context,
}
