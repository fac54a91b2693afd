"""What one caller may do: the rules of their roles, as the store asks for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from urllib.parse import parse_qsl

from xinglin.fhir.definitions import resource_types, type_definition
from xinglin.fhir.search.criteria import criterion
from xinglin.fhir.search.query import AllOf, AnyOf, ChainFilter, Filter, Guard, Not, TermFilter
from xinglin.fhir.search.terms import parameter_term
from xinglin.fhir.search.values import Context
from xinglin.fhir.types import Resource
from xinglin.platform.access import care, labels
from xinglin.platform.access.rules import CHANGE, Rule, about, record_types
from xinglin.platform.identity import Actor, Scopes
from xinglin.store.access import EVERYTHING, NOTHING

CAMPUS, DEPARTMENT = "urn:xinglin:campus", "urn:xinglin:department"
"""Systems of the tags in `meta.tag` that tell where a resource of a record was made: the id of a Location, or of an
Organization."""


_LETTERS = {"read": "r", "history": "r", "search": "s", "create": "c", "update": "u", "delete": "d"}
# Interactions in scopes (SMART App Launch 2, Scopes for requesting FHIR resources).


class Unlimited:
    """The `Access` of what the hospital itself does in the course of somebody's command, or after it: no limits, but
    what is made belongs where the command did. `marks` are tags of `CAMPUS` and `DEPARTMENT`."""

    hiding: frozenset[str] = frozenset()
    scopes: tuple[str, ...] | None = None

    def __init__(self, account: str, marks: Sequence[Resource]) -> None:
        self.account = account
        self.guards: dict[tuple[str, str], Guard] = {}
        self._marks = list(marks)

    def allowed(self, type: str, interaction: str) -> Filter:  # noqa: ARG002  (the shape of every Access)
        """Everything."""
        return EVERYTHING

    def hidden(self, type: str) -> frozenset[str]:  # noqa: ARG002
        """Nothing."""
        return frozenset()

    masked = fixed = hidden

    def marks(self, type: str) -> list[Resource]:
        """The tags of a new resource of a record: where it was made."""
        return self._marks if type in record_types() else []

    @classmethod
    def of(cls, account: str, resource: Resource) -> "Unlimited":
        """For what follows from a resource: it belongs where that one does."""
        tags = (resource.get("meta") or {}).get("tag") or ()
        return cls(account, [tag for tag in tags if tag.get("system") in (CAMPUS, DEPARTMENT)])


class Grant:
    """The `Access` of an actor at a moment. It may be kept for a minute or so: only relationships of care depend on the
    time. With `trusted`, what is written is up to a command, whose permission was asked for already; so were the scopes
    of a key, which otherwise limit what its service may do."""

    def __init__(
        self, actor: Actor, rules: Iterable[Rule], now: datetime, zone: tzinfo, *, trusted: bool = False
    ) -> None:
        post = actor.post
        self.account = actor.account_id
        self._trusted = trusted
        self._scopes = None if trusted else actor.scopes
        self.scopes = actor.scopes.written() if actor.scopes else None
        self._context = Context(now, zone)
        self._practitioner, self._patient = actor.practitioner, actor.patient
        self._campus, self._department = (post.campus, post.department) if post else (None, None)
        variables = {
            "practitioner": actor.practitioner,
            "patient": actor.patient,
            "campus": _id(self._campus),
            "department": _id(self._department),
        }
        self.rules = [bound for rule in rules if (bound := rule.bound(variables)) is not None]
        self.guards: dict[tuple[str, str], Guard] = {}
        self._allowed: dict[tuple[str, str], Filter] = {}
        self._hidden: dict[str, frozenset[str]] = {}
        self._masked: dict[str, frozenset[str]] = {}
        self.hiding = frozenset(type for type in self._named() if self.hidden(type))

    def allowed(self, type: str, interaction: str) -> Filter:
        """Which resources of a type; see `xinglin.store.access.Access`."""
        if self._trusted and interaction in ("create", "update", "delete"):
            return EVERYTHING
        found = self._allowed.get((type, interaction))
        if found is None:
            found = self._allowed[type, interaction] = self._made(type, interaction)
        return found

    def hidden(self, type: str) -> frozenset[str]:
        """The elements of a type that are not shown: those that any rule for it hides; and where it hides or masks any,
        its narrative too, which may tell of them."""
        found = self._hidden.get(type)
        if found is None:
            names = {name for rule in self.rules if rule.covers(type) for name in rule.hidden}
            found = self._hidden[type] = frozenset(names | {"text"} if names or self.masked(type) else names)
        return found

    def masked(self, type: str) -> frozenset[str]:
        """The elements of a type of which a mask is shown: those that any rule for it masks."""
        found = self._masked.get(type)
        if found is None:
            rules = [rule for rule in self.rules if rule.masked and rule.covers(type)]
            names = {name for rule in rules for name in rule.masked if name in type_definition(type).elements}
            found = self._masked[type] = frozenset(names)
        return found

    def fixed(self, type: str) -> frozenset[str]:
        """The elements of a type that can't be changed."""
        if self._trusted:
            return self.hidden(type) | self.masked(type)
        readonly = {name for rule in self.rules if rule.covers(type) for name in rule.readonly}
        return self.hidden(type) | self.masked(type) | readonly

    def marks(self, type: str) -> list[Resource]:
        """The tags of a new resource of a record: where it was made."""
        if type not in record_types():
            return []
        places = ((CAMPUS, _id(self._campus)), (DEPARTMENT, _id(self._department)))
        return [{"system": system, "code": code} for system, code in places if code]

    def unlimited(self) -> Unlimited:
        """For what a command calls: the same account and place, without limits."""
        return Unlimited(self.account, self.marks("Patient"))

    def _named(self) -> set[str]:
        hiding = [rule for rule in self.rules if rule.hidden or rule.masked]
        return {type for type in resource_types() if any(rule.covers(type) for rule in hiding)} if hiding else set()

    def _made(self, type: str, interaction: str) -> Filter:
        if self._scopes is not None and not self._within(self._scopes, type, interaction):
            return NOTHING
        rules = [rule for rule in self.rules if interaction in rule.interactions and rule.covers(type)]
        ways = [self._way(rule, type) for rule in rules]
        if EVERYTHING in ways:
            allowed: Filter = EVERYTHING
        else:
            there = tuple(way for way in ways if way != NOTHING)
            allowed = there[0] if len(there) == 1 else AnyOf(there)
        if type == "Task" and interaction in CHANGE:
            # Who breaks the glass does so by the command, which asks for a reason, and nobody by writing a Task.
            allowed = AllOf((allowed, Not(criterion("Task", "code", care.BROKEN, self._context))))
        return allowed

    @staticmethod
    def _within(scopes: Scopes, type: str, interaction: str) -> bool:
        return (
            "fhir.export" in scopes.permissions
            if interaction == "export"
            else scopes.allow(type, _LETTERS[interaction])
        )

    def _way(self, rule: Rule, type: str) -> Filter:
        """What one rule allows of a type."""
        filters: list[Filter] = [
            criterion(type, name, value, self._context)
            for name, value in parse_qsl(rule.criteria, keep_blank_values=True)
        ]
        if type in record_types():
            filters += self._limits(rule, type)
        elif rule.own or rule.treating:
            return NOTHING
        if NOTHING in filters:
            return NOTHING
        return filters[0] if len(filters) == 1 else AllOf(tuple(filters))

    def _limits(self, rule: Rule, type: str) -> list[Filter]:
        """What a rule asks of resources of a record."""
        found: list[Filter] = []
        places = ((rule.campus, CAMPUS, self._campus), (rule.department, DEPARTMENT, self._department))
        for wanted, system, place in places:
            if wanted and place:
                found.append(criterion(type, "_tag", f"{system}|{_id(place)}", self._context))
        if rule.own:
            found.append(self._own(type))
        if rule.treating:
            found.append(self._about(type, care.treated(self._practitioner, self._department, self._context)))
        if sensitive := ",".join(labels.tokens(rule.labels)):
            own = criterion(type, "_security", sensitive, self._context)
            assert isinstance(own, TermFilter)
            found.append(TermFilter(own.terms, negated=True))
            if type != "Patient" and about(type):
                found.append(Not(self._about(type, criterion("Patient", "_security", sensitive, self._context))))
        return found

    def _own(self, type: str) -> Filter:
        if self._patient is None or not (type == "Patient" or about(type)):
            return NOTHING
        if type == "Patient":
            return criterion("Patient", "_id", _id(self._patient) or "", self._context)
        ways = [criterion(type, code, self._patient, self._context) for code in about(type)]
        return ways[0] if len(ways) == 1 else AnyOf(tuple(ways))

    def _about(self, type: str, patients: Filter) -> Filter:
        """Resources of a type that are about any of these patients."""
        if type == "Patient":
            return patients
        ways: Sequence[Filter] = [ChainFilter(parameter_term(type, code), "Patient", patients) for code in about(type)]
        return ways[0] if len(ways) == 1 else AnyOf(tuple(ways))


def _id(reference: str | None) -> str | None:
    return reference.partition("/")[2] if reference else None
