"""Validation against profiles: StructureDefinitions that constrain a type, by their snapshots or differentials.

    profiles = Profiles(resolve)
    issues = profiles.validate(observation)                     # those that meta.profile names
    issues = profiles.validate(observation, ["http://…/bp"])    # these

Checked are cardinality, types, fixed values and patterns, slices, invariants, ranges and lengths, the profiles of
datatypes and extensions, and bindings where there is somebody to ask. That the resource is valid R4 is for `validate`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from xinglin.fhir.definitions import is_type, rules
from xinglin.fhir.fhirpath import (
    Allowance,
    Environment,
    FhirPathError,
    Node,
    TooCostly,
    expression,
    resource_node,
)
from xinglin.fhir.fhirpath.environment import MemberOf, Resolve
from xinglin.fhir.fhirpath.functions.elements import referred
from xinglin.fhir.fhirpath.model import below
from xinglin.fhir.fhirpath.references import target_of
from xinglin.fhir.fhirpath.semantics import compare
from xinglin.fhir.outcome import Issue
from xinglin.fhir.types import Json, Resource
from xinglin.fhir.validation.faults import shown
from xinglin.fhir.validation.profile_tree import Definition, parts, tree
from xinglin.fhir.validation.slicing import belongs, pattern_holds
from xinglin.fhir.validation.snapshot import CORE

ResolveProfile = Callable[[str], "Resource | None"]
"""From a canonical URL, with or without |version, to the StructureDefinition; None: not known."""

_SYSTEM = "http://hl7.org/fhirpath/System."
_CODED = frozenset({"code", "string", "uri", "Coding", "CodeableConcept", "Quantity"})
_BASE = frozenset({"ele-1", "ext-1", "ref-1", "dom-2", "txt-1", "txt-2"})
_DEEPEST = 40
_STEPS = 1_000_000
"""Of expressions and elements that one validation may take: profiles come from people who are not trusted."""


class _Walk(NamedTuple):
    """One validation: what is found, the environment of its expressions, and whether targets of references are looked
    at, which those of targets are not."""

    issues: list[Issue]
    env: Environment
    following: bool


class Profiles:
    """Validates against profiles, which it asks `resolve` for once and keeps: make a new one when they change.

    `terminology` tells whether coded values are in value sets; without it, no binding is checked. `resolve_reference`
    finds resources that references point to, for slices by what they are and for `targetProfile`.
    """

    def __init__(
        self,
        resolve: ResolveProfile,
        terminology: MemberOf | None = None,
        resolve_reference: Resolve | None = None,
    ) -> None:
        self._resolve = resolve
        self._terminology = terminology
        self._resolve_reference = resolve_reference
        self._trees: dict[str, Definition | None] = {}

    def asking(self, terminology: MemberOf) -> "Profiles":
        """The same profiles, of which nothing is read again, with their bindings decided by `terminology`."""
        made = Profiles(self._resolve, terminology, self._resolve_reference)
        made._trees = self._trees
        return made

    def validate(self, resource: Resource, urls: Iterable[str] | None = None) -> list[Issue]:
        """Every breach of the profiles; those of `meta.profile` where none are named.

        A profile of `meta.profile` that is not known is a warning, one that was asked for is an error.
        """
        try:
            return list(dict.fromkeys(self._issues(resource, urls, Allowance(_STEPS))))
        except TooCostly as error:
            return [Issue("error", "too-costly", f"The profiles can't be checked: {error}", resource["resourceType"])]

    def _issues(
        self, resource: Resource, urls: Iterable[str] | None, allowance: Allowance, *, following: bool = True
    ) -> list[Issue]:
        claimed = (resource.get("meta") or {}).get("profile") or []
        root = resource_node(resource)
        env = Environment(resource=root, root=root, member_of=self._terminology, allowance=allowance)
        env.conforms_to = lambda value, url: self._conforms_to(value, url, allowance)
        if self._resolve_reference is not None:
            env.resolve = self._resolve_reference
        walk = _Walk([], env, following and self._resolve_reference is not None)
        env.in_slice = lambda node, url, name: self._in_slice(node, url, name, walk)
        for url in claimed if urls is None else urls:
            definition = self._tree(url)
            if definition is None:
                severity = "warning" if urls is None else "error"
                walk.issues.append(Issue(severity, "not-found", f"The profile {url} is not known", root.type.name))
            elif definition.name not in root.type.supertypes:
                text = f"The profile {url} is of {definition.name}, this is a resource of the type {root.type.name}"
                walk.issues.append(Issue("error", "structure", text, root.type.name))
            else:
                self._check(root, definition, root.type.name, walk, 0)
        return walk.issues

    def _tree(self, url: str) -> Definition | None:
        if url not in self._trees:
            profile = self._resolve(url)
            self._trees[url] = None if profile is None else tree(profile, self._resolve)
        return self._trees[url]

    def _conforms_to(self, value: Json, url: str, allowance: Allowance) -> bool:
        if self._tree(url) is None:
            raise KeyError(url)
        return not any(issue.severity == "error" for issue in self._issues(value, [url], allowance))

    def _in_slice(self, node: Node, url: str, name: str, walk: _Walk) -> bool:
        definition = self._tree(url)
        for sliced in () if definition is None else parts(definition):
            discriminators = (sliced.element.get("slicing") or {}).get("discriminator") or []
            for slice in sliced.slices:
                if slice.element.get("sliceName") == name and discriminators:
                    return belongs(node, slice, discriminators, walk.env, lambda v, u: self._conforms(v, u, walk, 0))
        return False

    def _conforms(self, node: Node, url: str, walk: _Walk, depth: int) -> bool:
        definition = self._tree(url)
        if definition is None:
            return url.rpartition("/")[2] in node.type.supertypes
        inner = _Walk([], walk.env, walk.following)
        self._check(node, definition, "", inner, depth + 1)
        return not any(issue.severity == "error" for issue in inner.issues)

    def _check(self, node: Node, definition: Definition, path: str, walk: _Walk, depth: int) -> None:
        """One element against one definition, and what is below it."""
        if depth > _DEEPEST:
            walk.issues.append(Issue("error", "too-costly", "This profile is nested too deeply", path))
            return
        if walk.env.allowance is not None:
            walk.env.allowance.spend()
        for text in (*_type_faults(node, definition), *_value_faults(node, definition)):
            walk.issues.append(Issue("error", "value", text, path))
        _check_rules(node, definition, path, walk)
        self._check_binding(node, definition, path, walk)
        self._check_type_profiles(node, definition, path, walk, depth)
        self._check_target(node, definition, path, walk, depth)
        for child in definition.below().values():
            self._check_child(node, child, path, walk, depth)

    def _check_child(self, node: Node, child: Definition, path: str, walk: _Walk, depth: int) -> None:
        steps = node.type.members.get(child.name)
        if steps is None:
            return
        items: list[Node] = []
        below(node, steps, items)
        repeats = len(items) > 1 or (node.value.__class__ is dict and isinstance(node.value.get(child.name), list))
        places = [f"{path}.{child.name}[{i}]" if repeats else f"{path}.{child.name}" for i in range(len(items))]
        _check_count(len(items), child, f"{path}.{child.name}", walk)
        for item, place in zip(items, places, strict=True):
            self._check(item, child, place, walk, depth + 1)
        if child.slices:
            self._check_slices(list(zip(items, places, strict=True)), child, f"{path}.{child.name}", walk, depth)

    def _check_slices(
        self, items: list[tuple[Node, str]], sliced: Definition, path: str, walk: _Walk, depth: int
    ) -> None:
        slicing = sliced.element.get("slicing") or {}
        discriminators = slicing.get("discriminator") or []
        counts = [0] * len(sliced.slices)
        order: list[int] = []
        within: list[list[tuple[Node, str]]] = [[] for _ in sliced.slices]
        for item, place in items:
            number = next(
                (
                    n
                    for n, slice in enumerate(sliced.slices)
                    if belongs(
                        item, slice, discriminators, walk.env, lambda v, url: self._conforms(v, url, walk, depth)
                    )
                ),
                None,
            )
            if number is not None:
                counts[number] += 1
                within[number].append((item, place))
                self._check(item, sliced.slices[number], place, walk, depth + 1)
            elif slicing.get("rules") == "closed":
                names = ", ".join(str(slice.element.get("sliceName")) for slice in sliced.slices)
                walk.issues.append(
                    Issue("error", "structure", f"this is none of the slices accepted here: {names}", place)
                )
            order.append(len(counts) if number is None else number)
        for slice, count, held in zip(sliced.slices, counts, within, strict=True):
            _check_count(count, slice, path, walk)
            if slice.slices:
                self._check_slices(held, slice, path, walk, depth)
        _check_order(order, len(counts), slicing, path, walk)

    def _check_binding(self, node: Node, definition: Definition, path: str, walk: _Walk) -> None:
        binding = definition.element.get("binding") or {}
        url, strength = binding.get("valueSet"), binding.get("strength")
        if self._terminology is None or url is None or strength not in ("required", "extensible"):
            return
        if node.type.name not in _CODED or node.value is None:
            return
        if self._terminology(node.type.name, node.value, url) is False:
            severity = "error" if strength == "required" else "warning"
            text = f"{shown(node.value)} is not in the value set {url} ({strength} binding)"
            walk.issues.append(Issue(severity, "code-invalid", text, path))

    def _check_type_profiles(self, node: Node, definition: Definition, path: str, walk: _Walk, depth: int) -> None:
        """The profile of a datatype or an extension; where there are several, one must fit."""
        urls = [
            url
            for entry in definition.types
            if entry.get("code") in node.type.supertypes
            for url in entry.get("profile") or ()
        ]
        trees = [found for url in urls if (found := self._tree(url)) is not None]
        if not trees or len(trees) < len(urls):
            return  # what is not known can't be held against anybody
        if len(trees) == 1:
            self._check(node, trees[0], path, walk, depth + 1)
        elif not any(self._conforms(node, url, walk, depth) for url in urls):
            walk.issues.append(Issue("error", "structure", f"this fits none of the profiles {', '.join(urls)}", path))

    def _check_target(self, node: Node, definition: Definition, path: str, walk: _Walk, depth: int) -> None:
        """What is referred to must fit one of `targetProfile`: a contained resource, and others that can be found."""
        urls = [url for entry in definition.types for url in entry.get("targetProfile") or ()]
        reference = node.value.get("reference") if urls and isinstance(node.value, dict) else None
        if not isinstance(reference, str) or not (reference.startswith("#") or walk.following):
            return
        profiles = [url for url in urls if not is_type(url.removeprefix(CORE))]
        if any(self._tree(url) is None for url in profiles):
            return  # what is not known can't be held against anybody
        if not reference.startswith("#") and (not profiles or _of_type(reference, set(urls) - set(profiles))):
            return  # that it is of this type, the reference says itself
        target = referred(walk.env, reference)
        if target is None:
            if not reference.startswith("#"):
                text = f"{reference} is not known here, so it can't be told whether it fits one of {', '.join(urls)}"
                walk.issues.append(Issue("warning", "not-found", text, path))
        elif not any(self._fits(target, reference, url, walk, depth) for url in urls):
            text = f"{reference} fits none of the profiles that are accepted here: {', '.join(urls)}"
            walk.issues.append(Issue("error", "structure", text, path))

    def _fits(self, target: Resource, reference: str, url: str, walk: _Walk, depth: int) -> bool:
        """Whether a target conforms to a profile, or is of a type; what is contained is a part of this validation."""
        if reference.startswith("#") or self._tree(url) is None:
            return self._conforms(resource_node(target), url, walk, depth)
        assert walk.env.allowance is not None
        issues = self._issues(target, [url], walk.env.allowance, following=False)
        return not any(issue.severity == "error" for issue in issues)


def _of_type(reference: str, urls: Iterable[str]) -> bool:
    """Whether a literal reference names one of these types of R4."""
    target = target_of(reference)
    return target is not None and f"{CORE}{target[0]}" in urls


def _check_count(count: int, definition: Definition, path: str, walk: _Walk) -> None:
    slice = definition.element.get("sliceName")
    what = f"of the slice {slice} " if slice else ""
    if count < definition.min:
        text = f"at least {definition.min} {what}must be present, there are {count}"
        walk.issues.append(Issue("error", "required", text, path))
    if definition.max is not None and count > definition.max:
        text = f"at most {definition.max} {what}may be present, there are {count}"
        walk.issues.append(Issue("error", "structure", text, path))


def _check_order(order: list[int], slices: int, slicing: Json, path: str, walk: _Walk) -> None:
    known = [number for number in order if number < slices]
    if slicing.get("ordered") and known != sorted(known):
        walk.issues.append(Issue("error", "structure", "the slices must stand in the order of the profile", path))
    if slicing.get("rules") == "openAtEnd" and order[: len(known)] != known:
        walk.issues.append(Issue("error", "structure", "what is of no slice must stand at the end", path))


def _type_faults(node: Node, definition: Definition) -> Iterable[str]:
    accepted = [str(entry["code"]) for entry in definition.types]
    if not accepted or any(name.startswith(_SYSTEM) for name in accepted) or definition.name == node.type.name:
        return
    if node.type.supertypes.isdisjoint(accepted):
        yield f"the type {node.type.name} is not accepted here; accepted are {', '.join(accepted)}"


def _value_faults(node: Node, definition: Definition) -> Iterable[str]:
    fixed, pattern = definition.value("fixed"), definition.value("pattern")
    if fixed is not None and node.value != fixed:
        yield f"{shown(node.value)} is not accepted; it must be exactly {shown(fixed)}"
    if pattern is not None and not pattern_holds(pattern, node.value):
        yield f"{shown(node.value)} is not accepted; it must have what {shown(pattern)} has"
    longest = definition.element.get("maxLength")
    if longest is not None and isinstance(node.value, str) and len(node.value) > longest:
        yield f"at most {longest} characters are accepted, there are {len(node.value)}"
    for key, sign, words in (("minValue", -1, "less than the least"), ("maxValue", 1, "greater than the greatest")):
        limit = definition.value(key)
        if limit is None or node.value is None:
            continue
        try:
            if compare(node, Node(limit, node.type)) == sign:
                yield f"{shown(node.value)} is {words} accepted, {shown(limit)}"
        except FhirPathError:
            continue


def _check_rules(node: Node, definition: Definition, path: str, walk: _Walk) -> None:
    """The invariants that the profile adds; those of R4 are for `validate`."""
    known = _BASE | {rule.key for rule in rules(node.type.name)}
    for constraint in definition.element.get("constraint") or ():
        text = constraint.get("expression")
        if text is None or constraint["key"] in known:
            continue
        try:
            holds = expression(text).holds(node, walk.env)
        except FhirPathError as error:
            message = f"{constraint['key']} can't be evaluated: {error}"
            walk.issues.append(Issue("warning", "processing", message, path))
            continue
        if holds is False:
            message = f"{constraint['human'].rstrip('.')} ({constraint['key']}: {text})"
            walk.issues.append(Issue(constraint["severity"], "invariant", message, path))
