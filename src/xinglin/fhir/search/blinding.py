"""Values that are not to be read in the database: a store keeps them encrypted, and finds them by what stands for them.

What stands for a value (a blind index) is made with a key and always the same, so a value is found only as a whole.
"""

from collections.abc import Sequence
from typing import Protocol

from xinglin.fhir.search.registry import Parameter
from xinglin.fhir.types import Resource

PERSONS = frozenset({"Patient", "Person", "Practitioner", "RelatedPerson"})
"""The types in which a store may hide identifiers and telephone numbers."""

_HIDEABLE = frozenset({"ContactPoint", "Identifier"})


class Blinding(Protocol):
    """Hides values of resources."""

    def forms(self, resource: Resource) -> tuple[Resource, Resource] | None:
        """A resource as it is stored and as it is indexed; None where it is both as it is."""

    def stand_ins(self, value: str) -> Sequence[str]:
        """What may stand for a value where it is hidden, one for each key in use."""

    @property
    def hiding(self) -> bool:
        """Whether anything may be hidden."""


def hideable(type_name: str, parameter: Parameter, blinding: Blinding | None) -> bool:
    """Whether what a parameter looks at may be hidden."""
    if blinding is None or type_name not in PERSONS or not blinding.hiding:
        return False
    return any(branch.type in _HIDEABLE for branch in parameter.branches)


def respelled(spelled: str, blinding: Blinding) -> list[str]:
    """A token's spelling, and those of what may stand for its value."""
    parts = spelled.split("|", 2 if spelled.startswith(":of-type=") else 1)
    head, value = "|".join(parts[:-1]), parts[-1]
    return [spelled, *(f"{head}|{other}" for other in blinding.stand_ins(value))] if value else [spelled]
