"""Searching in FHIR's terms: which parameters a type has, what a resource is found by, and what a query asks for.

The store writes what `extract` gives and compares it with what `parse_query` asks: both make their terms here, so that
what is indexed and what is looked for can't drift apart.
"""

from xinglin.fhir.search.contained import Contained, extract_all
from xinglin.fhir.search.extract import extract
from xinglin.fhir.search.found_by import Terms
from xinglin.fhir.search.grammar import parse_query
from xinglin.fhir.search.known import R4, SearchParameters
from xinglin.fhir.search.query import Query
from xinglin.fhir.search.registry import Parameter, parameters

__all__ = [
    "R4",
    "Contained",
    "Parameter",
    "Query",
    "SearchParameters",
    "Terms",
    "extract",
    "extract_all",
    "parameters",
    "parse_query",
]
