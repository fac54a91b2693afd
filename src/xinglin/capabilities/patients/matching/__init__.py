"""Whether two registrations are one person: comparison, weights, and where to look for candidates."""

from xinglin.capabilities.patients.matching.persons import Person, person
from xinglin.capabilities.patients.matching.weighing import LIKELY, POSSIBLE, Match, weigh

__all__ = ["LIKELY", "POSSIBLE", "Match", "Person", "person", "weigh"]
