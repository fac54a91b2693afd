"""Writes an expression out as Python: one function for each collection that is looked at as a whole."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from xinglin.fhir.definitions import is_type, resource_types, supertypes, type_definition
from xinglin.fhir.fhirpath import parser as tree
from xinglin.fhir.fhirpath.special.runtime import RUNTIME
from xinglin.fhir.types import Json

Sink: TypeAlias = "Callable[[str, str], None]"
"""Writes what happens with a value, given the Python that holds it and its type."""

Special: TypeAlias = Callable[[Json], list[Json]]
"""From a resource to the values of the expression."""

TRUTHS = frozenset({"and", "or", "xor", "implies", "=", "!=", "<", "<=", ">", ">=", "in", "contains"})
TRUTH_FUNCTIONS = frozenset({"exists", "empty", "not", "all", "startsWith", "endsWith", "contains", "hasValue"})
_PLAIN = frozenset({"where", "select", "first", "single", "tail", "distinct", "ofType", "trace", "combine", "union"})


class UnsupportedError(Exception):
    """The expression has a part that is not written out."""


class Scope(NamedTuple):
    """What `$this` is: the Python that holds it, and its type."""

    python: str
    type: str


class Generator:
    """Collects the functions of one expression. Each takes `v`, which is `$this`, and `r`, which is `%resource`."""

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type
        self.functions: list[str] = []
        self.lines: list[str] = []
        self.depth = 1
        self.names = 0
        self.repeats = 0
        self.constants: dict[str, Any] = {}

    def name(self, prefix: str = "x") -> str:
        """A name not used yet."""
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: Any) -> str:
        """A value that the code refers to by a name."""
        name = self.name("K")
        self.constants[name] = value
        return name

    def emit(self, line: str) -> None:
        """Adds a line at the present depth."""
        self.lines.append("    " * self.depth + line)

    def block(self, head: str, write: Callable[[], None]) -> None:
        """A head such as `if x:`, with what `write` writes below it."""
        self.emit(head)
        self.depth += 1
        before = len(self.lines)
        write()
        if len(self.lines) == before:
            self.emit("pass")
        self.depth -= 1

    def function(self, scope: Scope, write: Callable[[Scope], None]) -> str:
        """A function of its own, and the Python that calls it."""
        outer, self.lines = self.lines, []
        depth, self.depth = self.depth, 1
        name = self.name("f")
        write(Scope("v", scope.type))
        self.functions.append("\n".join([f"def {name}(v, r):", *self.lines]))
        self.lines, self.depth = outer, depth
        return f"{name}({scope.python}, r)"

    def each(self, node: tree.Node, scope: Scope, sink: Sink) -> None:
        """Writes the loop over the values of an expression. Raises `UnsupportedError`."""
        from xinglin.fhir.fhirpath.special import scalars

        match node:
            case tree.Variable("$this"):
                sink(*scope)
            case tree.Variable("%resource"):
                sink("r", self.resource_type)
            case tree.Name(name):
                self._named(name, scope, sink)
            case tree.Member(tree.Call(target, "descendants", ()), name):
                self._descend(tree.Variable("$this") if target is None else target, name, scope, sink)
            case tree.Member(target, name):
                self.each(target, scope, lambda value, kind: self.step(value, kind, name, sink))
            case tree.Binary("|", left, right):
                self._distinct(tree.Call(left, "combine", (right,)), scope, sink)
            case tree.Call(target, name, arguments) if name in _PLAIN:
                self._call(tree.Variable("$this") if target is None else target, name, arguments, scope, sink)
            case tree.Call(target, "intersect", (other,)):
                self._intersect(tree.Variable("$this") if target is None else target, other, scope, sink)
            case tree.TypeTest("as", operand, type_name):
                self._of_type(operand, type_name, scope, sink)
            case _:
                value, kind = scalars.scalar(self, node, scope)
                self.block(f"if {value} is not None:", lambda: sink(value, kind))

    def _named(self, name: str, scope: Scope, sink: Sink) -> None:
        if name[:1].isupper() and is_type(name):
            if name not in supertypes(scope.type):
                raise UnsupportedError
            sink(*scope)
        else:
            self.step(scope.python, scope.type, name, sink)

    def step(self, value: str, kind: str, name: str, sink: Sink) -> None:
        """Writes the step to an element, for each of its types."""
        if kind.startswith("System.") or (type_definition(kind).primitive and name in ("id", "extension")):
            raise UnsupportedError
        element = type_definition(kind).elements.get(name)
        if element is None:
            return
        for key, ref in element.json_names().items():
            if ref.name in ("Resource", "DomainResource", "xhtml"):
                raise UnsupportedError
            primitive = type_definition(ref.name).primitive
            if element.max == 1:
                self._single_step(value, key, ref.name, primitive, sink)
            else:
                self._repeated_step(value, key, ref.name, primitive, sink)

    def _descend(self, target: tree.Node, name: str, scope: Scope, sink: Sink) -> None:
        def write(value: str, kind: str) -> None:
            if kind.startswith("System.") or type_definition(kind).primitive:
                raise UnsupportedError
            self._loop((f"descend({value}, {kind!r}, {name!r})", "System.Any"), sink)

        self.repeats += 1
        self.each(target, scope, write)

    def _single_step(self, value: str, key: str, kind: str, primitive: bool, sink: Sink) -> None:
        below = self.name()

        def write() -> None:
            self.emit(f"{below} = {value}[{key!r}]")
            sink(below, kind)

        self.block(f"if {key!r} in {value}:", write)
        if primitive:
            self.block(f"elif {'_' + key!r} in {value}:", lambda: self.emit("raise D"))

    def _repeated_step(self, value: str, key: str, kind: str, primitive: bool, sink: Sink) -> None:
        below = self.name()
        self.repeats += 1
        if primitive:
            self.block(f"if {'_' + key!r} in {value}:", lambda: self.emit("raise D"))
        self.block(
            f"if {key!r} in {value}:",
            lambda: self.block(f"for {below} in {value}[{key!r}]:", lambda: sink(below, kind)),
        )

    def _call(self, target: tree.Node, name: str, arguments: tuple[tree.Node, ...], scope: Scope, sink: Sink) -> None:
        from xinglin.fhir.fhirpath.special import scalars

        if name == "where":
            (criterion,) = arguments

            def filtered(value: str, kind: str) -> None:
                truth = scalars.truth(self, criterion, Scope(value, kind))
                self.block(f"if {truth}:", lambda: sink(value, kind))

            self.each(target, scope, filtered)
        elif name == "select":
            self.each(target, scope, lambda value, kind: self.each(arguments[0], Scope(value, kind), sink))
        elif name == "trace":
            raise UnsupportedError
        elif name == "combine":
            self.each(target, scope, sink)
            self.each(arguments[0], scope, sink)
        elif name == "union":
            self._distinct(tree.Call(target, "combine", arguments), scope, sink)
        elif name == "distinct":
            self._distinct(target, scope, sink)
        elif name == "ofType" and isinstance(arguments[0], tree.Name):
            self._of_type(target, arguments[0].name, scope, sink)
        elif name == "tail":
            self._loop(self.collected(target, scope, lambda found: f"{found}[1:]"), sink)
        elif name == "first":
            value, kind = scalars.scalar(self, tree.Call(target, name, arguments), scope)
            self.block(f"if {value} is not None:", lambda: sink(value, kind))
        else:
            raise UnsupportedError

    def collected(self, target: tree.Node, scope: Scope, result: Callable[[str], str]) -> tuple[str, str]:
        """A function that returns all values, as `result` puts it, and their one type."""
        kinds: set[str] = set()

        def write(inner: Scope) -> None:
            self.emit("o = []")

            def add(value: str, kind: str) -> None:
                kinds.add(kind)
                self.emit(f"o.append({value})")

            self.each(target, inner, add)
            self.emit(f"return {result('o')}")

        call = self.function(scope, write)
        if len(kinds) != 1:
            raise UnsupportedError
        return call, kinds.pop()

    def _loop(self, collection: tuple[str, str], sink: Sink) -> None:
        call, kind = collection
        below = self.name()
        self.block(f"for {below} in {call}:", lambda: sink(below, kind))

    def _distinct(self, target: tree.Node, scope: Scope, sink: Sink) -> None:
        call, kind = self.collected(target, scope, lambda found: found)
        unique = "list(dict.fromkeys({}))" if _textual(kind) else "distinct({})"
        self._loop((unique.format(call), kind), sink)

    def _intersect(self, target: tree.Node, other: tree.Node, scope: Scope, sink: Sink) -> None:
        left, kind = self.collected(target, scope, lambda found: found)
        right, other_kind = self.collected(other, scope, lambda found: found)
        if kind != other_kind:
            raise UnsupportedError
        self._loop((f"intersect({left}, {right})", kind), sink)

    def _of_type(self, target: tree.Node, name: str, scope: Scope, sink: Sink) -> None:
        def narrowed(value: str, kind: str) -> None:
            if kind.startswith("System."):
                raise UnsupportedError
            if kind == name or (not type_definition(kind).primitive and name in supertypes(kind)):
                sink(value, kind)

        self.each(target, scope, narrowed)


def _textual(kind: str) -> bool:
    from xinglin.fhir.fhirpath.special import scalars

    return scalars.kind_of(kind) == "text"


def specialise(node: tree.Node, resource_type: str) -> Special | None:
    """The expression for resources of a type; None where it has a part that is not written out."""
    if resource_type not in resource_types():
        return None
    generator = Generator(resource_type)
    kinds: set[str] = set()

    def add(value: str, kind: str) -> None:
        kinds.add(kind)
        generator.emit(f"o.append({value})")

    try:
        generator.emit("o = []")
        generator.each(node, Scope("r", resource_type), add)
    except UnsupportedError:
        return None
    source = "\n".join([*generator.functions, "def main(r):", *generator.lines, "    return o"])
    namespace: dict[str, Any] = {**RUNTIME, **generator.constants}
    # The source holds names of R4's definitions; what a caller wrote is in it as quoted literals and constants only.
    exec(compile(source, f"<{resource_type}>", "exec"), namespace)  # noqa: S102
    special: Special = namespace["main"]
    return special
