"""Writes out what has one value at most: truth, comparisons, texts, counts."""

from xinglin.fhir.definitions import supertypes, type_definition
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.special.generator import (
    TRUTH_FUNCTIONS,
    TRUTHS,
    Generator,
    Scope,
    UnsupportedError,
)
from xinglin.fhir.fhirpath.temporal import Temporal

_TEXT_TESTS = {"startsWith": "{0}.startswith({1})", "endsWith": "{0}.endswith({1})", "contains": "({1} in {0})"}
_ORDERS = {"<": "< 0", "<=": "<= 0", ">": "> 0", ">=": ">= 0"}
_TEMPORAL = {"date": "Date", "dateTime": "DateTime", "instant": "DateTime", "time": "Time"}


def kind_of(type_name: str) -> str:
    """How values of a type are compared: text, boolean, number, a kind of date, or object."""
    system = {"String": "text", "Boolean": "boolean", "Integer": "number", "Decimal": "number"}
    if type_name.startswith("System."):
        name = type_name.removeprefix("System.")
        return system.get(name, name)
    if type_name in _TEMPORAL:
        return _TEMPORAL[type_name]
    bases = supertypes(type_name)
    if type_name == "boolean":
        return "boolean"
    if bases & {"integer", "decimal"}:
        return "number"
    return "text" if bases & {"string", "uri", "base64Binary"} or type_definition(type_name).primitive else "object"


def scalar(g: Generator, node: tree.Node, scope: Scope) -> tuple[str, str]:
    """Python for the one value, or None, and its type. Raises `UnsupportedError`."""
    match node:
        case tree.Literal(value, type_name) if value is not None and type_name != "Quantity":
            return _literal(g, value, type_name), f"System.{type_name}"
        case tree.Variable("$this"):
            return scope.python, scope.type
        case tree.Name(name) if name[:1].isupper() and name in supertypes(scope.type):
            return scope.python, scope.type
        case tree.Call(_, "count", ()):
            return _count(g, node, scope), "System.Integer"
        case tree.Call(target, "first", ()) if target is not None:
            return _first(g, target, scope)
        case tree.Index(target, tree.Literal(int(index), "Integer")):
            call, kind = g.collected(
                target, scope, lambda found: f"{found}[{index}] if len({found}) > {index} else None"
            )
            return _held(g, call), kind
        case tree.Call(_, name, _) if name in TRUTH_FUNCTIONS:
            return truth(g, node, scope), "System.Boolean"
        case tree.Binary(operator, _, _) if operator in TRUTHS:
            return truth(g, node, scope), "System.Boolean"
        case tree.Binary("&", left, right):
            return _joined(g, left, right, scope), "System.String"
    return _path(g, node, scope)


def _literal(g: Generator, value: object, type_name: str) -> str:
    if type_name in ("Date", "DateTime", "Time"):
        parsed = Temporal.parse(str(value), type_name)
        if parsed is None:
            raise UnsupportedError
        return g.constant(parsed)
    return g.constant(value)


def _held(g: Generator, python: str) -> str:
    name = g.name()
    g.emit(f"{name} = {python}")
    return name


def _count(g: Generator, node: tree.Call, scope: Scope) -> str:
    target = node.target or tree.Variable("$this")

    def write(inner: Scope) -> None:
        g.emit("n = 0")
        g.each(target, inner, lambda *_: g.emit("n += 1"))
        g.emit("return n")

    return _held(g, g.function(scope, write))


def _first(g: Generator, target: tree.Node, scope: Scope) -> tuple[str, str]:
    kinds: set[str] = set()

    def write(inner: Scope) -> None:
        def found(value: str, kind: str) -> None:
            kinds.add(kind)
            g.emit(f"return {value}")

        g.each(target, inner, found)
        g.emit("return None")

    call = g.function(scope, write)
    if len(kinds) != 1:
        raise UnsupportedError
    return _held(g, call), kinds.pop()


def _path(g: Generator, node: tree.Node, scope: Scope) -> tuple[str, str]:
    """A path on which nothing repeats and nothing has a choice of types."""
    target, name = _last_step(node)
    value, kind = scope if target is None else scalar(g, target, scope)
    if kind.startswith("System.") or type_definition(kind).primitive:
        raise UnsupportedError
    element = type_definition(kind).elements.get(name)
    if element is None or element.max != 1 or len(element.types) != 1 or element.choice:
        raise UnsupportedError
    below_kind = element.types[0].name
    if below_kind in ("Resource", "DomainResource", "xhtml"):
        raise UnsupportedError
    access = f"{value}.get({name!r})"
    below = _held(g, access if target is None else f"None if {value} is None else {access}")
    if type_definition(below_kind).primitive:
        condition = f"if {below} is None and {value} is not None and {'_' + name!r} in {value}:"
        g.block(condition, lambda: g.emit("raise D"))
    return below, below_kind


def _last_step(node: tree.Node) -> tuple[tree.Node | None, str]:
    match node:
        case tree.Name(name) if not name[:1].isupper():
            return None, name
        case tree.Member(tree.Variable("$this"), name):
            return None, name
        case tree.Member(target, name):
            return target, name
    raise UnsupportedError


def truth(g: Generator, node: tree.Node, scope: Scope) -> str:
    """Python for True, False, or None where the expression is empty."""
    match node:
        case tree.Binary(("and" | "or" | "xor" | "implies") as operator, left, right):
            return _logic(g, operator, left, right, scope)
        case tree.Binary(("=" | "!=") as operator, left, right):
            return _equality(g, operator, left, right, scope)
        case tree.Binary(operator, left, right) if operator in _ORDERS:
            return _order(g, operator, left, right, scope)
        case tree.Call(target, ("exists" | "empty") as name, arguments):
            return _existence(g, target, name, arguments, scope)
        case tree.Call(target, "all", (criterion,)):
            inverse = tree.Call(target, "where", (criterion,))
            return _held(g, f"{_all(g, inverse, scope)}")
        case tree.Call(target, "not", ()) if target is not None:
            value = truth(g, target, scope)
            return _held(g, f"None if {value} is None else not {value}")
        case tree.Call(target, name, (argument,)) if name in _TEXT_TESTS and target is not None:
            return _text_test(g, name, target, argument, scope)
    value, kind = scalar(g, node, scope) if not isinstance(node, tree.Call | tree.Binary) else _refuse()
    if kind_of(kind) == "boolean":
        return value
    return _held(g, f"None if {value} is None else True")


def _refuse() -> tuple[str, str]:
    raise UnsupportedError


def _logic(g: Generator, operator: str, left: tree.Node, right: tree.Node, scope: Scope) -> str:
    one = truth(g, left, scope)
    result = g.name("t")
    shortcut, answer = {"and": ("is False", False), "or": ("is True", True), "implies": ("is False", True)}.get(
        operator, ("is None", None)
    )
    combined = {
        "and": "False if {b} is False else True if {a} and {b} else None",
        "or": "True if {b} else False if {a} is False and {b} is False else None",
        "implies": "True if {b} else False if {a} and {b} is False else None",
        "xor": "None if {b} is None else {a} != {b}",
    }[operator]
    g.block(f"if {one} {shortcut}:", lambda: g.emit(f"{result} = {answer}"))

    def otherwise() -> None:
        two = truth(g, right, scope)
        g.emit(f"{result} = {combined.format(a=one, b=two)}")

    g.block("else:", otherwise)
    return result


def _operands(g: Generator, left: tree.Node, right: tree.Node, scope: Scope) -> tuple[str, str, str]:
    """Both values, ready to be compared, and how."""
    (one, left_type), (two, right_type) = scalar(g, left, scope), scalar(g, right, scope)
    kind, other = kind_of(left_type), kind_of(right_type)
    if kind in ("Date", "DateTime") and other in ("Date", "DateTime"):
        kind = other = "temporal"
    if kind != other or kind in ("object", "Quantity", "Any"):
        raise UnsupportedError
    return _ready(g, one, left_type), _ready(g, two, right_type), kind


def _ready(g: Generator, value: str, type_name: str) -> str:
    if type_name in _TEMPORAL:
        return _held(g, f"None if {value} is None else temporal({value}, {_TEMPORAL[type_name]!r})")
    if "decimal" in supertypes(type_name):
        return _held(g, f"None if {value} is None else number({value})")
    return value


def _equality(g: Generator, operator: str, left: tree.Node, right: tree.Node, scope: Scope) -> str:
    try:
        mark, depth = len(g.lines), len(g.functions)
        one, two, kind = _operands(g, left, right, scope)
    except UnsupportedError:
        del g.lines[mark:], g.functions[depth:]
        return _choice_equality(g, operator, left, right, scope) or _list_equality(g, operator, left, right, scope)
    same = f"{one}.equal({two})" if kind in ("temporal", "Time") else f"{one} == {two}"
    if operator == "=":
        return _held(g, f"None if {one} is None or {two} is None else {same}")
    if kind not in ("temporal", "Time"):
        return _held(g, f"None if {one} is None or {two} is None else {one} != {two}")
    verdict = _held(g, f"None if {one} is None or {two} is None else {same}")
    return _held(g, f"None if {verdict} is None else not {verdict}")


def _choice_equality(g: Generator, operator: str, left: tree.Node, right: tree.Node, scope: Scope) -> str | None:
    """An element with a choice of types beside a literal: a value of another kind than the literal's differs."""
    if (
        not isinstance(right, tree.Literal)
        or not isinstance(right.value, str | bool)
        or right.type in _TEMPORAL.values()
    ):
        return None
    wanted, kind = g.constant(right.value), kind_of(f"System.{right.type}")
    before, mark, depth = g.repeats, len(g.lines), len(g.functions)

    def write(own: Scope) -> None:
        def compare(value: str, value_type: str) -> None:
            same = f"{value} == {wanted}" if kind_of(value_type) == kind else "False"
            g.emit(f"return {same}" if operator == "=" else f"return not ({same})")

        g.each(left, own, compare)
        g.emit("return None")

    call = g.function(scope, write)
    if g.repeats == before:
        return _held(g, call)
    del g.lines[mark:], g.functions[depth:]
    return None


def _list_equality(g: Generator, operator: str, left: tree.Node, right: tree.Node, scope: Scope) -> str:
    """Collections of texts, or of Booleans, are equal as Python's lists are."""
    one, left_type = g.collected(left, scope, lambda found: found)
    two, right_type = g.collected(right, scope, lambda found: found)
    kind = kind_of(left_type)
    if kind != kind_of(right_type) or kind not in ("text", "boolean"):
        raise UnsupportedError
    first, second = _held(g, one), _held(g, two)
    python = "==" if operator == "=" else "!="
    return _held(g, f"{first} {python} {second} if {first} and {second} else None")


def _order(g: Generator, operator: str, left: tree.Node, right: tree.Node, scope: Scope) -> str:
    one, two, kind = _operands(g, left, right, scope)
    if kind == "boolean":
        raise UnsupportedError
    if kind not in ("temporal", "Time"):
        return _held(g, f"None if {one} is None or {two} is None else {one} {operator} {two}")
    order = _held(g, f"None if {one} is None or {two} is None else {one}.compare({two})")
    return _held(g, f"None if {order} is None else {order} {_ORDERS[operator]}")


def _existence(
    g: Generator, target: tree.Node | None, name: str, arguments: tuple[tree.Node, ...], scope: Scope
) -> str:
    inner: tree.Node = tree.Variable("$this") if target is None else target
    if arguments:
        inner = tree.Call(inner, "where", arguments)
    found, otherwise = ("True", "False") if name == "exists" else ("False", "True")

    def write(own: Scope) -> None:
        g.each(inner, own, lambda *_: g.emit(f"return {found}"))
        g.emit(f"return {otherwise}")

    return _held(g, g.function(scope, write))


def _all(g: Generator, where: tree.Call, scope: Scope) -> str:
    criterion = where.arguments[0]
    target: tree.Node = tree.Variable("$this") if where.target is None else where.target

    def write(own: Scope) -> None:
        def check(value: str, kind: str) -> None:
            holds = truth(g, criterion, Scope(value, kind))
            g.block(f"if not {holds}:", lambda: g.emit("return False"))

        g.each(target, own, check)
        g.emit("return True")

    return g.function(scope, write)


def _text_test(g: Generator, name: str, target: tree.Node, argument: tree.Node, scope: Scope) -> str:
    (value, kind), (part, part_kind) = scalar(g, target, scope), scalar(g, argument, scope)
    if kind_of(kind) != "text" or kind_of(part_kind) != "text":
        raise UnsupportedError
    test = _TEXT_TESTS[name].format(value, part)
    return _held(g, f"None if {value} is None or {part} is None else {test}")


def _joined(g: Generator, left: tree.Node, right: tree.Node, scope: Scope) -> str:
    parts = []
    for operand in (left, right):
        value, kind = scalar(g, operand, scope)
        if kind_of(kind) != "text":
            raise UnsupportedError
        parts.append(f"({value} or '')")
    return _held(g, " + ".join(parts))
