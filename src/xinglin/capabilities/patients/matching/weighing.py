"""The weight of what two registrations agree in, and the chance that they are one person.

Fellegi and Sunter, *A Theory for Record Linkage*, Journal of the American Statistical Association 64 (1969): each
element adds log2(m/u), where m is how often registrations of one person agree so, and u how often those of two people
do. A level between agreeing and differing has a weight of its own (Winkler, *String Comparator Metrics and Enhanced
Decision Rules in the Fellegi-Sunter Model of Record Linkage*, 1990).

The figures below are ours: u follows from how many values there are (a birth date is one of some 25,000, the commonest
surname stands for 7 in 100 people), m from how often desks err, rounded, and lowered where elements hang together.
What they achieve is measured by `./run bench matching`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xinglin.capabilities.patients.matching import comparing
from xinglin.capabilities.patients.matching.persons import Person
from xinglin.kernel.text import N_

WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "name": {"same": 14, "sound": 8, "look": 8, "order": 8, "character": 5, "surname": -1.5, "different": -6.5},
        "short name": {
            "same": 10.5,
            "sound": 4.5,
            "look": 4.5,
            "order": 4.5,
            "character": 3,
            "surname": -1.5,
            "different": -6.5,
        },
        "birth date": {
            "same": 14.5,
            "placeholder": 8,
            "swapped": 10,
            "near": 5,
            "month": 2.5,
            "year": -2,
            "different": -6.5,
        },
        "sex": {"same": 1, "different": -5.5},
        "identity number": {"same": 26, "slip": 14, "different": -8, "proven": -12},
        "phone": {"same": 10, "slip": 6, "different": -2},
        "address": {"same": 8, "part": 6, "town": 0, "different": -2},
        "birth order": {"different": -40},
        "number": {"same": 20},
    }
)
"""Element → level → weight, in bits."""

HOUSEHOLD = 6.0
"""What telephone and address add together at most where the names differ: families share both."""

PRIOR = 20.0
"""Bits that must be made up for: of a million pairs, one is one person twice."""

LIKELY, POSSIBLE = 0.5, 0.1
"""From this chance on a pair is put on the list; a registration asks the desk to look."""

TITLES = {
    ("name", "same"): N_("same name"),
    ("name", "sound"): N_("name sounds alike"),
    ("name", "look"): N_("name looks alike"),
    ("name", "order"): N_("name with characters the wrong way round"),
    ("name", "character"): N_("name differs in one character"),
    ("name", "surname"): N_("same surname only"),
    ("name", "different"): N_("another name"),
    ("birth date", "same"): N_("same birth date"),
    ("birth date", "placeholder"): N_("same birth date (1 January)"),
    ("birth date", "swapped"): N_("day and month of birth the wrong way round"),
    ("birth date", "near"): N_("birth date differs by a day or a digit"),
    ("birth date", "month"): N_("birth date differs in day or month"),
    ("birth date", "year"): N_("same year of birth only"),
    ("birth date", "different"): N_("another birth date"),
    ("sex", "different"): N_("another sex"),
    ("identity number", "same"): N_("same ID number"),
    ("identity number", "slip"): N_("ID number differs by a slip"),
    ("identity number", "different"): N_("another ID number"),
    ("identity number", "proven"): N_("another ID number, both valid"),
    ("phone", "same"): N_("same phone"),
    ("phone", "slip"): N_("phone differs by a slip"),
    ("phone", "different"): N_("another phone"),
    ("address", "same"): N_("same address"),
    ("address", "part"): N_("same street"),
    ("address", "different"): N_("another address"),
    ("birth order", "different"): N_("another child of a multiple birth"),
    ("number", "same"): N_("same card or document"),
}
"""What a level is called; those that are not here tell nothing worth reading."""

OTHER_NUMBERS = ("urn:xinglin:id:medical-record",)
"""Systems of numbers that belong to the record and not to the person."""


@dataclass(frozen=True)
class Match:
    """How far two registrations agree: the `weight` in bits, and element → level."""

    weight: float
    levels: Mapping[str, str]

    @property
    def chance(self) -> float:
        """The chance that they are one person, from 0 to 1."""
        return 1 / (1 + 2 ** (PRIOR - self.weight))

    @property
    def reasons(self) -> list[str]:
        """What speaks for it, then what speaks against it, as messages to be translated."""
        named = sorted(self.levels.items(), key=lambda item: -_weight(*item))
        return [TITLES[item] for item in named if item in TITLES]


def weigh(one: Person, other: Person) -> Match:
    """Compares two registrations element by element."""
    levels = {
        "name": comparing.names(one.name, other.name),
        "birth date": comparing.births(one.born, other.born),
        "sex": comparing.sexes(one.sex, other.sex),
        "identity number": comparing.identities(one.identity, other.identity),
        "phone": comparing.telephones(one.phones, other.phones),
        "address": comparing.addresses(one.address, other.address),
        "birth order": _orders(one.birth_order, other.birth_order),
        "number": _numbers(one, other),
    }
    known = {element: level for element, level in levels.items() if level is not None}
    short = "short name" if min(len(one.name), len(other.name)) <= comparing.SHORT_NAME else "name"
    shared = sum(_weight(element, known[element]) for element in ("phone", "address") if element in known)
    if known.get("name") in ("character", "surname", "different"):
        shared = min(shared, HOUSEHOLD)
    rest = sum(
        _weight(short if element == "name" else element, level)
        for element, level in known.items()
        if element not in ("phone", "address")
    )
    return Match(rest + shared, known)


def _weight(element: str, level: str) -> float:
    return WEIGHTS[element].get(level, 0.0)


def _orders(one: int | None, other: int | None) -> str | None:
    return None if one is None or other is None or one == other else "different"


def _numbers(one: Person, other: Person) -> str | None:
    """Cards and documents other than the resident identity number, which is compared by itself."""
    shared = one.numbers & other.numbers
    given = {number for number in shared if number[0] not in OTHER_NUMBERS and number[1] != one.identity}
    return "same" if given else None
