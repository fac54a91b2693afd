"""Expressions written out as Python for the type that they start from.

Where the type of the focus is known, so is that of every element on the way, and most of what a general evaluation
does for each item can be done once. What is written here covers paths, `where`, `select`, `exists` and their like,
comparisons and logic; an expression with anything else is left to the general way, and so is, at run time, data in
which a primitive has only extensions. Both ways give the same values; a test holds them together.
"""

from xinglin.fhir.fhirpath.special.generator import specialise
from xinglin.fhir.fhirpath.special.runtime import Deviation

__all__ = ["Deviation", "specialise"]
