"""The operations of FHIR, one module each. Whatever stands in `OPERATIONS` is routed and advertised."""

from xinglin.exchange.fhir.operations.expand import EXPAND
from xinglin.exchange.fhir.operations.lookup import LOOKUP
from xinglin.exchange.fhir.operations.registry import Operation
from xinglin.exchange.fhir.operations.subsumes import SUBSUMES
from xinglin.exchange.fhir.operations.translate import TRANSLATE
from xinglin.exchange.fhir.operations.validate_code import VALIDATE_CODE

__all__ = ["OPERATIONS", "Operation"]

OPERATIONS: tuple[Operation, ...] = (EXPAND, LOOKUP, SUBSUMES, TRANSLATE, VALIDATE_CODE)
"""All operations."""
