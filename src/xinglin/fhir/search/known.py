"""The search parameters in force: those of R4, and beside them those that SearchParameter resources define."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xinglin.fhir.definitions import resource_types, supertypes
from xinglin.fhir.fhirpath import compile_path
from xinglin.fhir.search.blinding import Blinding
from xinglin.fhir.search.registry import Parameter, foci, parameters


@dataclass(frozen=True, slots=True)
class Definition:
    """A search parameter that R4 does not have (FHIR R4, SearchParameter).

    `definition` is its canonical URL. The components of a composite are (canonical URL of a parameter, expression). It
    is not `ready` as long as resources of before are being indexed by it.
    """

    definition: str
    code: str
    type: str
    bases: frozenset[str]
    expression: str
    targets: frozenset[str] = frozenset()
    components: tuple[tuple[str, str], ...] = ()
    ready: bool = True

    def covers(self, type_name: str) -> bool:
        """Whether it is a parameter of a resource type: its base may also be Resource or DomainResource."""
        return not self.bases.isdisjoint(supertypes(type_name))

    def types(self) -> frozenset[str]:
        """All resource types that it is a parameter of."""
        return frozenset(filter(self.covers, resource_types()))


class SearchParameters:
    """A set of search parameters, by resource type. It never changes: other definitions make another set.

    `version` tells it apart from other sets of the same store. What others derive from it for a type, they keep in
    `derived`, so that it lives as long as the set. `blinding` hides values of what is stored.
    """

    def __init__(
        self, definitions: Sequence[Definition] = (), version: str = "", blinding: Blinding | None = None
    ) -> None:
        self.blinding = blinding
        self.definitions = tuple(definitions)
        self.version = version
        self.derived: dict[str, Any] = {}
        self._by_type: dict[str, Mapping[str, Parameter]] = {}
        codes = "|".join(sorted({re.escape(definition.code) for definition in definitions}))
        self._mention = re.compile(rf"(?<!\w)(?<!\w-)(?:{codes})(?![\w-])|\*") if codes else None

    def of(self, type_name: str) -> Mapping[str, Parameter]:
        """Code → parameter of every indexed search parameter of a type, without `_id` and `_lastUpdated`."""
        found = self._by_type.get(type_name)
        if found is None:
            found = self._by_type[type_name] = self._made(type_name)
        return found

    def extended(self, type_name: str) -> bool:
        """Whether a type has other parameters than R4 gives it."""
        return self.of(type_name) is not parameters(type_name)

    def mentioned(self, params: Iterable[tuple[str, str]]) -> bool:
        """Whether a query may use a parameter that R4 does not have: its code is a word in it, or any is asked for."""
        mention = self._mention
        return mention is not None and any(mention.search(f"{name}={value}") for name, value in params)

    def _made(self, type_name: str) -> Mapping[str, Parameter]:
        simple = parameters(type_name)
        own = [definition for definition in self.definitions if type_name in resource_types()]
        own = [definition for definition in own if definition.covers(type_name)]
        if not own:
            return simple
        found = dict(simple)
        by_url = {definition.definition: definition.code for definition in self.definitions}
        for definition in sorted(own, key=lambda d: d.type == "composite"):
            found[definition.code] = parameter_of(definition, type_name, found, by_url)
        return dict(sorted(found.items()))


def parameter_of(
    definition: Definition, type_name: str, known: Mapping[str, Parameter], codes: Mapping[str, str]
) -> Parameter:
    """A definition as a parameter of one type, whose other parameters are `known`.

    `codes` are those of custom parameters by their canonical URL. Raises `FhirPathError` for an expression that can't
    be compiled, KeyError for a component that is no parameter of the type.
    """
    if definition.type != "composite":
        branches = compile_path(definition.expression, type_name).branches
        return Parameter(
            definition.code,
            definition.type,
            definition.targets,
            branches,
            definition=definition.definition,
            ready=definition.ready,
        )
    parts = [(codes.get(url) or standard_code(url), expression) for url, expression in definition.components]
    return Parameter(
        definition.code,
        "composite",
        frozenset(),
        (),
        foci(type_name, definition.expression, parts, known),
        definition.definition,
        definition.ready,
    )


def standard_code(url: str) -> str:
    """The code in the canonical URL of one of R4's own parameters: `code` of …/SearchParameter/clinical-code."""
    return url.partition("|")[0].rpartition("/")[2].partition("-")[2]


R4 = SearchParameters()
"""The parameters of R4 alone."""
