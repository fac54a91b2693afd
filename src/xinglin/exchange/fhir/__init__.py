"""FHIR R4 over HTTP: reads, writes, searches, bundles and the CapabilityStatement, as Starlette routes."""

from xinglin.exchange.fhir.rest import OpenRepository, routes

__all__ = ["OpenRepository", "routes"]
