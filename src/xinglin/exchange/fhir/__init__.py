"""FHIR R4 over HTTP: reads, writes, searches, bundles and the CapabilityStatement, as Starlette routes."""

from xinglin.exchange.fhir.application import create_fhir
from xinglin.exchange.fhir.interactions import Known, OpenRepository
from xinglin.exchange.fhir.rest import routes

__all__ = ["Known", "OpenRepository", "create_fhir", "routes"]
