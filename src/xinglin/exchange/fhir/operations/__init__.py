"""The operations of FHIR, one module each. Whatever stands in `OPERATIONS` is routed and advertised."""

from xinglin.exchange.fhir.operations.everything import EVERYTHING
from xinglin.exchange.fhir.operations.expand import EXPAND
from xinglin.exchange.fhir.operations.export import EXPORTS
from xinglin.exchange.fhir.operations.expunge import EXPUNGE
from xinglin.exchange.fhir.operations.import_ import IMPORTS
from xinglin.exchange.fhir.operations.lookup import LOOKUP
from xinglin.exchange.fhir.operations.meta import META, META_ADD, META_DELETE
from xinglin.exchange.fhir.operations.registry import Operation
from xinglin.exchange.fhir.operations.reindex import REINDEX, REINDEX_STATUS
from xinglin.exchange.fhir.operations.subscription_events import EVENTS
from xinglin.exchange.fhir.operations.subscription_status import STATUS
from xinglin.exchange.fhir.operations.subsumes import SUBSUMES
from xinglin.exchange.fhir.operations.translate import TRANSLATE
from xinglin.exchange.fhir.operations.validate import VALIDATE
from xinglin.exchange.fhir.operations.validate_code import VALIDATE_CODE

__all__ = ["OPERATIONS", "Operation"]

OPERATIONS: tuple[Operation, ...] = (
    EVERYTHING,
    EXPAND,
    EVENTS,
    *EXPORTS,
    EXPUNGE,
    *IMPORTS,
    LOOKUP,
    META,
    META_ADD,
    META_DELETE,
    REINDEX,
    REINDEX_STATUS,
    STATUS,
    SUBSUMES,
    TRANSLATE,
    VALIDATE,
    VALIDATE_CODE,
)
"""All operations."""
