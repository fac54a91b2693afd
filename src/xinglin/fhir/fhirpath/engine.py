"""Compiles a FHIRPath tree into closures over collections of typed items (FHIRPath 2.0, the whole language)."""

from collections.abc import Callable
from decimal import Decimal
from typing import cast

from xinglin.fhir.definitions import is_type
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.environment import Environment
from xinglin.fhir.fhirpath.functions.types import as_type, is_of_type, known_type
from xinglin.fhir.fhirpath.lexer import FhirPathError
from xinglin.fhir.fhirpath.model import EMPTY, FALSE, TRUE, Collection, Item, Node, below
from xinglin.fhir.fhirpath.operators import BINARY, LOGICAL, polarity
from xinglin.fhir.fhirpath.quantities import Quantity
from xinglin.fhir.fhirpath.registry import Evaluate, entry, integer
from xinglin.fhir.fhirpath.temporal import Temporal
from xinglin.fhir.fhirpath.variables import variable


def compiled(node: tree.Node) -> Evaluate:
    """The closure of a tree. Raises `FhirPathError` for unknown functions and types."""
    compile_node = cast("Callable[[tree.Node], Evaluate]", _COMPILERS[node.__class__])
    return _remembered(compile_node(node)) if _fixed(node) else compile_node(node)


def _fixed(node: tree.Node) -> bool:
    """Whether this is a path from `%resource` and its like: evaluated once, not for each item of a long collection."""
    while isinstance(node, tree.Member | tree.Call | tree.Index):
        if isinstance(node, tree.Index) and not isinstance(node.index, tree.Literal):
            return False
        if isinstance(node, tree.Call) and (node.arguments or node.target is None):
            return False
        node = cast("tree.Node", node.target)
        if isinstance(node, tree.Variable):
            return node.name in ("%resource", "%rootResource", "%context")
    return False


def _remembered(evaluate: Evaluate) -> Evaluate:
    key = object()

    def remembered(env: Environment, focus: Collection) -> Collection:
        found = env.memo.get(key)
        if found is None:
            found = env.memo[key] = evaluate(env, focus)
        return found

    return remembered


def _literal(node: tree.Literal) -> Evaluate:
    value: Item = node.value
    if value is None:
        return lambda _, __: EMPTY
    if node.type == "Quantity":
        value = Quantity.written(Decimal(value), node.unit or "1")
    elif node.type in ("Date", "DateTime", "Time"):
        value = Temporal.parse(value, node.type)
        if value is None:
            raise FhirPathError(f"{node.value} is not a {node.type} that exists")
    constant = TRUE if value is True else FALSE if value is False else [value]
    return lambda _, __: constant


def _name(node: tree.Name) -> Evaluate:
    """A member of the focus; at the head of a path also the type of the focus, which leaves it as it is."""
    name = node.name
    step = _stepping(name)
    if not (name[:1].isupper() and is_type(name)):
        return step

    def typed(env: Environment, focus: Collection) -> Collection:
        if len(focus) == 1 and focus[0].__class__ is Node and name in focus[0].type.supertypes:
            return focus
        return step(env, focus)

    return typed


def _stepping(name: str) -> Evaluate:
    def step(env: Environment, focus: Collection) -> Collection:
        found: Collection = []
        unknown = False
        for item in focus:
            if item.__class__ is Node:
                steps = item.type.members.get(name)
                if steps is not None:
                    below(item, steps, found)
                    continue
            elif name in ("namespace", "name") and hasattr(item, "namespace"):
                found.append(getattr(item, name))
                continue
            unknown = True
        if unknown and env.strict and not found:
            _check_known(name, focus)
        return found

    return step


def _check_known(name: str, focus: Collection) -> None:
    if not any(item.__class__ is Node and name in item.type.members for item in focus):
        kinds = sorted({item.type.name if item.__class__ is Node else item.__class__.__name__ for item in focus})
        raise FhirPathError(f"{', '.join(kinds)} has no element {name}")


def _member(node: tree.Member) -> Evaluate:
    target, step = compiled(node.target), _stepping(node.name)

    def member(env: Environment, focus: Collection) -> Collection:
        found = target(env, focus)
        return step(env, found) if found else EMPTY

    return member


def _index(node: tree.Index) -> Evaluate:
    target, index = compiled(node.target), compiled(node.index)

    def indexed(env: Environment, focus: Collection) -> Collection:
        position = integer(index(env, focus), "[ ]")
        if position is None or position < 0:
            return EMPTY
        return target(env, focus)[position : position + 1]

    return indexed


def _call(node: tree.Call) -> Evaluate:
    found = entry(node.name, node.arguments)
    target = None if node.target is None else compiled(node.target)
    if found.kind == "typed":
        inner = _typed(found.call, node.arguments[0])
    elif found.kind == "lazy":
        inner = found.call(*(_spending(compiled(argument)) for argument in node.arguments))
    elif found.kind == "sorting":
        inner = found.call(*(_criterion(argument) for argument in node.arguments))
    else:
        inner = _eager(found.call, [compiled(argument) for argument in node.arguments])
    if target is None:
        return lambda env, focus: inner(env, focus, focus)
    return lambda env, focus: inner(env, target(env, focus), focus)


def _criterion(node: tree.Node) -> tuple[Evaluate, bool]:
    """An argument of `sort()`; a minus before it, as in `sort(-family)`, asks for the descending order."""
    if isinstance(node, tree.Unary) and node.operator == "-":
        return _spending(compiled(node.operand)), True
    return _spending(compiled(node)), False


def _spending(evaluate: Evaluate) -> Evaluate:
    """What is evaluated for each item is what evaluations spend their time on."""

    def spending(env: Environment, focus: Collection) -> Collection:
        if env.allowance is not None:
            env.allowance.spend()
        return evaluate(env, focus)

    return spending


Inner = Callable[[Environment, Collection, Collection], Collection]


def _eager(call: Callable[..., Collection], arguments: list[Evaluate]) -> Inner:
    if not arguments:
        return lambda env, items, _: call(env, items)
    if len(arguments) == 1:
        (only,) = arguments
        return lambda env, items, focus: call(env, items, only(env, focus))
    return lambda env, items, focus: call(env, items, *[argument(env, focus) for argument in arguments])


def _typed(call: Callable[..., Collection], argument: tree.Node) -> Inner:
    match argument:
        case tree.Name(name):
            namespace = ""
        case tree.Member(tree.Name(("FHIR" | "System") as namespace), name):
            pass
        case _:
            raise FhirPathError(f"expected the name of a type, found {argument}")
    known_type(name, namespace)
    return lambda _, items, __: call(items, name, namespace)


def _type_test(node: tree.TypeTest) -> Evaluate:
    operand, name, namespace = compiled(node.operand), node.type, node.namespace
    known_type(name, namespace)
    test = is_of_type if node.operator == "is" else as_type
    return lambda env, focus: test(operand(env, focus), name, namespace)


def _unary(node: tree.Unary) -> Evaluate:
    operand, operator = compiled(node.operand), node.operator
    return lambda env, focus: polarity(operator, operand(env, focus))


def _binary(node: tree.Binary) -> Evaluate:
    left, right = compiled(node.left), compiled(node.right)
    if node.operator in LOGICAL:
        return LOGICAL[node.operator](left, right)
    apply = BINARY[node.operator]
    return lambda env, focus: apply(left(env, focus), right(env, focus))


_COMPILERS: dict[type, object] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.Variable: variable,
    tree.Member: _member,
    tree.Call: _call,
    tree.Index: _index,
    tree.TypeTest: _type_test,
    tree.Unary: _unary,
    tree.Binary: _binary,
}
