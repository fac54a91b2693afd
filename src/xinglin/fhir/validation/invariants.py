"""The invariants of R4: which of them the properties of an object leave open, and which of those are broken.

An invariant is broken where its expression is false. Where it is empty it says nothing: ref-1, for one, is empty for
every reference without a literal URL, which R4 accepts.
"""

from collections.abc import Iterator

from xinglin.fhir.definitions import Rule, rules, type_definition
from xinglin.fhir.fhirpath import Environment, FhirPathError, Node, element_node, expression, parse, resource_node
from xinglin.fhir.fhirpath.model import children
from xinglin.fhir.types import Json
from xinglin.fhir.validation.faults import Context, Fault, Pending
from xinglin.fhir.validation.presence import outcomes

_MOST_SHAPES = 4096
"""Of each type, so that hostile input cannot fill the memory with shapes; real data has some tens."""


class Undecided:
    """For objects of one type, the rules that the properties present don't decide; remembered by these properties."""

    __slots__ = ("_elements", "_known", "_rules")

    def __init__(self, type_name: str) -> None:
        self._rules = rules(type_name)
        self._known: tuple[dict[tuple[str, ...], tuple[Rule, ...]], ...] = ({}, {})
        self._elements = {
            key: element.name
            for element in type_definition(type_name).elements.values()
            for name in element.json_names()
            for key in (name, f"_{name}")
        }

    def rules(self, value: Json, warnings: bool) -> tuple[Rule, ...]:
        """The rules to evaluate on this object."""
        known = self._known[warnings]
        shape = tuple(value)
        found = known.get(shape)
        if found is None:
            present = frozenset(self._elements[key] for key in shape if key in self._elements)
            found = tuple(
                rule
                for rule in self._rules
                if (warnings or rule.severity == "error") and "F" in outcomes(parse(rule.expression), present)
            )
            if len(known) < _MOST_SHAPES:
                known[shape] = found
        return found


def broken_rules(resource: Json, pending: list[Pending]) -> list[Fault]:
    """The faults of objects whose rules are broken, with their paths from the resource."""
    faults = []
    for value, type_name, open_rules, context in pending:
        if len(open_rules) == 1 and open_rules[0].key == "per-1" and _in_order(value):
            continue
        node = element_node(value, type_name)
        resource_of, root = resource_node(context.resource), resource_node(context.root)
        env = Environment(resource=resource_of, root=root, context=[node])
        for rule in open_rules:
            if rule.key == "dom-3":
                if _unreferred(node, context):
                    faults.append(Fault(_path(resource, value), "invariant", f"{rule.text.rstrip('.')} (dom-3)"))
                continue
            try:
                holds = expression(rule.expression).holds(node, env)
            except FhirPathError as error:
                faults.append(Fault(_path(resource, value), "invariant", f"{rule.key} can't be evaluated: {error}"))
                continue
            if holds is False:
                text = f"{rule.text.rstrip('.')} ({rule.key}: {rule.expression})"
                faults.append(Fault(_path(resource, value), "invariant", text, rule.severity))
    return faults


def _in_order(period: Json) -> bool:
    """Whether a Period's ends are seen to be in order as texts, being written alike: most are, and most are periods."""
    start, end = period.get("start"), period.get("end")
    if start.__class__ is not str or end.__class__ is not str or len(start) != len(end):
        return False
    return start <= end and (len(start) <= 10 or start[19:] == end[19:])


def _unreferred(node: Node, context: Context) -> bool:
    """Whether a contained resource is neither referred to nor refers to its container: dom-3 in one walk.

    As FHIRPath it walks the whole resource once for each contained one, which hostile input could make long.
    """
    wanted = {str(one.get("id")) for one in context.resource.get("contained") or ()} - context.referred
    if not wanted:
        return False
    held = [inner for inner in children(node) if inner.type.resource]
    wanted -= {str(inner.value.get("id")) for inner in held if "#" in _referred([inner])}
    return not wanted <= {text[1:] for text in _referred([node])}


def _referred(waiting: list[Node]) -> set[str]:
    """Every literal reference, canonical, uri and url below the nodes that stays within the resource."""
    found = set()
    while waiting:
        for inner in children(waiting.pop()):
            waiting.append(inner)
            text = inner.value.get("reference") if inner.value.__class__ is dict else inner.value
            local = inner.value.__class__ is dict or inner.type.name in ("canonical", "uri", "url")
            if local and isinstance(text, str) and text.startswith("#"):
                found.add(text)
    return found


def _path(resource: Json, wanted: Json) -> str:
    """Where an object stands in the resource, found only once there is something to report."""
    return next(_paths(resource, wanted, "", type_definition(resource["resourceType"]).name), "")


def _paths(value: Json, wanted: Json, path: str, type_name: str) -> Iterator[str]:
    if value is wanted:
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, wanted, f"{path}[{index}]", type_name)
    elif isinstance(value, dict):
        name = value.get("resourceType", type_name)
        for element in type_definition(name).elements.values() if isinstance(name, str) else ():
            for key, ref in element.json_names().items():
                if key in value:
                    yield from _paths(value[key], wanted, f"{path}.{element.name}", ref.name)
                if f"_{key}" in value:
                    yield from _paths(value[f"_{key}"], wanted, f"{path}.{element.name}", "Element")
