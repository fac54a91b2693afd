"""Terms: 64-bit numbers for what a resource is found by, and 32-bit numbers for the parameters with ranges and texts.

A term is made of the type, the parameter and the value, so that one number says `Observation?code=http://loinc.org|
8302-2`. Two different terms share a number with a probability of 1 in 2^64 for each pair: with 10^9 different terms,
a search has a chance of 1 in 10^10 to find a resource that it should not.

The term of a reference is the number of its parameter XOR the number of its target. So the database itself can make
the term by which others refer to a row, and take the target out of a term: that is all that chains need.
"""

from functools import lru_cache
from hashlib import blake2b

ANY_SYSTEM = "*"
"""Stands for the system in the term of a code that is looked for without one."""

PRESENT = ":present"
"""The value of the term that tells that a parameter has any value, for `:missing`."""


def _number(text: str, size: int = 8) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest(), "big", signed=True)


@lru_cache(maxsize=131072)
def term(type_name: str, parameter: str, value: str) -> int:
    """The term for a value of a parameter, a signed 64-bit integer."""
    return _number(f"{type_name}\x1f{parameter}\x1f{value}")


@lru_cache(maxsize=8192)
def parameter_term(type_name: str, parameter: str) -> int:
    """What is XORed with the number of a target to make the term of a reference by this parameter."""
    return _number(f"{type_name}\x1f{parameter}")


@lru_cache(maxsize=131072)
def name_number(name: str) -> int:
    """The number of what a reference names: `Patient/1`, a URL, or `:identifier=system|value`."""
    return _number(name)


def reference_term(type_name: str, parameter: str, target: str) -> int:
    """The term of a reference to a target by a parameter."""
    return parameter_term(type_name, parameter) ^ name_number(target)


@lru_cache(maxsize=8192)
def parameter_number(type_name: str, parameter: str) -> int:
    """The number under which the ranges or texts of a parameter are kept, a signed 32-bit integer."""
    return _number(f"{type_name}\x1f{parameter}", 4)


@lru_cache(maxsize=256)
def units_number(type_name: str) -> int:
    """The number under which the units of UCUM that resources of a type have are kept."""
    return parameter_number(type_name, ":units")


@lru_cache(maxsize=8192)
def unit_number(system: str | None, code: str) -> int:
    """The number of a unit with its system; without one, of a unit by its code or its text alone."""
    return _number(f"{system or ''}|{code}")


def token(system: str | None, code: str) -> str:
    """The value of a token's term; `system` None: a code without a system."""
    return f"{system or ''}|{code}"


def any_code(system: str) -> str:
    """The value of the term for any code of a system."""
    return f"{system}|"


def exact(text: str) -> str:
    """The value of the term for a string that is looked for with `:exact`."""
    return f"={text}"


def display(text: str) -> str:
    """The value of the term for a normalised text that belongs to a code, for `:text`."""
    return f":text={text}"


def bigrams(text: str) -> set[str]:
    """The values of the terms for the pairs of characters in a normalised text; Han characters count alone too.

    A text holds another one only if it has all pairs of that, so these terms find the candidates of `:contains`.
    """
    pairs = {f"~{text[i : i + 2]}" for i in range(len(text) - 1)}
    return pairs | {f"~{c}" for c in text if "\u3400" <= c <= "\u9fff"}
