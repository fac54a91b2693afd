"""Terms: 64-bit numbers for what a resource is found by, and 32-bit numbers for the parameters with ranges and texts.

A term is made of the type, the parameter and the value, so that one number says `Observation?code=http://loinc.org|
8302-2`. Two different terms share a number with a probability of 1 in 2^64 for each pair: with 10^9 different terms,
a search has a chance of 1 in 10^10 to find a resource that it should not.
"""

from functools import lru_cache
from hashlib import blake2b

ANY_SYSTEM = "*"
"""Stands for the system in the term of a code that is looked for without one."""


@lru_cache(maxsize=131072)
def term(type_name: str, parameter: str, value: str) -> int:
    """The term for a value of a parameter, a signed 64-bit integer."""
    digest = blake2b(f"{type_name}\x1f{parameter}\x1f{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@lru_cache(maxsize=8192)
def parameter_number(type_name: str, parameter: str) -> int:
    """The number under which the ranges or texts of a parameter are kept, a signed 32-bit integer."""
    digest = blake2b(f"{type_name}\x1f{parameter}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big", signed=True)


def token(system: str | None, code: str) -> str:
    """The value of a token's term; `system` None: a code without a system."""
    return f"{system or ''}|{code}"


def exact(text: str) -> str:
    """The value of the term for a string that is looked for with `:exact`."""
    return f"={text}"
