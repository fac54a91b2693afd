"""What a role may see and change, as data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TypeAlias
from urllib.parse import parse_qsl

from xinglin.fhir.definitions import resource_types, type_definition
from xinglin.fhir.outcome import BadRequest
from xinglin.fhir.search.criteria import criterion
from xinglin.fhir.search.query import (
    AllOf,
    AnyOf,
    ChainFilter,
    Filter,
    HasFilter,
    HierarchyFilter,
    Not,
    SubsumptionFilter,
    ValueSetFilter,
    WordsFilter,
)
from xinglin.fhir.search.registry import compartment
from xinglin.fhir.search.values import Context
from xinglin.platform.access.labels import LABELS
from xinglin.store.masking import maskable

READ = frozenset({"read", "search", "history"})
CHANGE = frozenset({"create", "update"})
ALL = READ | CHANGE | {"delete", "export"}
"""The interactions (FHIR R4, RESTful API); read goes for what is included and printed too, search for views."""

RECORD, GENERAL, EVERY = "@record", "@general", "*"
"""Stand for the types of patients' records, for all others, and for both."""

VARIABLES = ("campus", "department", "patient", "practitioner")
"""What criteria may name, as %campus; a rule is void for whoever has no such thing."""

_NAMED = re.compile(r"%(\w+)")
_BEYOND_R4 = frozenset({"Contract", "Device", "GuidanceResponse", "Task"})
_NOT_OF_PATIENTS = frozenset({"Schedule"})
_OF_ANYTHING = frozenset({"Binary", "Bundle", "Linkage", "MessageHeader", "Subscription", "VerificationResult"})

Policies: TypeAlias = Mapping[str, tuple["Rule", ...]]
"""Role → its rules; whoever has several roles may do what any of their rules allows."""


class RuleError(ValueError):
    """A rule can't be used; the message names the element and what is accepted."""


@dataclass(frozen=True)
class Rule:
    """Allows interactions with those resources of some types for which all of this holds.

    `criteria`: they are found by this search, in which %practitioner, %patient, %department and %campus stand for
    those of whoever asks. `campus`, `department`: they were made there; for whoever acts for no campus, or no
    department, this is no limit. `own`: they are in the compartment of the caller's own patient. `treating`: they are
    about a patient with whom the caller has a relationship of care. `labels`: sensitive ones with these labels
    are among them, "*" for all; others are not. `hidden` elements of theirs are not shown, of `masked` ones only so
    much that people can be told apart, `readonly` ones can't be changed.
    """

    types: tuple[str, ...]
    interactions: frozenset[str] = READ
    criteria: str = ""
    campus: bool = False
    department: bool = False
    own: bool = False
    treating: bool = False
    labels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    readonly: tuple[str, ...] = ()

    def covers(self, type: str) -> bool:
        """Whether this rule speaks of a type."""
        kind = RECORD if type in record_types() else GENERAL
        return type in self.types or kind in self.types or EVERY in self.types

    def check(self) -> None:
        """Raises `RuleError` where the rule can't be used."""
        for type in self._each():
            if type not in resource_types():
                raise RuleError(f"types: {type} is no resource type of R4; accepted are also @record, @general and *")
            elements = type_definition(type).elements
            for name in (*self.hidden, *self.readonly):
                if name not in elements and len(self._each()) == 1:
                    raise RuleError(f"hidden, readonly: {type} has no element {name}")
            for name in self.masked:
                if not maskable(type, name) and len(self._each()) == 1:
                    accepted = ", ".join(each for each in elements if maskable(type, each)) or "none"
                    raise RuleError(f"masked: {type}.{name} has no mask; those that have one are: {accepted}")
            for part in parse_qsl(self.criteria, keep_blank_values=True):
                self._check_criterion(type, *part)
        if unknown := self.interactions - ALL:
            raise RuleError(f"interactions: {', '.join(sorted(unknown))}; accepted are {', '.join(sorted(ALL))}")
        if {"id", "meta", "resourceType"} & {*self.hidden, *self.masked, *self.readonly}:
            raise RuleError(
                "hidden, masked, readonly: id, meta and resourceType are always shown, and written by the store"
            )
        if strange := set(self.labels) - LABELS.keys() - {"*"}:
            raise RuleError(f"labels: {', '.join(sorted(strange))}; accepted are {', '.join(LABELS)} and *")

    def _check_criterion(self, type: str, name: str, value: str) -> None:
        if unknown := set(_NAMED.findall(value)) - set(VARIABLES):
            accepted = ", ".join(f"%{each}" for each in VARIABLES)
            raise RuleError(f"criteria: %{unknown.pop()} is not known; accepted are {accepted}")
        try:
            wanted = criterion(type, name, _NAMED.sub("Patient/x", value), Context(datetime.now(UTC), UTC))
        except BadRequest as error:
            raise RuleError(f"criteria: {error}") from error
        if _depends(wanted):
            raise RuleError(f"criteria: {name} depends on terminology, a hierarchy or texts, which no rule may")

    def _each(self) -> Sequence[str]:
        named = [type for type in self.types if type not in (RECORD, GENERAL, EVERY)]
        if self.criteria and len(named) < len(self.types):
            raise RuleError("criteria: they need types by name, since parameters differ from type to type")
        return named

    def bound(self, variables: Mapping[str, str | None]) -> "Rule | None":
        """The rule with what its criteria name; None where the caller has no such thing."""
        names = _NAMED.findall(self.criteria)
        if any(not variables.get(name) for name in names):
            return None
        return replace(self, criteria=_NAMED.sub(lambda named: variables[named[1]] or "", self.criteria))


def _depends(wanted: Filter) -> bool:
    match wanted:
        case ValueSetFilter() | SubsumptionFilter() | HierarchyFilter() | WordsFilter():
            return True
        case AllOf(filters) | AnyOf(filters):
            return any(map(_depends, filters))
        case Not(inner) | ChainFilter(filter=inner) | HasFilter(filter=inner):
            return _depends(inner)
    return False


@cache
def record_types() -> frozenset[str]:
    """The types of patients' records: R4's compartment of patients, what else is about a patient as a rule, and what
    may hold anything."""
    return frozenset({"Patient", *compartment("Patient")} - _NOT_OF_PATIENTS | _BEYOND_R4 | _OF_ANYTHING)


@cache
def about(type: str) -> tuple[str, ...]:
    """The parameters of a type by which its resources are about a patient."""
    return ("patient",) if type in _BEYOND_R4 else tuple(compartment("Patient").get(type, ()))
